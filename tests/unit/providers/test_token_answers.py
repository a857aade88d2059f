"""The token answer: every field absent, of another type, or too much."""

from typing import Any

import pytest

from jupyter_auth.core.errors import TransportError
from jupyter_auth.core.freshness import MAX_LIFETIME
from jupyter_auth.providers.base import TokenResponse
from jupyter_auth.providers.oidc import OidcEngine
from tests.idp import MisbehavingProvider, faults
from tests.unit.providers.calls import CALLS, REFRESH_TOKEN, TOKEN_CALLS, assert_no_canary
from tests.unit.providers.conftest import MakeEngine

LEFT_OUT = object()


def get(idp: MisbehavingProvider, engine: OidcEngine, call: str = "refresh", **changes: Any) -> TokenResponse:
    body = {
        "access_token": "CANARY-access",
        "token_type": "Bearer",
        "expires_in": 3600,
        "refresh_token": "CANARY-rotated",
        "scope": "openid lake.read",
    }
    kept = {name: value for name, value in (body | changes).items() if value is not LEFT_OUT}
    idp.answers["token"] = faults.json(200, kept)
    answer = CALLS[call][1](engine)
    assert isinstance(answer, TokenResponse)
    assert "CANARY" not in repr(answer)
    return answer


@pytest.mark.parametrize("token_type", ["Bearer", "bearer", "BEARER", "bEaReR", LEFT_OUT, None])
@pytest.mark.parametrize("call", TOKEN_CALLS)
def test_the_token_type_in_any_case(
    idp: MisbehavingProvider, engine: OidcEngine, call: str, token_type: Any
) -> None:
    assert get(idp, engine, call, token_type=token_type).token_type == "Bearer"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (3600, 3600), ("3600", 3600), (3599.9, 3599), ("3600.0", 3600), (1, 1), (0.2, 1),
        (LEFT_OUT, None), (None, None), ("", None), ("an hour", None), (0, None), (-1, None), ("-5", None),
        (float("nan"), None), ("NaN", None), (float("inf"), None), ("Infinity", None), (True, None),
        ([3600], None), ({"s": 1}, None), (10**12, MAX_LIFETIME), (10**400, None), ("9" * 30, MAX_LIFETIME),
        ("9" * 5000, None),
    ],
)  # fmt: skip
@pytest.mark.parametrize("field", ["expires_in", "refresh_in"])
def test_seconds(idp: MisbehavingProvider, engine: OidcEngine, field: str, value: Any, expected: Any) -> None:
    assert getattr(get(idp, engine, **{field: value}), field) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("lake.read openid", ("lake.read", "openid")),
        (["openid", "lake.read"], ("openid", "lake.read")),
        ("openid  openid lake.read ", ("openid", "lake.read")),
        ("openid", ("openid",)),
        (LEFT_OUT, None),
        (None, None),
        ("", None),
        ([], None),
        (7, None),
        ({"a": 1}, None),
        ([1, 2], None),
        ("lake.\u202eread", None),
        ('lake"read', None),
        (" ".join(f"s{n}" for n in range(200)), None),
        ("x" * 600, None),
    ],
)
def test_the_scope(idp: MisbehavingProvider, engine: OidcEngine, value: Any, expected: Any) -> None:
    assert get(idp, engine, scope=value).scope == expected


UNUSABLE = [
    LEFT_OUT,
    None,
    "",
    7,
    True,
    ["x"],
    {"a": 1},
    "two words",
    "new\nline",
    "ünicode",
    "•••",
    "x" * 50_000,
]


@pytest.mark.parametrize("value", UNUSABLE)
def test_an_unusable_refresh_token_is_none(idp: MisbehavingProvider, engine: OidcEngine, value: Any) -> None:
    assert get(idp, engine, refresh_token=value).refresh_token is None


@pytest.mark.parametrize("value", UNUSABLE)
@pytest.mark.parametrize("call", TOKEN_CALLS)
def test_an_unusable_access_token_is_no_answer(
    idp: MisbehavingProvider, engine: OidcEngine, call: str, value: Any
) -> None:
    with pytest.raises(TransportError) as caught:
        get(idp, engine, call, access_token=value)
    assert caught.value.retryable is True
    assert_no_canary(caught.value)


