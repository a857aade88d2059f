"""The provider's signing key, and what it signs: access tokens (RFC 9068) and id tokens."""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey

from .catalogue import LAKE_AUDIENCE
from .state import SignIn


def _new_key() -> RSAKey:
    key = RSAKey.generate_key(2048, {"use": "sig", "alg": "RS256"})
    key.ensure_kid()
    return key


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenSigner:
    """Signs with a key of its own, made when the provider starts."""

    issuer: str
    lifetime: int
    clock: Callable[[], float]
    key: RSAKey = field(default_factory=_new_key, repr=False)

    def jwks(self) -> dict[str, Any]:
        """The public half, for `jwks_uri`."""
        return dict(KeySet([self.key]).as_dict(private=False))

    def access_token(self, sign_in: SignIn, scope: str) -> str:
        """A token for the lake if one of its scopes was allowed, else one for the provider's own userinfo."""
        scopes, now = scope.split(), int(self.clock())
        for_lake = any(name.startswith("lake.") for name in scopes)
        claims: dict[str, Any] = sign_in.person.claims([name for name in scopes if name == "profile"])
        claims |= {
            "iss": self.issuer,
            "aud": LAKE_AUDIENCE if for_lake else self.issuer,
            "client_id": sign_in.client_id,
            "scope": scope,
            "iat": now,
            "exp": now + self.lifetime,
            "auth_time": sign_in.auth_time,
            "jti": secrets.token_urlsafe(12),
        }
        return self._sign(claims, "at+jwt")

    def id_token(self, sign_in: SignIn, scope: str, access_token: str) -> str:
        """Who signed in, for the application alone (OpenID Connect Core, 2)."""
        now = int(self.clock())
        half = hashlib.sha256(access_token.encode()).digest()[:16]
        claims: dict[str, Any] = sign_in.person.claims(scope.split())
        claims |= {
            "iss": self.issuer,
            "aud": sign_in.client_id,
            "iat": now,
            "exp": now + self.lifetime,
            "auth_time": sign_in.auth_time,
            "at_hash": base64.urlsafe_b64encode(half).rstrip(b"=").decode(),
        }
        return self._sign(claims, "JWT")

    def _sign(self, claims: dict[str, Any], kind: str) -> str:
        return jwt.encode({"alg": "RS256", "typ": kind, "kid": self.key.kid}, claims, self.key)
