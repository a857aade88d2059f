"""What observers of a broker are told: that something has changed, by ids and states. Never a secret.

A hit in the cache changes nothing, and is not told, but for a kernel's first token of a profile. What
another process did to a shared store is not known here, and is not told either.
"""

import asyncio
import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from jupyter_auth.core.faults import where

log = logging.getLogger(__name__)

InteractionState = Literal["pending", "succeeded", "declined", "expired", "cancelled", "failed"]
AccountAction = Literal["signed_in", "signed_out", "removed", "needs_sign_in", "switched"]
CacheAction = Literal["cleared", "refreshed"]
KernelAction = Literal["first_use", "disconnected", "granted", "refused", "revoked"]


@dataclass(frozen=True, slots=True, kw_only=True)
class InteractionChanged:
    """An interaction was started, joined or left (then it is ``pending``), or has ended."""

    id: str
    profile: str
    state: InteractionState
    waiting: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountChanged:
    """An account came or went, its refresh token was refused, or it was chosen to be used by default
    (``switched``). ``profile`` is empty where no profile names its application any more."""

    home_account_id: str
    profile: str
    action: AccountAction


@dataclass(frozen=True, slots=True, kw_only=True)
class CacheChanged:
    """The cache was cleared (whole where ``profile`` is None), or an access token refreshed: of an account,
    or for none."""

    action: CacheAction
    profile: str | None = None
    home_account_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class KernelChanged:
    """A kernel was handed a token of ``profile`` for the first time, or has closed its last connection; or
    what it may use of ``profile`` was decided or taken back."""

    kernel_id: str
    action: KernelAction
    profile: str | None = None


Change = InteractionChanged | AccountChanged | CacheChanged | KernelChanged
#: Called on the event loop and in the broker's threads alike; must return at once.
Observer = Callable[[Change], None]


class Changes:
    """Who is told of changes. An observer that fails harms nobody but itself."""

    def __init__(self) -> None:
        self._observers: tuple[Observer, ...] = ()

    def watch(self, observer: Observer) -> None:
        """Tell ``observer`` of every change from now on."""
        self._observers += (observer,)

    def tell(self, change: Change) -> None:
        """Tell everyone; from any thread."""
        for observer in self._observers:
            try:
                observer(change)
            except Exception as problem:  # noqa: BLE001 -- what they do is not the broker's affair
                log.warning("An observer failed: %s", where(problem))


class Counter:
    """Counts the changes, for those who wait for the next one. A kernel that leaves is none that shows: who
    looks at the broker by connections that come and go would wake itself."""

    def __init__(self, changes: Changes, start: int) -> None:
        self._count = start
        self._lock = threading.Lock()
        self._waiting: set[asyncio.Future[None]] = set()
        changes.watch(self._heed)

    async def wait(self, seen: object, timeout: float) -> int:
        """The count, as soon as it is not ``seen``, or after ``timeout`` seconds."""
        with self._lock:
            if self._count != seen:
                return self._count
            future = asyncio.get_running_loop().create_future()
            self._waiting.add(future)
        try:
            await asyncio.wait([future], timeout=timeout)
        finally:
            with self._lock:
                self._waiting.discard(future)
        return self._count

    def _heed(self, change: Change) -> None:
        if isinstance(change, KernelChanged) and change.action == "disconnected":
            return
        with self._lock:
            self._count += 1
            woken, self._waiting = self._waiting, set()
        for future in woken:
            future.get_loop().call_soon_threadsafe(_wake, future)


def _wake(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)
