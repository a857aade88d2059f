"""Errors in OAuth's own words, however they are wrapped, and answers that give no word at all."""

from collections.abc import Callable
from typing import Any

import pytest

from jupyter_auth.core.errors import OAuthError, PolicyError, TransportError
from jupyter_auth.providers.base import NotYet
from jupyter_auth.providers.oidc import OidcEngine
from tests.idp import MisbehavingProvider, Responder, faults
from tests.unit.providers.calls import CALLS, TOKEN_CALLS, assert_no_canary

WRAPPINGS: dict[str, Callable[[int, dict[str, str]], Responder]] = {
    "JSON": faults.json,
    "form data": faults.form,
    "JSON called text": lambda status, body: faults.json(status, body, {"Content-Type": "text/plain"}),
    "form data called JSON": lambda status, body: faults.fixed(
        status, "application/json", "&".join(f"{k}={v}" for k, v in body.items()).encode()
    ),
}
ASKED = ("start", *TOKEN_CALLS)


@pytest.mark.parametrize("status", [200, 400, 401, 403])
@pytest.mark.parametrize("wrapping", WRAPPINGS)
@pytest.mark.parametrize("call", ASKED)
def test_an_oauth_error(
    idp: MisbehavingProvider, engine: OidcEngine, call: str, wrapping: str, status: int
) -> None:
    endpoint, ask = CALLS[call]
    body = {"error": "invalid_grant", "error_description": "gone"}
    idp.answers[endpoint] = WRAPPINGS[wrapping](status, body)
    with pytest.raises(OAuthError) as caught:
        ask(engine)
    problem = caught.value
    assert (problem.error, problem.error_description, problem.status) == ("invalid_grant", "gone", status)
    assert idp.count(endpoint) == 1
    assert_no_canary(problem)


@pytest.mark.parametrize("status", [200, 400, 401])
@pytest.mark.parametrize("wrapping", ["JSON", "form data"])
@pytest.mark.parametrize(("error", "slow"), [("authorization_pending", False), ("slow_down", True)])
def test_pending(
    idp: MisbehavingProvider, engine: OidcEngine, *, error: str, slow: bool, wrapping: str, status: int
) -> None:
    idp.answers["token"] = WRAPPINGS[wrapping](status, {"error": error})
    with pytest.raises(NotYet) as caught:
        CALLS["poll"][1](engine)
    assert caught.value.slow_down is slow


@pytest.mark.parametrize("error", ["authorization_pending", "slow_down"])
@pytest.mark.parametrize("call", ["start", "refresh"])
def test_pending_where_nothing_can_pend(
    idp: MisbehavingProvider, engine: OidcEngine, call: str, error: str
) -> None:
    endpoint, ask = CALLS[call]
    idp.answers[endpoint] = faults.json(400, {"error": error})
    with pytest.raises(TransportError):
        ask(engine)


@pytest.mark.parametrize(
    "answer",
    [
        faults.empty(400),
        faults.html(400),
        faults.html(401, "<a href='?a=1&error=invalid_grant&b=2'>log in again</a>"),
        faults.json(400, {}),
        faults.json(400, {"error": None}),
        faults.json(400, {"error": ""}),
        faults.json(400, {"error": {"code": 400, "message": "no"}}),
        faults.json(400, {"error": ["invalid_grant"]}),
        faults.json(400, {"error": 7}),
        faults.json(400, ["invalid_grant"]),
        faults.form(400, {f"field{n}": "x" for n in range(100)}),
        faults.fixed(400, "application/x-www-form-urlencoded", b"error"),
        faults.fixed(400, "text/plain", b"error=invalid_grant in a sentence"),
        faults.fixed(401, "application/json", b'{"error": '),
    ],
)
@pytest.mark.parametrize("call", ASKED)
def test_a_refusal_without_an_oauth_error(
    idp: MisbehavingProvider, engine: OidcEngine, call: str, answer: Responder
) -> None:
    endpoint, ask = CALLS[call]
    idp.answers[endpoint] = answer
    with pytest.raises(OAuthError) as caught:
        ask(engine)
    assert caught.value.reason == "no_oauth_error"
    assert caught.value.error is None
    assert caught.value.status in (400, 401)


def test_many_fields_beside_a_form_error(idp: MisbehavingProvider, engine: OidcEngine) -> None:
    fields = {f"f{n}": "x" for n in range(100)} | {"error": "invalid_client"}
    idp.answers["token"] = faults.form(400, fields)
    with pytest.raises(OAuthError, match="invalid_client"):
        CALLS["refresh"][1](engine)


@pytest.mark.parametrize("value", [7, None, ["x"], {"a": 1}, True])
@pytest.mark.parametrize("field", ["error_description", "error_uri", "trace_id"])
def test_words_of_another_type_are_left_out(
    idp: MisbehavingProvider, engine: OidcEngine, field: str, value: Any
) -> None:
    idp.answers["token"] = faults.json(400, {"error": "invalid_request"} | {field: value})
    with pytest.raises(OAuthError) as caught:
        CALLS["refresh"][1](engine)
    assert getattr(caught.value, field) is None


@pytest.mark.parametrize("token_type", ["DPoP", "mac", "N_A", 7, ["Bearer"], {"a": 1}])
@pytest.mark.parametrize("call", TOKEN_CALLS)
def test_another_token_type_is_refused(
    idp: MisbehavingProvider, engine: OidcEngine, call: str, token_type: Any
) -> None:
    idp.answers["token"] = faults.json(200, {"access_token": "CANARY", "token_type": token_type})
    with pytest.raises(PolicyError) as caught:
        CALLS[call][1](engine)
    assert caught.value.reason == "token_type"
    assert_no_canary(caught.value)
