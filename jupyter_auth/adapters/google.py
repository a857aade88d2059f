"""Credentials for google-auth: for its sessions, Google's own clients, and gcsfs."""

from __future__ import annotations

from datetime import UTC, datetime
from time import time
from typing import TYPE_CHECKING, Any

from jupyter_auth.adapters.needed import needs
from jupyter_auth.adapters.wanted import Wanted

with needs("google"):
    from google.auth import credentials
    from google.auth.aio import credentials as aio_credentials

if TYPE_CHECKING:
    from jupyter_auth.core.result import AuthenticationResult

RENEWED = 10.0  # seconds for which a token that was made for a 401 is not thrown away for the next one


class _Held:
    """What google-auth expects of both kinds: ``token`` and ``expiry``, of the token that was last got."""

    _wanted: Wanted
    token: str | None
    expiry: datetime | None

    def _begin(self, wanted: Wanted) -> None:
        self._wanted = wanted
        self._was_sent = False
        self._renewed_on = 0.0

    def _how(self) -> dict[str, Any]:
        """google-auth refreshes where it has no good token, and where the last one was answered with a 401.
        Only then, and once, is the provider asked for another."""
        is_refused = self._was_sent and time() - self._renewed_on > RENEWED
        self._was_sent = False
        if is_refused:
            self._renewed_on = time()
        return {"force_refresh": True} if is_refused else {}

    def _hold(self, found: AuthenticationResult, *, to_send: bool = False) -> None:
        self.token = found.reveal()
        self.expiry = datetime.fromtimestamp(found.expires_on, UTC).replace(tzinfo=None)  # as google-auth's
        self._was_sent = to_send

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._wanted!r})"


class GoogleCredentials(_Held, credentials.CredentialsWithQuotaProject):  # type: ignore[misc]
    """Made by ``google_credentials``."""

    def __init__(self, wanted: Wanted, quota_project_id: str | None = None) -> None:
        super().__init__()
        self._begin(wanted)
        self._quota_project_id = quota_project_id

    def refresh(self, request: Any) -> None:
        """Get a token; ``request`` is not used, since the broker asks the provider."""
        self._hold(self._wanted.get(**self._how()))

    def before_request(self, request: Any, method: str, url: str, headers: dict[str, str]) -> None:
        """Put the token of this moment on a request."""
        self._wanted.check(url)
        self._hold(self._wanted.get(), to_send=True)
        self.apply(headers)

    def with_quota_project(self, quota_project_id: str) -> GoogleCredentials:
        """The same, with a project that pays."""
        return GoogleCredentials(self._wanted, quota_project_id)

    def __reduce__(self) -> tuple[Any, ...]:
        return GoogleCredentials, (self._wanted, self._quota_project_id)  # and not the token


class AsyncGoogleCredentials(_Held, aio_credentials.Credentials):  # type: ignore[misc]
    """Made by ``google_credentials_async``."""

    def __init__(self, wanted: Wanted) -> None:
        super().__init__()
        self._begin(wanted)

    async def refresh(self, request: Any) -> None:
        """Get a token; nothing blocks the event loop."""
        self._hold(await self._wanted.aget(**self._how()))

    async def before_request(self, request: Any, method: str, url: str, headers: dict[str, str]) -> None:
        """Put the token of this moment on a request."""
        self._wanted.check(url)
        self._hold(await self._wanted.aget(), to_send=True)
        await self.apply(headers)

    def __reduce__(self) -> tuple[Any, ...]:
        return AsyncGoogleCredentials, (self._wanted,)
