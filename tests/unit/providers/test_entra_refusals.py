"""What Entra may answer instead of a token: its codes in a person's words, and answers that are none."""

import json
import logging
import re
import tomllib
from collections.abc import Callable
from importlib import resources
from typing import Any

import pytest

from jupyter_auth.core.errors import AuthError, OAuthError, PolicyError, ProfileError, TransportError
from jupyter_auth.core.secret import Secret
from jupyter_auth.providers import transport
from jupyter_auth.providers.aadsts import codes_in
from jupyter_auth.providers.base import NotYet
from jupyter_auth.providers.entra import EntraEngine
from tests.idp.entra import CALLBACK, HOME, EntraProvider
from tests.unit.providers.calls import DEVICE_CODE, REFRESH_TOKEN, assert_no_canary
from tests.unit.providers.conftest import MakeEntra

SCOPES = ("openid", "offline_access", "https://api.example/user.read")
CORRELATION, TRACE = "c0ffee00-0000-4000-8000-000000000001", "7ace0000-0000-4000-8000-000000000002"
CALLS: dict[str, tuple[str, Callable[[EntraEngine], Any]]] = {
    "start": ("devicecode", lambda engine: engine.start_device(SCOPES, (), {})),
    "poll": ("token", lambda engine: engine.poll_device(DEVICE_CODE)),
    "refresh": ("token", lambda engine: engine.refresh(REFRESH_TOKEN, SCOPES, {})),
}
TABLE = tomllib.loads(resources.files("jupyter_auth.providers").joinpath("aadsts.toml").read_text("utf-8"))


@pytest.fixture
def engine(make_entra: MakeEntra) -> EntraEngine:
    return make_entra()


def error_body(code: int, error: str = "invalid_grant", **more: Any) -> dict[str, Any]:
    return {
        "error": error,
        "error_description": f"AADSTS{code}: So it is.\r\nTrace ID: {TRACE}\r\nCorrelation ID: {CORRELATION}",
        "error_codes": [code],
        "trace_id": TRACE,
        "correlation_id": CORRELATION,
        **more,
    }


def problem_of(engine: EntraEngine, call: str) -> AuthError:
    with pytest.raises(AuthError) as caught:
        CALLS[call][1](engine)
    assert_no_canary(caught.value)
    return caught.value


def refused(engine: EntraEngine, call: str) -> OAuthError:
    problem = problem_of(engine, call)
    assert isinstance(problem, OAuthError)
    return problem


@pytest.mark.parametrize("code", [int(code) for code in TABLE["codes"]])
def test_every_code_of_the_table_is_explained(entra: EntraProvider, engine: EntraEngine, code: int) -> None:
    entra.plan("token", error_body(code))
    problem = refused(engine, "refresh")
    entry = TABLE["codes"][str(code)]
    assert (problem.reason, problem.hint) == (entry["reason"], entry["hint"])
    assert (problem.error, problem.correlation_id, problem.trace_id) == ("invalid_grant", CORRELATION, TRACE)
    assert re.fullmatch(r"[a-z_]+", problem.reason) and problem.hint.endswith((".", "/.default."))


def test_a_code_that_nobody_knows_is_shown_in_entras_words(entra: EntraProvider, engine: EntraEngine) -> None:
    entra.plan("token", error_body(99999999))
    problem = refused(engine, "refresh")
    assert "AADSTS99999999: So it is." in problem.message and problem.reason == "interaction_required"


@pytest.mark.parametrize("call", ["start", "poll"])
@pytest.mark.parametrize("code", TABLE["device_code_blocked"])
def test_a_tenant_that_blocks_device_codes(
    entra: EntraProvider, engine: EntraEngine, call: str, code: int
) -> None:
    entra.plan(CALLS[call][0], error_body(code, "access_denied"))
    problem = refused(engine, call)
    assert problem.reason == "device_code_blocked" and "authorization_code" in problem.hint
    assert problem.correlation_id == CORRELATION


