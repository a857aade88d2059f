"""Results and accounts between broker and kernel."""

import json
from typing import Any

import pytest

from jupyter_auth.core import frames
from jupyter_auth.core.account import Account, make_home_account_id
from jupyter_auth.core.errors import TransportError
from jupyter_auth.core.result import AuthenticationResult, Provenance
from jupyter_auth.core.wire import result_from_wire, result_to_wire
from tests.unit.core.samples import ACCOUNT, CANARY, assert_hidden, result

FIELDS = [
    "access_token", "account", "correlation_id", "expires_in", "expires_on", "headers", "id_token_claims",
    "issued_on", "metadata", "profile", "refresh_on", "reveal", "scopes", "tenant_id", "token_type",
]  # fmt: skip


def _facts(tok: AuthenticationResult) -> dict[str, Any]:
    values = {name: getattr(tok, name) for name in FIELDS}
    return {name: value() if callable(value) else value for name, value in values.items()}


def _sent(tok: AuthenticationResult) -> dict[str, Any]:
    return frames.decode(frames.encode({"result": result_to_wire(tok)})[frames.HEADER :])["result"]  # type: ignore[no-any-return]


def test_these_are_all_the_fields_of_a_result() -> None:
    assert sorted(FIELDS) == [name for name in dir(AuthenticationResult) if not name.startswith("_")]


@pytest.mark.parametrize(
    "tok",
    [
        result(),
        result(account=None, tenant_id=None, token_endpoint=None, scopes=(), id_token_claims={}),
        result(Provenance("identity_provider", None, "expired", total=1.5, in_cache=0.25, in_http=1.25)),
        result(id_token_claims={"name": "Zoë • \ud800", "deep": {"list": [1, None, {"a": True}]}}),
    ],
)
def test_a_result_survives_the_wire(tok: AuthenticationResult) -> None:
    assert _facts(result_from_wire(_sent(tok))) == _facts(tok)


def test_the_token_is_in_one_place_of_it() -> None:
    wire = result_to_wire(result())
    assert wire.pop("access_token") == CANARY
    assert_hidden(json.dumps(wire))


def test_unknown_fields_are_ignored() -> None:
    given = result()
    wire = result_to_wire(given)
    wire |= {"new": 1, "refresh_token": "x", "metadata": wire["metadata"] | {"new": 2}}
    assert _facts(result_from_wire(wire)) == _facts(given)


WRONG: dict[str, list[Any]] = {
    "access_token": [None, 5, [CANARY], {"a": CANARY}],
    "scopes": [None, "User.Read", 5, {"a": 1}],
    "expires_on": [None, "soon", 1.5, []],
    "issued_on": [None, "x"],
    "refresh_on": [None, "x"],
    "profile": [None, 5],
    "token_type": [None, 5],
    "version": [None, 5],
    "account": [5, "ada", ["ada"]],
    "id_token_claims": [None, "x", []],
    "tenant_id": [5],
    "token_endpoint": [5],
    "metadata": [None, "x", [], {}, {"token_source": "cache"}],
}


@pytest.mark.parametrize(
    ("key", "value"), [(key, value) for key, values in WRONG.items() for value in values]
)
def test_a_result_of_another_kind_is_one_typed_error(key: str, value: Any) -> None:
    with pytest.raises(TransportError) as caught:
        result_from_wire(result_to_wire(result()) | {key: value})
    assert caught.value.reason == "bad_result"
    assert_hidden(f"{caught.value!r}")


@pytest.mark.parametrize("key", [key for key in result_to_wire(result()) if key != "correlation_id"])
def test_a_result_without_a_field_is_one_typed_error(key: str) -> None:
    wire = result_to_wire(result())
    del wire[key]
    with pytest.raises(TransportError):
        result_from_wire(wire)


@pytest.mark.parametrize("key", [*result_to_wire(result())["metadata"]])
def test_metadata_of_another_kind_is_one_typed_error(key: str) -> None:
    wire = result_to_wire(result())
    wire["metadata"] |= {key: ["x"]}
    with pytest.raises(TransportError):
        result_from_wire(wire)


def test_an_account_survives_the_wire() -> None:
    assert Account.from_wire(json.loads(json.dumps(ACCOUNT.to_wire()))) == ACCOUNT
    assert Account.from_wire({"username": "ada", "new": 1, "name": None}) == Account(
        home_account_id="", environment="", username="ada"
    )


def test_home_account_ids_tell_subjects_and_issuers_apart() -> None:
    subjects = ["ada", "Ada", "ada ", "", "a.b", "a", ".", "é", "e\u0301", "x" * 255, "\ud800", "\udc00"]
    issuers = ["https://a", "https://a/", "https://A", "https://a:8443", "https://a/realms/x", ""]
    ids = {make_home_account_id(sub, issuer) for sub in subjects for issuer in issuers}
    assert len(ids) == len(subjects) * len(issuers)
    assert all(each.isascii() and each.count(".") == 1 for each in ids)


def test_a_home_account_id_is_the_one_of_the_contract() -> None:
    assert make_home_account_id("ada", "https://idp.example.org") == "YWRh.ZVGO0MVw7Bm_1SHn"
