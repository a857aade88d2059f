"""The right answers of the misbehaving provider: just enough OAuth for a client to get its tokens."""

import json
import secrets
import threading
import time
from base64 import b64decode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, unquote_plus, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

from .faults import Answer, Request

_EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
_JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_DEVICE_CODE = "urn:ietf:params:oauth:grant-type:device_code"
_CREDENTIALS = {_DEVICE_CODE: "device_code", "authorization_code": "code", "refresh_token": "refresh_token"}
_ALPHABET = "BCDFGHJKLMNPQRSTVWXZ"  # RFC 8628 §6.1


def _answer(status: int, body: Mapping[str, Any]) -> Answer:
    return (
        status,
        {"Content-Type": "application/json", "Cache-Control": "no-store"},
        json.dumps(body).encode(),
    )


def _client(request: Request) -> str:
    """Who authenticates in the header (RFC 6749 §2.3.1), if anybody; any secret will do."""
    scheme, _, credentials = request.headers.get("Authorization", "").partition(" ")
    pair = b64decode(credentials).decode() if scheme == "Basic" else ""
    return unquote_plus(pair.partition(":")[0])


@dataclass(slots=True, kw_only=True)
class _Pending:
    """A device code or an authorization code, until someone decides about it and a client redeems it."""

    client_id: str
    scope: str
    user_code: str = ""
    nonce: str | None = None
    username: str | None = None
    denied: bool = False


