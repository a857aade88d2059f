"""The engine interface: requests to a provider and its answers, nothing remembered.

Cache, silent decision, single flight and interactions stand above it and exist once.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from jupyter_auth.core.reports import Outcome
from jupyter_auth.core.secret import Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceAuthorization:
    """What the device authorization endpoint answers (RFC 8628 §3.2); times in seconds."""

    device_code: Secret
    user_code: str
    verification_uri: str
    verification_uri_complete: str | None
    expires_in: int
    interval: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenResponse:
    """An answer of the token endpoint (RFC 6749 §5.1), with an unusable value replaced by None.

    ``scope`` None means "as asked"; ``claims`` are those of a validated id token (or of userinfo).
    """

    access_token: Secret
    token_type: str
    expires_in: int | None
    refresh_in: int | None
    scope: tuple[str, ...] | None
    refresh_token: Secret | None
    claims: Mapping[str, Any] | None = None
    token_endpoint: str = ""
    correlation_id: str = ""


class NotYet(Exception):
    """The person has not finished (RFC 8628 §3.5 ``authorization_pending``, ``slow_down``)."""

    def __init__(self, *, slow_down: bool = False) -> None:
        super().__init__("slow_down" if slow_down else "authorization_pending")
        self.slow_down = slow_down


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderMetadata:
    """What discovery says (OpenID Connect Discovery §3, RFC 8414 §2)."""

    issuer: str
    token_endpoint: str
    device_authorization_endpoint: str | None = None
    revocation_endpoint: str | None = None
    userinfo_endpoint: str | None = None
    jwks_uri: str | None = None


class Engine(Protocol):
    """A provider's protocol. Every method blocks, has a time limit, and raises ``OAuthError``,
    ``TransportError`` or ``PolicyError``; none keeps or logs a token."""

    def discover(self) -> ProviderMetadata:
        """The provider's endpoints."""
        ...

    def start_device(
        self, scopes: tuple[str, ...], resources: tuple[str, ...], extra: Mapping[str, str]
    ) -> DeviceAuthorization:
        """Ask for a device and a user code (RFC 8628 §3.1). ``resources`` are tagged as in a ``Target``:
        ``resource:…`` (RFC 8707, several are allowed) or ``audience:…``."""
        ...

    def poll_device(self, device_code: Secret) -> TokenResponse:
        """Ask once whether the person has finished; raises ``NotYet`` where not."""
        ...

    def refresh(
        self, refresh_token: Secret, scopes: tuple[str, ...], extra: Mapping[str, str]
    ) -> TokenResponse:
        """Trade a refresh token for a new access token (RFC 6749 §6)."""
        ...

    def revoke(self, token: Secret, token_type_hint: str) -> Outcome:
        """Revoke a token (RFC 7009): ``revoked``, ``unsupported`` or ``failed``; never raises AuthError."""
        ...

    def close(self) -> None:
        """Close its connections."""
        ...