def test_the_same_code_elsewhere_blocks_no_device_code(entra: EntraProvider, engine: EntraEngine) -> None:
    entra.plan("token", error_body(53003, claims='{"access_token": {"capolids": {"essential": true}}}'))
    problem = refused(engine, "refresh")
    assert problem.reason == "conditional_access" and json.loads(problem.claims or "")["access_token"]


@pytest.mark.parametrize("claims", [5, "x", "[]", "[" * 5000, "{}\n", '{"a": "' + "x" * 9000 + '"}', None])
def test_a_claims_challenge_that_is_none(entra: EntraProvider, engine: EntraEngine, claims: Any) -> None:
    entra.plan("token", error_body(50076, claims=claims))
    assert refused(engine, "refresh").claims is None


@pytest.mark.parametrize("suberror", ["client_mismatch", "protection_policy_required"])
def test_refusals_that_leave_the_refresh_token(
    entra: EntraProvider, engine: EntraEngine, suberror: str
) -> None:
    entra.plan("token", error_body(50173, suberror=suberror))
    assert refused(engine, "refresh").reason == suberror


def test_an_error_at_the_callback(engine: EntraEngine) -> None:
    started = engine.start_code(SCOPES, (), {}, redirect_uri=CALLBACK, state=Secret("state-of-this-one"))
    back = {
        "state": "state-of-this-one",
        "error": "access_denied",
        "error_description": "AADSTS65004: User declined.",
    }
    with pytest.raises(OAuthError) as caught:
        engine.finish_code(started, back)
    assert (caught.value.error, caught.value.reason) == ("access_denied", "access_denied")
    assert "declined" in caught.value.hint


@pytest.mark.parametrize(
    "body", [{}, {"error_description": 5}, {"error_codes": "50076"}, {"error_codes": [True, None, "1", 1.5]}]
)
def test_codes_of_the_wrong_kind(body: dict[str, Any]) -> None:
    assert codes_in(body) == []


HOSTILE: dict[str, dict[str, Any]] = {
    "html 200": {"status": 200, "body": "<h1>portal</h1>", "content_type": "text/html"},
    "html 503": {"status": 503, "body": "<h1>down</h1>", "content_type": "text/html"},
    "empty 200": {"status": 200, "body": ""},
    "a list": {"status": 200, "body": []},
    "deep": {"status": 200, "body": "[" * 100000},
    "429": {"status": 429, "body": "slow", "content_type": "text/plain", "headers": {"Retry-After": "7"}},
    "429 json": {"status": 429, "body": {"error": "temporarily_unavailable"}},
    "500 json": {"status": 500, "body": {"error": "server_error"}},
    "redirect": {"status": 302, "body": "", "headers": {"Location": "https://evil.example/"}},
    "10 MB": {"status": 200, "body": "x" * 10_000_000},
    "a number for a token": {"status": 200, "body": {"access_token": 5, "device_code": 5, "user_code": []}},
}


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("answer", HOSTILE.values(), ids=HOSTILE)
def test_what_is_no_answer_can_be_tried_again(
    entra: EntraProvider, engine: EntraEngine, call: str, answer: dict[str, Any]
) -> None:
    entra.plan(CALLS[call][0], **answer)
    problem = problem_of(engine, call)
    assert isinstance(problem, TransportError) and problem.retryable is True
    if "headers" in answer and "Retry-After" in answer["headers"]:
        assert problem.retry_after == 7


def test_an_identical_refusal_is_asked_for_again(entra: EntraProvider, engine: EntraEngine) -> None:
    """msal answers an identical 400 from its own memory for a minute; ours has none."""
    for _ in range(2):
        entra.plan("token", error_body(50173))
        refused(engine, "refresh")
    assert len(entra.seen("token")) == 2


@pytest.mark.parametrize("error", ["authorization_pending", "slow_down"])
def test_a_poll_asks_once(entra: EntraProvider, engine: EntraEngine, error: str) -> None:
    entra.plan("token", {"error": error})
    with pytest.raises(NotYet) as caught:
        engine.poll_device(DEVICE_CODE)
    assert caught.value.slow_down is (error == "slow_down")
    assert len(entra.seen("token")) == 1


