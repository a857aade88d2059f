"""Revocation says what is known: revoked only where the provider said so."""

from pathlib import Path
from typing import Any

import pytest

from jupyter_auth.core.secret import Secret
from jupyter_auth.providers import transport
from jupyter_auth.providers.oidc import OidcEngine
from tests.idp import MisbehavingProvider, Responder, faults
from tests.unit.providers.conftest import MakeEngine

TOKEN = Secret("CANARY-to-revoke")


def test_what_is_sent(idp: MisbehavingProvider, engine: OidcEngine) -> None:
    assert engine.revoke(TOKEN, "refresh_token") == "revoked"
    assert idp.requests[-1].form == {
        "token": "CANARY-to-revoke",
        "token_type_hint": "refresh_token",
        "client_id": "nb",
    }


CONFIRMED: dict[str, Responder] = {
    "200 empty": faults.empty(200),
    "200 JSON": faults.json(200, {}),
    "200 text": faults.fixed(200, "text/plain", b"OK"),
    "200 called HTML, empty": faults.html(200, ""),
    "204": faults.empty(204),
}
FAILED: dict[str, Responder] = {
    "captive portal": faults.html(200),
    "captive portal with a blank line": faults.html(200, "\r\n\r\n <!doctype html>"),
    "captive portal, 302": faults.redirect("https://portal.example/"),
    "error, 200": faults.json(200, {"error": "invalid_client"}),
    "error as form data, 200": faults.form(200, {"error": "invalid_client"}),
    "202": faults.empty(202),
    "400": faults.json(400, {"error": "invalid_request"}),
    "400 pending": faults.json(400, {"error": "authorization_pending"}),
    "401": faults.json(401, {"error": "invalid_client"}),
    "404": faults.html(404),
    "429": faults.empty(429),
    "503": faults.html(503),
    "10 MB": faults.huge(10_000_000),
    "gzip bomb": faults.gzip_bomb(),
    "silence": faults.hang(20),
}


@pytest.mark.parametrize("answer", CONFIRMED)
def test_revoked(idp: MisbehavingProvider, engine: OidcEngine, answer: str) -> None:
    idp.answers["revocation"] = CONFIRMED[answer]
    assert engine.revoke(TOKEN, "refresh_token") == "revoked"


@pytest.mark.parametrize("answer", FAILED)
def test_failed(
    idp: MisbehavingProvider, engine: OidcEngine, answer: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine.discover()
    monkeypatch.setattr(transport, "TOTAL_TIMEOUT", 0.5)
    idp.answers["revocation"] = FAILED[answer]
    assert engine.revoke(TOKEN, "refresh_token") == "failed"
    assert idp.count("revocation") == 1


def test_a_token_type_that_cannot_be_revoked(idp: MisbehavingProvider, engine: OidcEngine) -> None:
    idp.answers["revocation"] = faults.json(400, {"error": "unsupported_token_type"})
    assert engine.revoke(TOKEN, "refresh_token") == "unsupported"


def without_revocation(idp: MisbehavingProvider, **more: Any) -> Responder:
    return faults.json(200, {"issuer": idp.issuer, "token_endpoint": f"{idp.issuer}/token"} | more)


@pytest.mark.parametrize("more", [{}, {"revocation_endpoint": None}, {"revocation_endpoint": ""}])
def test_no_endpoint(idp: MisbehavingProvider, engine: OidcEngine, more: dict[str, Any]) -> None:
    idp.answers["discovery"] = without_revocation(idp, **more)
    assert engine.revoke(TOKEN, "refresh_token") == "unsupported"
    assert idp.count("revocation") == 0


@pytest.mark.parametrize("answer", [faults.html(503), faults.empty(404), faults.json(200, {"issuer": "x"})])
def test_discovery_fails(idp: MisbehavingProvider, engine: OidcEngine, answer: Responder) -> None:
    idp.answers["discovery"] = answer
    assert engine.revoke(TOKEN, "refresh_token") == "failed"


def test_a_client_secret_that_is_gone(make_engine: MakeEngine, tmp_path: Path) -> None:
    engine = make_engine(client_secret_file=str(tmp_path / "gone"))
    assert engine.revoke(TOKEN, "refresh_token") == "failed"
