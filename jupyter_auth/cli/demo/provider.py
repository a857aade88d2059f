"""The demo's OpenID provider as a Flask application: discovery, keys, tokens, userinfo and pages."""

from __future__ import annotations

import logging
import secrets
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, Flask, Response, current_app, jsonify, request
from werkzeug.exceptions import HTTPException, SecurityError

from .catalogue import DEVICE_CODE, SCOPE_TITLES
from .pages import csrf_token, pages, show_problem
from .protocol import DemoAuthorizationServer
from .serving import HOST
from .state import ProviderState
from .tokens import TokenSigner

protocol = Blueprint("protocol", __name__)

#: Pages take nothing from anywhere else, run no script and cannot be put into a frame.
PAGE_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)


def create_app(
    issuer: str,
    *,
    access_token_lifetime: int = 3600,
    interval: int = 2,
    clock: Callable[[], float] = time.time,
) -> Flask:
    """The provider that calls itself `issuer`, an http address of this machine."""
    parts = urlsplit(issuer)
    if issuer != f"http://{HOST}:{parts.port}":
        raise ValueError(f"The demo is for this machine only: its issuer is like http://{HOST}:9470.")
    # At DEBUG Authlib logs the tokens it issues.
    logging.getLogger("authlib").setLevel(logging.WARNING)
    app = Flask(__name__)
    app.config.update(
        SECRET_KEY=secrets.token_bytes(32),
        TRUSTED_HOSTS=[HOST],
        MAX_CONTENT_LENGTH=64 * 1024,
        # Cookies know no ports: without a name of its own this one would fight with another local server's.
        SESSION_COOKIE_NAME=f"demo_provider_{parts.port}",
        SESSION_COOKIE_SAMESITE="Lax",
    )
    app.json.sort_keys = False  # type: ignore[attr-defined]
    state = ProviderState(clock)
    signer = TokenSigner(issuer=issuer, lifetime=access_token_lifetime, clock=clock)
    app.extensions["demo_provider"] = state
    app.extensions["demo_protocol"] = DemoAuthorizationServer(app, state, signer, interval)
    app.register_blueprint(protocol)
    app.register_blueprint(pages)
    app.jinja_env.globals["csrf_token"] = csrf_token
    app.register_error_handler(HTTPException, show_problem)
    app.register_error_handler(SecurityError, lambda _: ("This is not the name of this server.", 400))
    app.after_request(_guarded)
    return app


def _guarded(response: Response) -> Response:
    if request.endpoint != "static":
        response.headers["Cache-Control"] = "no-store"
    response.headers["Content-Security-Policy"] = PAGE_POLICY
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


def _server() -> DemoAuthorizationServer:
    server: DemoAuthorizationServer = current_app.extensions["demo_protocol"]
    return server


@protocol.get("/.well-known/openid-configuration")
def metadata() -> dict[str, Any]:
    """There is no authorization endpoint: the demo signs people in with a code."""
    issuer = _server().signer.issuer
    return {
        "issuer": issuer,
        "token_endpoint": f"{issuer}/token",
        "device_authorization_endpoint": f"{issuer}/device_authorization",
        "revocation_endpoint": f"{issuer}/revoke",
        "userinfo_endpoint": f"{issuer}/userinfo",
        "jwks_uri": f"{issuer}/jwks",
        "scopes_supported": list(SCOPE_TITLES),
        "response_types_supported": [],
        "grant_types_supported": [DEVICE_CODE, "refresh_token"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "token_endpoint_auth_methods_supported": ["none"],
        "revocation_endpoint_auth_methods_supported": ["none"],
        "claims_supported": ["sub", "name", "preferred_username", "email"],
    }


@protocol.get("/jwks")
def jwks() -> dict[str, Any]:
    return _server().signer.jwks()


@protocol.post("/device_authorization")
def device_authorization() -> Any:
    return _answer(lambda server: server.create_endpoint_response("device_authorization"))


@protocol.post("/token")
def token() -> Any:
    return _answer(lambda server: server.create_token_response())


@protocol.post("/revoke")
def revoke() -> Any:
    return _answer(lambda server: server.create_endpoint_response("revocation"))


def _answer(make: Callable[[DemoAuthorizationServer], Any]) -> Any:
    """One protocol request at a time; secrets come in the body, never in the address (RFC 6749, 3.2)."""
    if request.args:
        answer = jsonify(
            error="invalid_request", error_description="Send the parameters in the body of the request."
        )
        return answer, 400
    server = _server()
    with server.state.lock:
        return make(server)


@protocol.get("/userinfo")
def userinfo() -> Any:
    """Who the bearer of this access token acts for (OpenID Connect Core, 5.3)."""
    kind, _, access_token = request.headers.get("Authorization", "").partition(" ")
    known = _server().state.live_access(access_token.strip()) if kind.lower() == "bearer" else None
    if known is None:
        return jsonify(error="invalid_token"), 401, {"WWW-Authenticate": 'Bearer error="invalid_token"'}
    scopes = known.scope.split()
    if "openid" not in scopes:
        return (
            jsonify(error="insufficient_scope"),
            403,
            {"WWW-Authenticate": 'Bearer error="insufficient_scope"'},
        )
    return known.sign_in.person.claims(scopes)
