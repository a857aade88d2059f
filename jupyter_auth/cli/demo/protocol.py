"""The provider's protocol side, on Authlib: its grants and endpoints, and where they look things up.

Authlib checks requests and words the errors; this module answers its questions from the provider's memory.
"""
# Authlib ships no types, so its classes are Any to mypy.
# mypy: disallow-subclassing-any=False

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Any

from authlib.integrations.flask_oauth2 import AuthorizationServer
from authlib.oauth2.rfc6749 import InvalidGrantError
from authlib.oauth2.rfc6749.grants import RefreshTokenGrant
from authlib.oauth2.rfc7009 import RevocationEndpoint
from authlib.oauth2.rfc8628 import DeviceAuthorizationEndpoint, DeviceCodeGrant
from flask import Flask

from .catalogue import APPLICATIONS, SCOPE_TITLES, Application
from .state import DeviceRequest, IssuedToken, ProviderState, SignIn
from .tokens import TokenSigner

#: How long a code may be entered.
CODE_LIFETIME = 600


class DemoAuthorizationServer(AuthorizationServer):
    """Authlib's server with the demo's memory and key."""

    def __init__(self, app: Flask, state: ProviderState, signer: TokenSigner, interval: int) -> None:
        self.state, self.signer, self.interval = state, signer, interval
        app.config["OAUTH2_SCOPES_SUPPORTED"] = list(SCOPE_TITLES)
        super().__init__(app, query_client=APPLICATIONS.get, save_token=_saved_already)
        self.register_token_generator("default", self._issue)
        for grant in (CodeGrant, RotatingRefreshGrant):
            self.register_grant(grant)
        for endpoint in (CodeEndpoint, RevokeEndpoint):
            self.register_endpoint(endpoint)

    def _issue(
        self,
        *,
        grant_type: str,
        client: Application,
        user: SignIn,
        scope: str,
        expires_in: int | None = None,
        include_refresh_token: bool = True,
    ) -> dict[str, Any]:
        """Make and remember the tokens of one answer; the "user" Authlib carries is their sign-in."""
        access = self.signer.access_token(user, scope)
        allowed = user.scope.split()
        answer: dict[str, Any] = {
            "token_type": "Bearer",
            "access_token": access,
            "expires_in": self.signer.lifetime,
            "scope": scope,
        }
        if include_refresh_token and "offline_access" in allowed:
            answer["refresh_token"] = secrets.token_urlsafe(32)
        if "openid" in scope.split():
            answer["id_token"] = self.signer.id_token(user, scope, access)
        self.state.add_tokens(
            user,
            access=access,
            scope=scope,
            expires_at=self.state.clock() + self.signer.lifetime,
            refresh=answer.get("refresh_token"),
        )
        return answer


def _saved_already(token: dict[str, Any], request: Any) -> None:
    """`_issue` has remembered the tokens together with the sign-in they belong to."""


@dataclass(frozen=True, slots=True)
class _Credential:
    """A pending request, as Authlib asks for it."""

    request: DeviceRequest
    expired: bool

    def get_client_id(self) -> str:
        return self.request.client_id

    def get_scope(self) -> str:
        return self.request.scope

    def get_user_code(self) -> str:
        return self.request.user_code

    def is_expired(self) -> bool:
        return self.expired


class CodeEndpoint(DeviceAuthorizationEndpoint):
    """Starts a sign-in with a code (RFC 8628, 3.1)."""

    EXPIRES_IN = CODE_LIFETIME
    CLIENT_AUTH_METHODS = ("none",)

    @property
    def INTERVAL(self) -> int:
        return int(self.server.interval)

    def get_verification_uri(self) -> str:
        return f"{self.server.signer.issuer}/device"

    def save_device_credential(self, client_id: str, scope: str | None, data: dict[str, Any]) -> None:
        state: ProviderState = self.server.state
        request = DeviceRequest(
            user_code=data["user_code"],
            client_id=client_id,
            scope=" ".join(dict.fromkeys((scope or "openid").split())),
            interval=data["interval"],
            expires_at=state.clock() + data["expires_in"],
        )
        state.add_request(data["device_code"], request)


class CodeGrant(DeviceCodeGrant):
    """Answers a program that asks whether the person has answered (RFC 8628, 3.4)."""

    TOKEN_ENDPOINT_AUTH_METHODS = ("none",)

    def query_device_credential(self, device_code: str) -> _Credential:
        state: ProviderState = self.server.state
        request = state.request_for(device_code)
        if request is None:
            raise InvalidGrantError("This device code is unknown or was used already.")
        return _Credential(request, expired=request.expires_at <= state.clock())

    def query_user_grant(self, user_code: str) -> tuple[SignIn, bool] | None:
        request: DeviceRequest | None = self.server.state.request_for(self.request.form["device_code"])
        if request is None or request.person is None or request.approved is None:
            return None
        sign_in = SignIn(
            client_id=request.client_id,
            person=request.person,
            scope=request.scope,
            auth_time=request.auth_time,
        )
        return sign_in, request.approved

    def should_slow_down(self, credential: _Credential) -> bool:
        state: ProviderState = self.server.state
        return state.polled_too_soon(credential.request)

    def create_token_response(self) -> Any:
        response = super().create_token_response()
        self.server.state.end_request(self.request.credential.request)
        return response


class RotatingRefreshGrant(RefreshTokenGrant):
    """Each refresh token works once; its successor belongs to the same sign-in."""

    TOKEN_ENDPOINT_AUTH_METHODS = ("none",)
    INCLUDE_NEW_REFRESH_TOKEN = True

    def authenticate_refresh_token(self, refresh_token: str) -> IssuedToken | None:
        state: ProviderState = self.server.state
        return state.live_refresh(refresh_token)

    def authenticate_user(self, refresh_token: IssuedToken) -> SignIn:
        return refresh_token.sign_in

    def revoke_old_credential(self, refresh_token: IssuedToken) -> None:
        refresh_token.used = True


class RevokeEndpoint(RevocationEndpoint):
    """Ends a token (RFC 7009)."""

    CLIENT_AUTH_METHODS = ("none",)

    def query_token(self, token_string: str, token_type_hint: str | None) -> IssuedToken | None:
        state: ProviderState = self.server.state
        return state.any_token(token_string)

    def revoke_token(self, token: IssuedToken, request: Any) -> None:
        self.server.state.revoke(token)