@pytest.mark.parametrize("value", [7, [], {"a": 1}, "", None, True])
@pytest.mark.parametrize("call", TOKEN_CALLS)
def test_an_id_token_of_another_type_is_none(
    idp: MisbehavingProvider, engine: OidcEngine, call: str, value: Any
) -> None:
    assert get(idp, engine, call, id_token=value).access_token.reveal() == "CANARY-access"


# -- who signed in, without an id token ----------------------------------------------------------------------


def test_userinfo_says_who_signed_in(idp: MisbehavingProvider, engine: OidcEngine) -> None:
    claims = get(idp, engine, "poll").claims
    assert claims is not None
    assert (claims["sub"], claims["email"]) == ("ada", "ada@example.test")


def test_a_refresh_does_not_ask_userinfo(idp: MisbehavingProvider, engine: OidcEngine) -> None:
    assert get(idp, engine).claims is None
    assert idp.count("userinfo") == 0


NO_USERINFO = {
    "broken": faults.html(502),
    "refused": faults.empty(401),
    "signed": faults.fixed(200, "application/jwt", b"a.b.c"),
    "no sub": faults.json(200, {"name": "Ada"}),
    "empty sub": faults.json(200, {"sub": ""}),
    "sub of another type": faults.json(200, {"sub": 7}),
    "sub of half a character": faults.json(200, {"sub": "\ud800"}),
    "sub with an escape": faults.json(200, {"sub": "ada\x1b[31m"}),
    "endless sub": faults.json(200, {"sub": "x" * 10_000}),
    "list": faults.json(200, ["ada"]),
}


@pytest.mark.parametrize("fault", NO_USERINFO)
def test_without_userinfo_the_account_has_no_name(
    idp: MisbehavingProvider, engine: OidcEngine, fault: str
) -> None:
    idp.answers["userinfo"] = NO_USERINFO[fault]
    assert get(idp, engine, "poll").claims is None


def test_no_userinfo_endpoint(idp: MisbehavingProvider, engine: OidcEngine) -> None:
    document = {"issuer": idp.issuer, "token_endpoint": f"{idp.issuer}/token"}
    idp.answers["discovery"] = faults.json(200, document)
    assert get(idp, engine, "poll").claims is None


def test_claims_that_could_not_travel_are_left_out(idp: MisbehavingProvider, engine: OidcEngine) -> None:
    deep: Any = "bottom"
    for _ in range(500):
        deep = [deep]
    idp.answers["userinfo"] = faults.json(
        200, {"sub": "ada", "nan": float("nan"), "deep": deep, "groups": ["a", {"b": [1]}]}
    )
    assert get(idp, engine, "poll").claims == {"sub": "ada", "groups": ["a", {"b": [1]}]}


def test_of_too_many_claims_the_names_are_kept(idp: MisbehavingProvider, engine: OidcEngine) -> None:
    groups = [f"group-{n}" for n in range(10_000)]
    idp.answers["userinfo"] = faults.json(200, {"sub": "ada", "email": "ada@x.test", "groups": groups})
    assert get(idp, engine, "poll").claims == {"sub": "ada", "email": "ada@x.test"}


# -- what is asked -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "name", "value"),
    [
        ({"resource": "https://api.example/"}, "resource", "https://api.example/"),
        ({"audience": "api"}, "audience", "api"),
    ],
)
@pytest.mark.parametrize("call", ["poll", "refresh"])
def test_the_target_goes_along(
    idp: MisbehavingProvider,
    make_engine: MakeEngine,
    *,
    call: str,
    changes: dict[str, str],
    name: str,
    value: str,
) -> None:
    get(idp, make_engine(**changes), call)
    assert next(r for r in idp.requests if r.endpoint == "token").form[name] == value


def test_what_a_refresh_sends(idp: MisbehavingProvider, engine: OidcEngine) -> None:
    get(idp, engine)
    assert idp.requests[-1].form == {
        "grant_type": "refresh_token",
        "refresh_token": REFRESH_TOKEN.reveal(),
        "scope": "openid offline_access lake.read",
        "client_id": "nb",
    }
