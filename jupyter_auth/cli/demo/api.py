"""The demo's protected API, the science lake: its measurements are for whoever brings a good access token."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

import requests
from flask import Flask, Response, jsonify, request
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from werkzeug.exceptions import HTTPException

from .catalogue import LAKE_AUDIENCE
from .serving import HOST

#: Metres below the surface, degrees Celsius: a lake on a still day in August.
MEASUREMENTS = (
    (0, 22.4), (1, 22.3), (2, 22.1), (4, 21.6), (6, 20.2), (8, 16.9),
    (10, 12.8), (12, 9.7), (15, 7.6), (20, 6.1), (25, 5.3), (30, 4.9),
)  # fmt: skip

#: A key that is not known is asked for at most this often (seconds).
KEYS_AT_MOST_EVERY = 10.0


class InvalidTokenError(Exception):
    """The access token is missing, not from the issuer, not for this API, or too old."""


@dataclass(slots=True)
class TokenCheck:
    """Decides whether an access token is good here: signature, issuer, audience, time (RFC 9068, 4)."""

    issuer: str
    clock: Callable[[], float]
    _keys: KeySet | None = None
    _asked_at: float = float("-inf")
    _lock: Lock = field(default_factory=Lock)

    def claims(self, access_token: str) -> dict[str, Any]:
        """The claims of a good access token."""
        try:
            claims = self._verified(access_token)
            rules = jwt.JWTClaimsRegistry(
                now=lambda: int(self.clock()),
                iss={"essential": True, "value": self.issuer},
                aud={"essential": True, "value": LAKE_AUDIENCE},
                exp={"essential": True},
                sub={"essential": True},
                client_id={"essential": True},
            )
            rules.validate(claims)
        except (JoseError, ValueError) as error:
            raise InvalidTokenError from error
        return claims

    def _verified(self, access_token: str) -> dict[str, Any]:
        """What the issuer signed; its keys are fetched again when one is not known."""
        try:
            token = jwt.decode(access_token, self._key_set(), algorithms=["RS256"])
        except (JoseError, ValueError):
            token = jwt.decode(access_token, self._key_set(again=True), algorithms=["RS256"])
        if token.header.get("typ") != "at+jwt":
            raise InvalidTokenError
        return token.claims

    def _key_set(self, *, again: bool = False) -> KeySet:
        with self._lock:
            now = time.monotonic()
            if self._keys is None or (again and now - self._asked_at >= KEYS_AT_MOST_EVERY):
                self._keys, self._asked_at = self._fetch(), now
            return self._keys

    def _fetch(self) -> KeySet:
        with requests.Session() as session:
            session.trust_env = False
            metadata = session.get(f"{self.issuer}/.well-known/openid-configuration", timeout=5).json()
            return KeySet.import_key_set(session.get(metadata["jwks_uri"], timeout=5).json())


def create_api(issuer: str, *, clock: Callable[[], float] = time.time) -> Flask:
    """The API that trusts the access tokens of `issuer`."""
    app = Flask(__name__, static_folder=None)
    app.json.sort_keys = False  # type: ignore[attr-defined]
    app.config["TRUSTED_HOSTS"] = [HOST]
    check = TokenCheck(issuer, clock)

    @app.get("/measurements")
    def measurements() -> Any:
        kind, _, access_token = request.headers.get("Authorization", "").partition(" ")
        if kind.lower() != "bearer" or not access_token:
            return _refused(401)
        try:
            claims = check.claims(access_token.strip())
        except InvalidTokenError:
            return _refused(401, "invalid_token", "The access token is not for this API, or has expired.")
        except requests.RequestException:
            return jsonify(error="temporarily_unavailable"), 503
        if "lake.read" not in str(claims.get("scope", "")).split():
            return _refused(403, "insufficient_scope", "Reading the lake needs lake.read.", scope="lake.read")
        return _rows(claims)

    app.register_error_handler(HTTPException, lambda error: (jsonify(error=str(error.name)), error.code))
    app.after_request(_guarded)
    return app


def _rows(claims: dict[str, Any]) -> dict[str, Any]:
    who = {
        "name": claims.get("name"),
        "username": claims.get("preferred_username"),
        "client_id": claims["client_id"],
    }
    rows = [{"depth_m": depth, "temperature_c": temperature} for depth, temperature in MEASUREMENTS]
    return {"lake": "Science lake", "asked_by": who, "measurements": rows}


def _refused(
    status: int, error: str = "", description: str = "", **more: str
) -> tuple[Response, int, dict[str, str]]:
    """A refusal as RFC 6750 words it: without credentials it names no error."""
    words = {"error": error, "error_description": description, **more} if error else {}
    challenge = "Bearer " + ", ".join(f'{key}="{value}"' for key, value in words.items())
    return jsonify(words or {"error": "unauthorized"}), status, {"WWW-Authenticate": challenge.strip()}


def _guarded(response: Response) -> Response:
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response
