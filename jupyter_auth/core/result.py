"""What every acquire verb returns.

Many results share one ``TokenData``: a cache hit costs one small object, and what is rarely read
(metadata, account) is built when it is read.
"""

from __future__ import annotations

from copy import deepcopy
from time import time
from typing import TYPE_CHECKING, Any, NoReturn

from jupyter_auth.core.redaction import REDACTED
from jupyter_auth.core.secret import Secret

if TYPE_CHECKING:
    from jupyter_auth.core.account import Account
    from jupyter_auth.core.metadata import AuthenticationResultMetadata


class TokenData:
    """One access token and what is known of it; shared by all results that carry it."""

    __slots__ = (
        "access_token",
        "account",
        "expires_on",
        "id_token_claims",
        "issued_on",
        "profile",
        "refresh_on",
        "scopes",
        "tenant_id",
        "token_endpoint",
        "token_type",
        "version",
    )
    access_token: Secret
    account: dict[str, Any] | None
    expires_on: int
    id_token_claims: dict[str, Any]
    issued_on: int
    profile: str
    refresh_on: int
    scopes: tuple[str, ...]
    tenant_id: str | None
    token_endpoint: str | None
    token_type: str
    version: str

    def __init__(self, **values: Any) -> None:
        for name in self.__slots__:
            setattr(self, name, values[name])


class Provenance:
    """Where a result came from: plain values, from which ``metadata`` is built when it is read."""

    __slots__ = ("duration_in_cache", "duration_in_http", "duration_total", "level", "reason", "source")

    def __init__(
        self,
        source: str,
        level: str | None,
        reason: str = "not_applicable",
        *,
        total: float = 0.0,
        in_cache: float = 0.0,
        in_http: float = 0.0,
    ) -> None:
        self.source = source
        self.level = level
        self.reason = reason
        self.duration_total = total
        self.duration_in_cache = in_cache
        self.duration_in_http = in_http


def _duration(seconds: float) -> str:
    if seconds <= 0:
        return "expired"
    if seconds < 60:
        return f"{int(seconds)} s"
    minutes = int(seconds // 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


class AuthenticationResult:
    """An access token with its account, times and origin (MSAL: ``AuthenticationResult``). Read-only.

    The token shows itself only through ``headers()`` and ``reveal()`` (or ``access_token.reveal()``).
    ``repr``, ``str`` and rich display redact it; formatting, pickling, copying and JSON raise
    ``TypeError``.
    """

    __slots__ = ("_correlation_id", "_origin", "_token")

    def __init__(self, token: TokenData, origin: Provenance, correlation_id: str = "") -> None:
        object.__setattr__(self, "_token", token)
        object.__setattr__(self, "_origin", origin)
        object.__setattr__(self, "_correlation_id", correlation_id)

    _token: TokenData
    _origin: Provenance
    _correlation_id: str

    def reveal(self) -> str:
        """The access token's text."""
        return self._token.access_token.reveal()

    def headers(self) -> dict[str, str]:
        """``{"Authorization": "Bearer …"}`` for an HTTP request (RFC 6750 §2.1)."""
        return {"Authorization": f"{self.token_type} {self._token.access_token.reveal()}"}

    @property
    def access_token(self) -> Secret:
        """The access token, redacted until ``reveal()``."""
        return self._token.access_token

    @property
    def token_type(self) -> str:
        """The scheme of the ``Authorization`` header, normally ``Bearer``."""
        return self._token.token_type

    @property
    def profile(self) -> str:
        """The name of the profile the token is for."""
        return self._token.profile

    @property
    def expires_on(self) -> int:
        """When the token ends (Unix seconds)."""
        return self._token.expires_on

    @property
    def issued_on(self) -> int:
        """When it was asked for (Unix seconds)."""
        return self._token.issued_on

    @property
    def refresh_on(self) -> int:
        """From when it is refreshed behind the scenes (Unix seconds)."""
        return self._token.refresh_on

    @property
    def expires_in(self) -> int:
        """Seconds left, never below zero."""
        return max(0, int(self._token.expires_on - time()))

    @property
    def scopes(self) -> list[str]:
        """What the provider granted."""
        return list(self._token.scopes)

    @property
    def account(self) -> Account | None:
        """Who it acts for; None for an application's own token."""
        if self._token.account is None:
            return None
        from jupyter_auth.core.account import Account  # noqa: PLC0415 -- a kernel pays only if it reads it

        return Account.from_wire(self._token.account)

    @property
    def tenant_id(self) -> str | None:
        """The tenant (Entra's ``tid``), where there is one."""
        return self._token.tenant_id

    @property
    def id_token_claims(self) -> dict[str, Any]:
        """The claims of the account's validated id token (OpenID Connect Core §2)."""
        return deepcopy(self._token.id_token_claims)

    @property
    def correlation_id(self) -> str:
        """The id of the request at the provider that gave this token, for its support."""
        return self._correlation_id

    @property
    def metadata(self) -> AuthenticationResultMetadata:
        """Where the token came from."""
        from jupyter_auth.core.metadata import (  # noqa: PLC0415 -- built when read
            AuthenticationResultMetadata,
            CacheLevel,
            CacheRefreshReason,
            TokenSource,
            known,
        )

        origin = self._origin
        return AuthenticationResultMetadata(
            token_source=known(TokenSource, origin.source) or TokenSource.CACHE,
            cache_level=known(CacheLevel, origin.level),
            cache_refresh_reason=known(CacheRefreshReason, origin.reason)
            or CacheRefreshReason.NOT_APPLICABLE,
            duration_total=origin.duration_total,
            duration_in_cache=origin.duration_in_cache,
            duration_in_http=origin.duration_in_http,
            token_endpoint=self._token.token_endpoint,
        )

    def __repr__(self) -> str:
        from jupyter_auth.core.scopes import RESERVED  # noqa: PLC0415 -- paid by those who look

        who = (self._token.account or {}).get("username") or ""
        head = " ".join(part for part in ("AuthenticationResult", self.profile, who) if part)
        left = _duration(self._token.expires_on - time())
        scopes = " ".join(scope for scope in self._token.scopes if scope not in RESERVED)
        return f"<{' · '.join(part for part in (head, scopes, left) if part)}>"

    def __str__(self) -> str:
        return f"{repr(self)[:-1]} · {REDACTED}>"

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError("an AuthenticationResult is read-only")

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError("an AuthenticationResult is read-only")

    def __format__(self, spec: str) -> NoReturn:
        raise TypeError("a token is not formatted into text; use .headers() for a request or .reveal()")

    def __getstate__(self) -> NoReturn:
        raise TypeError(
            "a token is neither copied nor pickled; call get_token() where it is needed, "
            "or pass .headers() or .reveal() on purpose"
        )

    def __reduce_ex__(self, protocol: Any) -> NoReturn:
        self.__getstate__()
