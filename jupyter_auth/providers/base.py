"""The engine interface: requests to a provider and its answers, nothing remembered.

Cache, silent decision, single flight and interactions stand above it and exist once.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Protocol

from jupyter_auth.core.reports import Outcome
from jupyter_auth.core.secret import Secret

NOTHING: Mapping[str, str] = MappingProxyType({})
#: Reasons with which an engine tells what an ``invalid_grant`` is about: the token that was sent is spent,
TOKEN_SPENT = frozenset({"token_expired", "session_revoked", "session_expired", "bad_token"})
#: or this request alone is refused, which no person can mend (MSAL: not "UI required").
TOKEN_STAYS = frozenset({"client_mismatch", "protection_policy_required"})


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
class CodeAuthorization:
    """An authorization request that waits for its callback (RFC 6749 §4.1.1, RFC 7636).

    ``authorization_uri`` is where the person signs in; it holds ``state`` and ``nonce``, so it goes to the
    person's browser and nowhere else. All of it has to be kept for ``finish_code``.
    """

    authorization_uri: str = field(repr=False)
    redirect_uri: str
    state: Secret
    nonce: Secret
    code_verifier: Secret
    scopes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenResponse:
    """An answer of the token endpoint (RFC 6749 §5.1), with an unusable value replaced by None.

    ``scope`` None means "as asked"; ``claims`` are those of a validated id token (or of userinfo).
    ``home_account_id`` is the account's id where the provider itself gives one (Entra: ``uid.utid`` of
    ``client_info``), ``realm`` the tenant of the token; both are empty elsewhere.
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
    home_account_id: str = ""
    realm: str = ""
    #: asks the provider for keys, and gives this answer with the claims they confirm: to be called once the
    #: refresh token is saved, before anything else of the answer is used
    later: "Callable[[], TokenResponse] | None" = field(default=None, repr=False, compare=False)


class NotYet(Exception):
    """The person has not finished (RFC 8628 §3.5 ``authorization_pending``, ``slow_down``)."""

    def __init__(self, *, slow_down: bool = False) -> None:
        super().__init__("slow_down" if slow_down else "authorization_pending")
        self.slow_down = slow_down


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderMetadata:
    """What discovery says (OpenID Connect Discovery §3, RFC 8414 §2, RFC 9126 §5, RFC 9207 §3).

    A tuple is empty where the provider does not say.
    """

    issuer: str
    token_endpoint: str
    authorization_endpoint: str | None = None
    device_authorization_endpoint: str | None = None
    pushed_authorization_request_endpoint: str | None = None
    revocation_endpoint: str | None = None
    userinfo_endpoint: str | None = None
    end_session_endpoint: str | None = None
    jwks_uri: str | None = None
    grant_types_supported: tuple[str, ...] = ()
    scopes_supported: tuple[str, ...] = ()
    token_endpoint_auth_methods_supported: tuple[str, ...] = ()
    require_pushed_authorization_requests: bool = False
    authorization_response_iss_parameter_supported: bool = False


class Engine(Protocol):
    """A provider's protocol. Every method blocks, has a time limit, and raises ``OAuthError``,
    ``TransportError``, ``PolicyError`` or ``ProfileError``; none keeps or logs a token. What a provider
    cannot do is a ``PolicyError`` (``no_device_flow``, ``no_code_flow``, ``no_client_credentials``,
    ``no_exchange``, ``no_refresh``).

    ``resources`` are tagged as in a ``Target``: ``resource:…`` (RFC 8707, several are allowed) or
    ``audience:…``. ``extra`` are more parameters by their wire names: ``login_hint``, ``prompt``,
    ``acr_values``, ``max_age`` for a person, ``claims`` for all; and ``tenant``, which is no parameter but
    the realm to ask in place of the profile's (Entra only; elsewhere it is a ``PolicyError``).
    """

    def discover(self) -> ProviderMetadata:
        """The provider's endpoints."""
        ...

    def start_device(
        self, scopes: tuple[str, ...], resources: tuple[str, ...], extra: Mapping[str, str]
    ) -> DeviceAuthorization:
        """Ask for a device and a user code (RFC 8628 §3.1). An ``OAuthError`` with the reason
        ``device_code_blocked``, from here or from a poll: this client or tenant may not use that flow,
        another may work."""
        ...

    def poll_device(self, device_code: Secret, extra: Mapping[str, str] = NOTHING) -> TokenResponse:
        """Ask once whether the person has finished; raises ``NotYet`` where not. ``tenant`` and
        ``claims`` in ``extra`` have to be those of the start."""
        ...

    def start_code(
        self,
        scopes: tuple[str, ...],
        resources: tuple[str, ...],
        extra: Mapping[str, str],
        *,
        redirect_uri: str,
        state: Secret,
    ) -> CodeAuthorization:
        """Prepare an authorization request: PKCE with S256 always (RFC 7636), a nonce, and pushed first
        where the provider requires that (RFC 9126). ``state`` is the caller's, hard to guess, used once."""
        ...

    def finish_code(self, started: CodeAuthorization, answer: Mapping[str, str]) -> TokenResponse:
        """Redeem the code in ``answer``, the callback's query parameters, once; never try again.

        ``PolicyError`` where ``state`` (``state_mismatch``), ``iss`` (``issuer_mismatch``, RFC 9207), the
        code (``no_code``) or the id token (``id_token``) is not right; ``OAuthError`` where the callback
        tells an error: ``access_denied`` means that the person, or the provider, said no (RFC 6749
        §4.1.2.1).
        """
        ...

    def refresh(
        self, refresh_token: Secret, scopes: tuple[str, ...], extra: Mapping[str, str]
    ) -> TokenResponse:
        """Trade a refresh token for a new access token (RFC 6749 §6)."""
        ...

    def client_credentials(
        self, scopes: tuple[str, ...], resources: tuple[str, ...], extra: Mapping[str, str]
    ) -> TokenResponse:
        """A token for the application itself (RFC 6749 §4.4); there is no account and no refresh token."""
        ...

    def exchange(
        self, assertion: Secret, scopes: tuple[str, ...], resources: tuple[str, ...], extra: Mapping[str, str]
    ) -> TokenResponse:
        """A token on behalf of the person whose access token ``assertion`` is (RFC 8693; Entra: RFC 7523
        jwt-bearer with ``requested_token_use=on_behalf_of``). ``subject_token_type`` in ``extra`` says what
        else it may be."""
        ...

    def revoke(self, token: Secret, token_type_hint: str) -> Outcome:
        """Revoke a token (RFC 7009): ``revoked``, ``unsupported`` or ``failed``; never raises AuthError."""
        ...

    def close(self) -> None:
        """Close its connections."""
        ...