@dataclass(slots=True, kw_only=True)
class Grants:
    """Codes and refresh tokens of one provider, and the key it signs with."""

    issuer: str
    expires_in: int = 3600
    interval: int | None = 1
    key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, auto_kid=True))
    #: gives a new code or token of the kind it is told, so that a test can know its own again
    make_secret: Callable[[str], str] = lambda _kind: secrets.token_urlsafe(24)
    _codes: dict[str, _Pending] = field(default_factory=dict)
    _refresh: dict[str, _Pending] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def decide(self, username: str | None, user_code: str | None) -> None:
        """Approve as ``username``, or deny where it is None, one device code or all that are pending."""
        with self._lock:
            chosen = [c for c in self._codes.values() if c.user_code and user_code in (None, c.user_code)]
            for code in chosen:
                code.username, code.denied = username, username is None
        if not chosen:
            raise LookupError(f"no device code is pending{f' for {user_code}' if user_code else ''}")

    def id_token(self, username: str, client_id: str, nonce: str | None = None, **changes: Any) -> str:
        """Sign an id token; ``changes`` replace claims (None leaves one out), the ``key`` and its ``kid``."""
        key, kid = changes.pop("key", self.key), changes.pop("kid", self.key.kid)
        now = int(time.time())
        claims = {"iss": self.issuer, "sub": username, "aud": client_id, "iat": now, "exp": now + 3600}
        claims |= {"nonce": nonce, "name": username.capitalize(), "preferred_username": username}
        claims |= {"email": f"{username}@example.test"} | changes
        wanted = {name: value for name, value in claims.items() if value is not None}
        return jwt.encode({"alg": "RS256", "kid": kid}, wanted, key)

    def sign_in(self, username: str, client_id: str, scope: str) -> dict[str, Any]:
        """The token answer of a sign-in that nobody had to make."""
        return self.token_answer(_Pending(client_id=client_id, scope=scope, username=username))

    def token_answer(self, grant: _Pending) -> dict[str, Any]:
        """Build a full token answer, and remember its refresh token."""
        username = grant.username or "ada"
        refresh_token = self.make_secret("refresh_token")
        with self._lock:
            self._refresh[refresh_token] = grant
        return {
            "access_token": self.make_secret("access_token"),
            "token_type": "Bearer",
            "expires_in": self.expires_in,
            "refresh_token": refresh_token,
            "scope": grant.scope,
            "id_token": self.id_token(username, grant.client_id, grant.nonce),
        }

    # -- the endpoints ---------------------------------------------------------------------------------------

    def discovery(self, _request: Request) -> Answer:
        """Tell the endpoints (OpenID Connect Discovery 1.0 §3)."""
        endpoints = {
            "authorization": "authorize",
            "token": "token",
            "revocation": "revoke",
            "userinfo": "userinfo",
        }
        endpoints["device_authorization"] = "device"
        document = {
            "issuer": self.issuer,
            "jwks_uri": f"{self.issuer}/jwks",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "grant_types_supported": ["authorization_code", "refresh_token", _DEVICE_CODE],
            "code_challenge_methods_supported": ["S256"],
            "token_endpoint_auth_methods_supported": ["none", "client_secret_basic"],
            "authorization_response_iss_parameter_supported": True,
        }
        urls = {f"{name}_endpoint": f"{self.issuer}/{path}" for name, path in endpoints.items()}
        return _answer(200, document | urls)

    def jwks(self, _request: Request) -> Answer:
        """Publish the key."""
        return _answer(200, {"keys": [self.key.as_dict(private=False, use="sig", alg="RS256")]})

    def device_authorization(self, request: Request) -> Answer:
        """Start a device flow (RFC 8628 §3.2)."""
        device_code = self.make_secret("device_code")
        user_code = "-".join("".join(secrets.choice(_ALPHABET) for _ in range(4)) for _ in range(2))
        self._remember(device_code, {"client_id": _client(request), **request.form}, user_code=user_code)
        body = {
            "device_code": device_code,
            "user_code": user_code,
            "verification_uri": f"{self.issuer}/activate",
        }
        body |= {"verification_uri_complete": f"{self.issuer}/activate?user_code={user_code}"}
        timing = {"expires_in": 600} | ({} if self.interval is None else {"interval": self.interval})
        return _answer(200, body | timing)

    def authorization(self, request: Request) -> Answer:
        """Send the browser straight back with a code, as if ada had signed in already."""
        query = {name: values[0] for name, values in parse_qs(urlsplit(request.path).query).items()}
        code = self.make_secret("code")
        self._remember(code, query, username=query.get("login_hint") or "ada", nonce=query.get("nonce"))
        back = {"code": code, "state": query.get("state", ""), "iss": self.issuer}
        return 302, {"Location": f"{query['redirect_uri']}?{urlencode(back)}"}, b""

    def token(self, request: Request) -> Answer:
        """Redeem a code or a refresh token, each once."""
        if request.form.get("grant_type") in ("client_credentials", _EXCHANGE, _JWT_BEARER):
            return self._for_no_sign_in(request)
        name = _CREDENTIALS.get(request.form.get("grant_type", ""))
        if name is None:
            return _answer(400, {"error": "unsupported_grant_type"})
        held, value = (self._refresh if name == "refresh_token" else self._codes), request.form.get(name, "")
        with self._lock:
            grant = held.get(value)
            pending = grant is not None and grant.username is None and not grant.denied
            if not pending:
                held.pop(value, None)
        if grant is None:
            return _answer(400, {"error": "invalid_grant"})
        if pending:
            return _answer(400, {"error": "authorization_pending"})
        if grant.denied:
            return _answer(400, {"error": "access_denied"})
        return _answer(200, self.token_answer(grant))

    def _for_no_sign_in(self, request: Request) -> Answer:
        """For the client itself (RFC 6749 §4.4), or for an assertion (RFC 8693, RFC 7523); with a refresh
        token only where one was asked for."""
        scope = request.form.get("scope", "").split()
        pending = _Pending(client_id=_client(request), scope=" ".join(scope), username="ada")
        answer = self.token_answer(pending)
        answer.pop("id_token")
        if "offline_access" not in scope:
            answer.pop("refresh_token")
        if request.form["grant_type"] == _EXCHANGE:
            answer["issued_token_type"] = "urn:ietf:params:oauth:token-type:access_token"
        return _answer(200, answer)

    def revocation(self, request: Request) -> Answer:
        """Forget a refresh token (RFC 7009); an unknown token is no error."""
        with self._lock:
            self._refresh.pop(request.form.get("token", ""), None)
        return 200, {}, b""

    def userinfo(self, request: Request) -> Answer:
        """Answer as ada to any bearer token."""
        if not request.headers.get("Authorization", "").startswith("Bearer "):
            return 401, {"WWW-Authenticate": "Bearer"}, b""
        return _answer(200, {"sub": "ada", "preferred_username": "ada", "email": "ada@example.test"})

    def _remember(self, code: str, asked: Mapping[str, str], **more: Any) -> None:
        pending = _Pending(client_id=asked.get("client_id", ""), scope=asked.get("scope", ""), **more)
        with self._lock:
            self._codes[code] = pending
