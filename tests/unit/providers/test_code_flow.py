"""Sign-in by authorization code: what is asked, which callback is believed, and that a code is sent once."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from jupyter_auth.core.errors import AuthError, OAuthError, PolicyError, TransportError
from jupyter_auth.core.secret import Secret
from jupyter_auth.providers.base import CodeAuthorization
from jupyter_auth.providers.oidc import OidcEngine
from tests.idp import MisbehavingProvider, Responder, faults
from tests.unit.providers.calls import SCOPES, assert_no_canary
from tests.unit.providers.conftest import MakeEngine

CALLBACK = "http://127.0.0.1:8888/jupyter_auth/v1/callback"
STATE = Secret("CANARY-state-0123456789")


def start(engine: OidcEngine, scopes: tuple[str, ...] = SCOPES, **extra: str) -> CodeAuthorization:
    return engine.start_code(scopes, (), extra, redirect_uri=CALLBACK, state=STATE)


def asked(started: CodeAuthorization) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(started.authorization_uri).query).items()}


def callback(started: CodeAuthorization, **changes: str | None) -> dict[str, str]:
    """What the browser brings back from the provider, with changes (None leaves a parameter out)."""
    answer = requests.get(started.authorization_uri, allow_redirects=False, timeout=5)
    query = parse_qs(urlsplit(answer.headers["Location"]).query)
    values: dict[str, str | None] = {**{name: found[0] for name, found in query.items()}, **changes}
    return {name: value for name, value in values.items() if value is not None}


def refused(engine: OidcEngine, started: CodeAuthorization, answer: Mapping[str, str]) -> AuthError:
    with pytest.raises(AuthError) as caught:
        engine.finish_code(started, answer)
    assert_no_canary(caught.value, answer.get("code") or "CANARY", started.code_verifier.reveal())
    return caught.value


def test_what_is_asked(idp: MisbehavingProvider, engine: OidcEngine) -> None:
    started = start(
        engine, login_hint="ada", prompt="login", max_age="60", acr_values="gold silver", claims="{}"
    )
    query = asked(started)
    assert query.pop("nonce") == started.nonce.reveal() and len(started.nonce.reveal()) > 40
    assert len(query.pop("code_challenge")) == 43 and len(started.code_verifier.reveal()) >= 43
    assert query == {
        "client_id": "nb", "response_type": "code", "redirect_uri": CALLBACK, "scope": " ".join(SCOPES),
        "state": STATE.reveal(), "code_challenge_method": "S256", "login_hint": "ada", "prompt": "login",
        "max_age": "60", "acr_values": "gold silver", "claims": "{}",
    }  # fmt: skip
    assert started.authorization_uri.startswith(f"{idp.issuer}/authorize?")
    assert "CANARY" not in repr(started) and "authorize" not in repr(started)


def test_each_request_has_secrets_of_its_own(engine: OidcEngine) -> None:
    one, two = start(engine), start(engine)
    assert one.nonce != two.nonce and one.code_verifier != two.code_verifier


def test_a_query_that_the_endpoint_has_is_kept(idp: MisbehavingProvider, engine: OidcEngine) -> None:
    changed(idp, authorization_endpoint=f"{idp.issuer}/authorize?policy=a%20b")
    query = asked(start(engine))
    assert query["policy"] == "a b" and query["client_id"] == "nb"


def test_several_resources(engine: OidcEngine) -> None:
    resources = ("resource:https://a.example", "resource:https://b.example")
    started = engine.start_code(SCOPES, resources, {}, redirect_uri=CALLBACK, state=STATE)
    query = parse_qs(urlsplit(started.authorization_uri).query)
    assert query["resource"] == ["https://a.example", "https://b.example"]


def test_an_empty_state_is_a_mistake_of_ours(engine: OidcEngine) -> None:
    with pytest.raises(ValueError, match="state"):
        engine.start_code(SCOPES, (), {}, redirect_uri=CALLBACK, state=Secret(""))


def test_a_sign_in(idp: MisbehavingProvider, engine: OidcEngine) -> None:
    started = start(engine)
    answer = callback(started)
    given = engine.finish_code(started, answer)
    assert given.claims is not None and given.claims["sub"] == "ada" and given.refresh_token is not None
    assert idp.requests[-1].form == {
        "grant_type": "authorization_code", "code": answer["code"], "redirect_uri": CALLBACK,
        "client_id": "nb", "code_verifier": started.code_verifier.reveal(),
    }  # fmt: skip


@pytest.mark.parametrize("state", [None, "", "another", STATE.reveal() + "x", STATE.reveal()[:-1], "ä"])
def test_another_state(idp: MisbehavingProvider, engine: OidcEngine, state: str | None) -> None:
    started = start(engine)
    assert refused(engine, started, callback(started, state=state)).reason == "state_mismatch"
    assert idp.count("token") == 0


@pytest.mark.parametrize("issuer", [None, "", "https://evil.example", "{}/", "{}/realms/other"])
def test_another_issuer(idp: MisbehavingProvider, engine: OidcEngine, issuer: str | None) -> None:
    """RFC 9207 §2.4: exact, and required once it is announced."""
    started = start(engine)
    changed_issuer = issuer.format(idp.issuer) if issuer is not None else None
    assert refused(engine, started, callback(started, iss=changed_issuer)).reason == "issuer_mismatch"
    assert idp.count("token") == 0


def test_an_issuer_that_was_not_announced(idp: MisbehavingProvider, engine: OidcEngine) -> None:
    changed(idp, authorization_response_iss_parameter_supported=False)
    started = start(engine)
    assert refused(engine, started, callback(started, iss="https://evil.example")).reason == "issuer_mismatch"
    assert engine.finish_code(started, callback(started, iss=None)).claims is not None


@pytest.mark.parametrize("code", [None, "", "a\nb", "x" * 9000])
def test_no_code(idp: MisbehavingProvider, engine: OidcEngine, code: str | None) -> None:
    started = start(engine)
    assert refused(engine, started, callback(started, code=code)).reason == "no_code"
    assert idp.count("token") == 0


@pytest.mark.parametrize("error", ["access_denied", "login_required", "<b>\u202eevil", "x" * 5000])
def test_an_error_in_the_callback(idp: MisbehavingProvider, engine: OidcEngine, error: str) -> None:
    started = start(engine)
    said = f"state was {STATE.reveal()} \x1b[31m"
    problem = refused(engine, started, callback(started, error=error, error_description=said))
    assert isinstance(problem, OAuthError) and "\u202e" not in str(problem) and "\x1b" not in str(problem)
    assert len(str(problem)) < 700 and (problem.error == error) is (error.isascii() and len(error) < 100)
    assert idp.count("token") == 0


@pytest.mark.parametrize("name", ["error", "error_description", "error_uri"])
@pytest.mark.parametrize("said", ["{0}", "bad: {0:.12}…", "…{1}", "x" * 290 + " {0}"])
def test_what_an_error_repeats_of_the_request_is_not_told(engine: OidcEngine, name: str, said: str) -> None:
    started = start(engine)
    told = said.format(STATE.reveal(), started.nonce.reveal()[-9:])
    problem = refused(engine, started, callback(started, **{"error": "invalid_request", name: told}))
    assert_no_canary(problem, STATE.reveal()[:8], started.nonce.reveal()[-8:])


@pytest.mark.parametrize("error", ["temporarily_unavailable", "server_error"])
def test_an_error_that_passes(engine: OidcEngine, error: str) -> None:
    started = start(engine)
    problem = refused(engine, started, callback(started, error=error))
    assert isinstance(problem, TransportError) and problem.retryable is True


def test_an_error_with_another_state_says_nothing(engine: OidcEngine) -> None:
    started = start(engine)
    answer = callback(started, error="access_denied", state="x")
    assert refused(engine, started, answer).reason == "state_mismatch"


def test_a_provider_that_is_no_openid_provider(idp: MisbehavingProvider, engine: OidcEngine) -> None:
    started = start(engine, scopes=("lake.read",))
    assert "nonce" not in asked(started)
    answer = callback(started)
    idp.answers["token"] = tokens()
    given = engine.finish_code(started, answer)
    assert given.claims is not None and given.claims["sub"] == "ada"  # from userinfo


LOST: dict[str, Responder] = {
    "503": faults.html(503),
    "429": faults.empty(429),
    "captive portal": faults.html(200),
    "hung up": faults.hang(0),
    "pending": faults.json(400, {"error": "authorization_pending"}),
}


@pytest.mark.parametrize("answer", LOST.values(), ids=LOST)
def test_a_code_is_sent_once(idp: MisbehavingProvider, engine: OidcEngine, answer: Responder) -> None:
    started = start(engine)
    back = callback(started)
    idp.answers["token"] = answer
    problem = refused(engine, started, back)
    assert isinstance(problem, TransportError) and problem.retryable is False
    assert idp.count("token") == 1


def test_no_authorization_endpoint(idp: MisbehavingProvider, engine: OidcEngine) -> None:
    changed(idp, authorization_endpoint=None)
    with pytest.raises(PolicyError) as caught:
        start(engine)
    assert caught.value.reason == "no_code_flow"


def test_tenants_are_no_matter_of_openid(engine: OidcEngine) -> None:
    with pytest.raises(PolicyError) as caught:
        start(engine, tenant="contoso")
    assert caught.value.reason == "no_tenants"


def test_a_request_too_long_for_a_browser(engine: OidcEngine) -> None:
    with pytest.raises(PolicyError) as caught:
        start(engine, claims="x" * 9000)
    assert caught.value.reason == "request_too_long"


PUSHED: dict[str, Responder] = {
    "no reference": faults.json(201, {}),
    "a number": faults.json(201, {"request_uri": 5}),
    "html": faults.html(200),
    "control characters": faults.json(201, {"request_uri": "a\nb"}),
}


@pytest.mark.parametrize("answer", PUSHED.values(), ids=PUSHED)
def test_a_push_without_a_usable_answer(
    idp: MisbehavingProvider, engine: OidcEngine, answer: Responder
) -> None:
    pushing(idp)
    idp.answers["/par"] = answer
    with pytest.raises(TransportError) as caught:
        start(engine)
    assert_no_canary(caught.value)


def test_a_push_that_is_refused(idp: MisbehavingProvider, engine: OidcEngine) -> None:
    pushing(idp)
    idp.answers["/par"] = faults.json(400, {"error": "invalid_request", "error_description": STATE.reveal()})
    with pytest.raises(OAuthError) as caught:
        start(engine)
    assert caught.value.error == "invalid_request"
    assert_no_canary(caught.value)


def test_a_push_has_to_have_an_address(idp: MisbehavingProvider, engine: OidcEngine) -> None:
    changed(idp, require_pushed_authorization_requests=True)
    with pytest.raises(PolicyError) as caught:
        start(engine)
    assert caught.value.reason == "no_code_flow"


def test_the_browser_carries_a_reference_only(idp: MisbehavingProvider, engine: OidcEngine) -> None:
    pushing(idp)
    idp.answers["/par"] = faults.json(201, {"request_uri": "urn:x:1", "expires_in": 60})
    started = start(engine, login_hint="ada")
    assert asked(started) == {"client_id": "nb", "request_uri": "urn:x:1"}
    assert idp.requests[-1].form["login_hint"] == "ada"
    assert idp.requests[-1].form["state"] == STATE.reveal()


def test_what_a_preset_adds(make_engine: MakeEngine) -> None:
    engine = make_engine(quirks={"authorization_parameters": {"access_type": "offline", "prompt": "consent"}})
    assert asked(start(engine))["access_type"] == "offline"
    assert asked(start(engine, prompt="login"))["prompt"] == "login"


def tokens(**more: Any) -> Responder:
    return faults.json(200, {"access_token": "CANARY-a", "token_type": "Bearer", **more})


def changed(idp: MisbehavingProvider, **changes: Any) -> None:
    document = {
        "issuer": idp.issuer,
        "token_endpoint": f"{idp.issuer}/token",
        "authorization_endpoint": f"{idp.issuer}/authorize",
        "revocation_endpoint": f"{idp.issuer}/revoke",
        "jwks_uri": f"{idp.issuer}/jwks",
    }
    idp.answers["discovery"] = faults.json(200, document | changes)


def pushing(idp: MisbehavingProvider) -> None:
    changed(
        idp,
        require_pushed_authorization_requests=True,
        pushed_authorization_request_endpoint=f"{idp.issuer}/par",
    )