def test_pending_has_no_meaning_for_a_refresh(entra: EntraProvider, engine: EntraEngine) -> None:
    entra.plan("token", {"error": "authorization_pending"})
    assert isinstance(problem_of(engine, "refresh"), TransportError)


def test_pending_has_no_meaning_where_a_device_code_is_asked_for(
    entra: EntraProvider, engine: EntraEngine
) -> None:
    entra.plan("devicecode", {"error": "authorization_pending"})
    with pytest.raises(TransportError):
        engine.start_device(("openid",), (), {})


INFO: dict[str, Any] = {
    "none": None,
    "no base64": "%%%",
    "no JSON": "eA",
    "a list": "W10",
    "numbers": "eyJ1aWQiOjUsInV0aWQiOjZ9",
    "markup": "eyJ1aWQiOiI8Yj4iLCJ1dGlkIjoieCJ9",
    "long": "e" * 5000,
    "a table": {},
}


@pytest.mark.parametrize("info", INFO.values(), ids=INFO)
def test_client_info_that_names_nobody(entra: EntraProvider, engine: EntraEngine, info: Any) -> None:
    entra.plan("token", {"access_token": "a", "token_type": "Bearer", "client_info": info}, status=200)
    answer = engine.refresh(REFRESH_TOKEN, SCOPES, {})
    assert (answer.home_account_id, answer.realm) == ("", HOME)


@pytest.mark.parametrize("id_token", ["x", "a.b.c", "e30.e30.e30", 5, None])
def test_a_sign_in_whose_id_token_does_not_hold(
    entra: EntraProvider, engine: EntraEngine, id_token: Any
) -> None:
    body = {"access_token": "CANARY-a", "refresh_token": "CANARY-r", "id_token": id_token}
    entra.plan("token", body, status=200)
    problem = problem_of(engine, "poll")
    assert isinstance(problem, PolicyError) and problem.reason == "id_token"
    entra.plan("token", body, status=200)
    assert engine.refresh(REFRESH_TOKEN, SCOPES, {}).claims is None  # the rotated token must not be lost


def test_the_keys_are_there_before_a_refresh_is_asked_for(
    entra: EntraProvider, engine: EntraEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    request = transport.ProviderSession.request

    def noted(session: Any, method: str, url: str, **more: Any) -> Any:
        asked.append(url.rpartition("/")[2])
        return request(session, method, url, **more)

    monkeypatch.setattr(transport.ProviderSession, "request", noted)
    body = {"access_token": "a", "refresh_token": "r", "id_token": "x"}
    entra.plan("token", body, status=200)
    assert engine.refresh(REFRESH_TOKEN, SCOPES, {}).later is None
    assert asked == ["openid-configuration", "keys", "token"]


def test_no_secret_is_logged(
    entra: EntraProvider, engine: EntraEngine, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    for answer in (HOSTILE["html 200"], HOSTILE["a list"], {"body": error_body(50173)}):
        entra.plan("token", **answer)
        problem_of(engine, "refresh")
    body = {"access_token": "CANARY-a", "refresh_token": "CANARY-r", "id_token": "CANARY.i.t"}
    entra.plan("token", body, status=200)
    engine.refresh(REFRESH_TOKEN, SCOPES, {})
    assert "CANARY" not in caplog.text and "portal" not in caplog.text


def test_a_tenant_that_does_not_exist(make_entra: MakeEntra) -> None:
    with pytest.raises(ProfileError) as caught:
        make_entra(tenant="nowhere.test").start_device(SCOPES, (), {})
    assert caught.value.reason == "unknown_tenant" and "tenant or authority" in caught.value.hint


def test_a_certificate_that_is_not_trusted(make_entra: MakeEntra) -> None:
    with pytest.raises(TransportError) as caught:
        make_entra(ca_bundle="").discover()
    assert caught.value.reason == "tls"


def test_a_provider_that_is_gone(make_entra: MakeEntra, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "TOTAL_TIMEOUT", 1.0)
    with pytest.raises(TransportError) as caught:
        make_entra(issuer=f"https://127.0.0.1:9/{HOME}").discover()
    assert caught.value.retryable is True
