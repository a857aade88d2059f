"""Provider ``jupyterhub``: what the service at the Hub may answer, and what becomes of it."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from jupyter_auth.core.errors import (
    AuthError,
    InteractionRequiredError,
    OAuthError,
    PolicyError,
    ProfileError,
    TransportError,
    error_to_wire,
)
from jupyter_auth.core.profile import HUB_CLIENT, Profile, read_profile
from jupyter_auth.core.secret import Secret
from jupyter_auth.providers.base import TokenResponse
from jupyter_auth.providers.jupyterhub import API_TOKEN, API_URL, JupyterHubEngine
from tests.support.hub_service import GOOD, OWN, Service


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Iterator[Service]:
    monkeypatch.setenv(API_TOKEN, OWN)
    with Service() as made:
        yield made


def profile(issuer: str, **more: Any) -> Profile:
    made, faults = read_profile("lake", {"provider": "jupyterhub", "issuer": issuer, **more}, "x")
    assert made is not None, faults
    return made


def asked(service: Service, scopes: tuple[str, ...] = ("lake.read",), **more: Any) -> TokenResponse:
    engine = JupyterHubEngine(profile(service.url, **more))
    try:
        return engine.refresh(Secret("not sent"), scopes, {"claims": '{"a":1}'})
    finally:
        engine.close()


def test_the_token_proves_the_server_and_nothing_says_whose_tokens_are_wanted(service: Service) -> None:
    answer = asked(service, audience="https://api")
    assert answer.access_token.equals("an-access-token") and answer.refresh_token is None
    assert answer.scope == ("lake.read",) and answer.expires_in == 300
    assert answer.claims == {"sub": "ada", "preferred_username": "ada"}
    body = {"scopes": ["lake.read"], "resource": "audience:https://api", "claims": '{"a":1}'}
    assert service.asked == [("/services/jupyter-auth/token", f"token {OWN}", body)]


def test_a_refresh_token_from_there_is_not_taken(service: Service) -> None:
    service.says(200, GOOD | {"refresh_token": "canary-refresh-token"})
    assert asked(service).refresh_token is None


@pytest.mark.parametrize(
    ("told", "kind"),
    [
        (InteractionRequiredError("Log in.", reason="hub_signed_out", hint="So."), InteractionRequiredError),
        (PolicyError("No.", reason="audience_not_allowed", hint="So."), PolicyError),
        (ProfileError("What?", reason="bad_argument", hint="So."), ProfileError),
        (OAuthError("No.", reason="invalid_target", hint="So.", error="invalid_grant"), PolicyError),
        (TransportError("Away.", reason="hub_unreachable", hint="So.", retryable=True), TransportError),
    ],
)
def test_its_errors_arrive_as_they_are(service: Service, told: AuthError, kind: type[AuthError]) -> None:
    """But what a provider has refused there is no reason to let go of anything here."""
    service.says(told.http_status, error_to_wire(told))
    with pytest.raises(kind) as raised:
        asked(service)
    found = raised.value
    assert (type(found), found.message, found.reason, found.hint) == (kind, told.message, told.reason, "So.")
    assert not isinstance(found, TransportError) or found.retryable


@pytest.mark.parametrize(
    ("status", "kind", "body"),
    [
        (503, "text/html", b"<html>Service Unavailable</html>"),
        (404, "text/html", b"<html>404</html>"),
        (302, "text/html", b""),
        (200, "text/html", b"<html>the Hub's login</html>"),
        (200, "application/json", b"[]"),
        (200, "application/json", b"{}"),
        (500, "application/json", b'{"error": 7, "message": {}}'),
    ],
)
def test_without_a_service_it_can_be_tried_again(
    service: Service, status: int, kind: str, body: bytes
) -> None:
    service.answer = (status, kind, body)
    with pytest.raises(TransportError) as raised:
        asked(service)
    assert raised.value.retryable and raised.value.hint
    assert OWN not in str(raised.value)


def test_whether_the_service_runs_is_asked(service: Service) -> None:
    engine = JupyterHubEngine(profile(service.url))
    service.says(200, {"ok": True})
    assert engine.discover().token_endpoint == f"{service.url}/token"
    bodies: list[object] = [{"ok": "yes"}, [], {"error": "http"}]
    for body in bodies:
        service.says(200, body)
        with pytest.raises(TransportError) as raised:
            engine.discover()
        assert raised.value.reason == "hub_service_down"


def test_nobody_listens(service: Service) -> None:
    service.server.shutdown()
    service.server.server_close()
    with pytest.raises(TransportError) as raised:
        asked(service)
    assert raised.value.reason == "unreachable" and raised.value.retryable


def test_elsewhere_than_at_a_hub_it_says_so(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(API_TOKEN)
    with pytest.raises(PolicyError) as raised:
        asked(service)
    assert raised.value.reason == "no_hub" and service.asked == []


@pytest.mark.parametrize(
    ("url", "hub", "may"),
    [
        ("http://hub:10101/services/x", "http://hub:8081/hub/api", True),
        ("http://elsewhere/services/x", "http://hub:8081/hub/api", False),
        ("http://hub/services/x", "https://hub/hub/api", False),
        ("http://hub/services/x", "", False),
    ],
)
def test_in_clear_text_only_where_the_hub_is_as_well(
    monkeypatch: pytest.MonkeyPatch, url: str, hub: str, may: bool
) -> None:
    monkeypatch.setenv(API_TOKEN, OWN)
    monkeypatch.setenv(API_URL, hub)
    engine = JupyterHubEngine(profile("https://hub.example.org/services/x", service_url=url))
    monkeypatch.setattr(engine._session, "post", lambda *_, **__: (_ for _ in ()).throw(OSError))
    with pytest.raises(TransportError if may else PolicyError):
        engine.refresh(Secret("x"), (), {})


def test_nobody_signs_in_here(service: Service) -> None:
    engine = JupyterHubEngine(profile(service.url))
    calls: list[Callable[[], object]] = [
        lambda: engine.start_device((), (), {}),
        lambda: engine.poll_device(Secret("x")),
        lambda: engine.start_code((), (), {}, redirect_uri="x", state=Secret("x")),
        lambda: engine.client_credentials((), (), {}),
        lambda: engine.exchange(Secret("x"), (), (), {}),
    ]
    for call in calls:
        with pytest.raises(PolicyError, match="the Hub has done that"):
            call()
    assert engine.revoke(Secret("x"), "refresh_token") == "unsupported"
    assert service.asked == []


def test_a_profile_needs_the_service_and_no_client() -> None:
    made = profile("https://hub.example.org/services/jupyter-auth")
    assert made.client_id == HUB_CLIENT and made.scopes == () and made.is_signed_in_elsewhere
    nothing, faults = read_profile("x", {"provider": "jupyterhub", "client_secret_file": "y"}, "f")
    assert nothing is None and {fault.key for fault in faults} == {
        "profiles.x.issuer", "profiles.x.client_secret_file"
    }  # fmt: skip
