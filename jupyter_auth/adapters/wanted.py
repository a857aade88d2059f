"""Which token a client is to carry, and how it is got: one way for all clients."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from inspect import signature
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from jupyter_auth.core.errors import PolicyError, ProfileError
from jupyter_auth.core.urls import is_loopback
from jupyter_auth.kernel import acquiring
from jupyter_auth.kernel.api import aget_token, get_token
from jupyter_auth.kernel.worker_handle import WorkerHandle

if TYPE_CHECKING:
    from jupyter_auth.core.account import Account
    from jupyter_auth.core.result import AuthenticationResult

#: What the adapters' functions take first.
From = str | WorkerHandle | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A profile or a worker's handle, with what ``get_token`` is asked beside it. It holds no token: it can
    be pickled, and be compared; its ``repr`` tells any two apart, since fsspec goes by that."""

    profile: From
    scopes: str | tuple[str, ...] | None
    account: str | None
    options: tuple[tuple[str, Any], ...]

    def get(self, **more: Any) -> AuthenticationResult:
        """The token of this moment; ``more`` is asked beside, or in place of, what is always asked. Raises
        what ``get_token`` raises."""
        __tracebackhide__ = True
        if isinstance(self.profile, WorkerHandle):
            return self.profile.get_token(**self._asked(more))
        return get_token(self.profile, **self._asked(more))

    async def aget(self, **more: Any) -> AuthenticationResult:
        """``get`` for asynchronous code: nothing blocks the event loop."""
        __tracebackhide__ = True
        asked, handle = self._asked(more), self.profile
        if isinstance(handle, WorkerHandle):
            return await acquiring.in_thread(lambda: handle.get_token(**asked))
        return await aget_token(handle, **asked)

    def headers(self, url: str, **more: Any) -> dict[str, str]:
        """The header of a request to ``url``; raises ``PolicyError`` for one that would send the token in the
        clear, and what ``get_token`` raises."""
        __tracebackhide__ = True
        self.check(url)
        return self.get(**more).headers()

    async def aheaders(self, url: str, **more: Any) -> dict[str, str]:
        """``headers`` for asynchronous code."""
        __tracebackhide__ = True
        self.check(url)
        return (await self.aget(**more)).headers()

    @staticmethod
    def check(url: str) -> None:
        """Raise ``PolicyError`` where a token would be sent to ``url`` in the clear (RFC 6750 §5.3). What
        stays on this machine may do without TLS."""
        parts = urlsplit(url)
        if parts.scheme == "https":
            return
        hint = "Use https. Where the way is safe all the same, add the header: get_token().headers()."
        if is_loopback(parts.hostname):
            if not _leads_away(url):
                return
            hint = f"Have the variable NO_PROXY name {parts.hostname}."
        raise PolicyError(
            f"A token is not sent to {parts.hostname} over plain http, where anybody on the way can read it.",
            reason="plain_http",
            hint=hint,
        )

    def _asked(self, more: Mapping[str, Any]) -> dict[str, Any]:
        asked: dict[str, Any] = {"scopes": self.scopes, **dict(self.options), **more}
        return asked if isinstance(self.profile, WorkerHandle) else {"account": self.account, **asked}

    def __repr__(self) -> str:
        handle = self.profile if isinstance(self.profile, WorkerHandle) else None
        about = {
            "scopes": self.scopes,
            "account": handle.account if handle else self.account,
            "tenant": handle.tenant if handle else None,
            **dict(self.options),
        }
        said = "".join(f", {name}={value!r}" for name, value in about.items() if value is not None)
        return f"{self.profile!r}{said}"


def _leads_away(url: str) -> bool:
    """Whether the environment has clients go there by a proxy that is not on this machine."""
    from requests.utils import get_environ_proxies, select_proxy  # noqa: PLC0415 -- for plain http alone

    proxy = select_proxy(url, get_environ_proxies(url))
    named = proxy if proxy is None or "://" in proxy else f"http://{proxy}"
    return named is not None and not is_loopback(urlsplit(named).hostname)


def wanted(
    profile: From,
    scopes: str | Iterable[str] | None,
    account: str | Account | None,
    options: Mapping[str, Any],
) -> Wanted:
    """What an adapter was told, checked: ``ProfileError`` or ``TypeError`` where it cannot be meant."""
    is_handle = isinstance(profile, WorkerHandle)
    if is_handle and account is not None:
        raise ProfileError("A handle is for its own account.", reason="bad_argument")
    known = signature(WorkerHandle.get_token if is_handle else get_token).parameters
    for name in options:
        if name not in known or name == "self":
            raise TypeError(f"{'a handle' if is_handle else 'get_token'} takes no {name}")
    return Wanted(
        profile=profile,
        scopes=scopes if scopes is None or isinstance(scopes, str) else tuple(scopes),
        account=acquiring.account_name(account),
        options=tuple(sorted(options.items())),
    )
