"""The device authorization answer: what is made good, what is refused."""

from typing import Any

import pytest

from jupyter_auth.core.errors import PolicyError, TransportError
from jupyter_auth.providers.base import DeviceAuthorization
from jupyter_auth.providers.oidc import OidcEngine
from tests.idp import MisbehavingProvider, faults
from tests.unit.providers.calls import SCOPES
from tests.unit.providers.conftest import MakeEngine

LEFT_OUT = object()


def answer(**changes: Any) -> dict[str, Any]:
    body = {
        "device_code": "CANARY-device",
        "user_code": "BCDF-GHJK",
        "verification_uri": "https://idp.example/activate",
        "verification_uri_complete": "https://idp.example/activate?user_code=BCDF-GHJK",
        "expires_in": 600,
        "interval": 7,
    }
    return {name: value for name, value in (body | changes).items() if value is not LEFT_OUT}


def start(idp: MisbehavingProvider, engine: OidcEngine, **changes: Any) -> DeviceAuthorization:
    idp.answers["device_authorization"] = faults.json(200, answer(**changes))
    return engine.start_device(SCOPES, (), {})


def test_a_right_answer(idp: MisbehavingProvider, engine: OidcEngine) -> None:
    started = start(idp, engine)
    assert started.device_code.reveal() == "CANARY-device"
    assert "CANARY" not in repr(started)
    assert (started.user_code, started.expires_in, started.interval) == ("BCDF-GHJK", 600, 7)


def test_the_older_name_of_the_address(idp: MisbehavingProvider, engine: OidcEngine) -> None:
    started = start(idp, engine, verification_uri=LEFT_OUT, verification_url="https://idp.example/old")
    assert started.verification_uri == "https://idp.example/old"


@pytest.mark.parametrize(
    ("interval", "expected"),
    [
        (LEFT_OUT, 5), (None, 5), (0, 5), (-3, 5), ("x", 5), ([], 5), (True, 5), (float("nan"), 5),
        (float("inf"), 5), ("7", 7), (0.5, 1), (10**400, 5), (10**6, 300),
    ],
)  # fmt: skip
def test_the_interval(idp: MisbehavingProvider, engine: OidcEngine, interval: Any, expected: int) -> None:
    assert start(idp, engine, interval=interval).interval == expected


@pytest.mark.parametrize(
    ("expires_in", "expected"),
    [(LEFT_OUT, 600), (None, 600), (0, 600), (-1, 600), ("900", 900), (float("nan"), 600), (10**9, 3600)],
)
def test_the_lifetime(idp: MisbehavingProvider, engine: OidcEngine, expires_in: Any, expected: int) -> None:
    assert start(idp, engine, expires_in=expires_in).expires_in == expected


@pytest.mark.parametrize("code", ["X" * 120, "A", "12345678", "<b>BOLD</b>", "ÄÖÜ-ßøπ"])
def test_any_code_that_can_be_typed_is_shown_whole(
    idp: MisbehavingProvider, engine: OidcEngine, code: str
) -> None:
    assert start(idp, engine, user_code=code).user_code == code


def test_a_code_that_is_a_number(idp: MisbehavingProvider, engine: OidcEngine) -> None:
    assert start(idp, engine, user_code=12345678).user_code == "12345678"


@pytest.mark.parametrize("between", ["\x1b[31m", "\u202e", "\u200b", "\x00", "\r\n", "\ud800"])
def test_a_code_with_control_characters_is_shown_without(
    idp: MisbehavingProvider, engine: OidcEngine, between: str
) -> None:
    shown = start(idp, engine, user_code=f"AB{between}CD").user_code
    assert shown.isprintable()
    assert shown.startswith("AB")


@pytest.mark.parametrize(
    "changes",
    [
        {"user_code": "X" * 121},  # cut short it would be of no use
        {"user_code": LEFT_OUT},
        {"user_code": ""},
        {"user_code": "\x00\u202e"},
        {"user_code": ["AB"]},
        {"user_code": True},
        {"device_code": LEFT_OUT},
        {"device_code": ""},
        {"device_code": 7},
        {"device_code": "with space"},
        {"device_code": "new\nline"},
        {"device_code": "ünicode"},
        {"device_code": "x" * 100_000},
    ],
)
def test_without_a_usable_code_there_is_no_answer(
    idp: MisbehavingProvider, engine: OidcEngine, changes: dict[str, Any]
) -> None:
    with pytest.raises(TransportError) as caught:
        start(idp, engine, **changes)
    assert caught.value.reason == "bad_answer"


# -- what is asked -------------------------------------------------------------------------------------------


def test_what_is_sent(idp: MisbehavingProvider, engine: OidcEngine) -> None:
    resources = ("resource:https://a.example", "resource:https://b.example", "audience:api")
    engine.start_device(SCOPES, resources, {"login_hint": "ada", "prompt": "consent"})
    sent = idp.requests[-1].form
    assert sent["client_id"] == "nb"
    assert sent["scope"] == " ".join(SCOPES)
    assert (sent["login_hint"], sent["prompt"], sent["audience"]) == ("ada", "consent", "api")
    assert sent["resource"] == "https://b.example"  # the last of two: the recorder keeps one of each name


def test_a_provider_without_the_device_grant(idp: MisbehavingProvider, make_engine: MakeEngine) -> None:
    document = {"issuer": idp.issuer, "token_endpoint": f"{idp.issuer}/token"}
    idp.answers["discovery"] = faults.json(200, document)
    with pytest.raises(PolicyError) as caught:
        make_engine().start_device(SCOPES, (), {})
    assert caught.value.reason == "no_device_flow"
