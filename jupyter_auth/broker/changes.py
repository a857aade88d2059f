"""What observers of a broker are told: that something has changed, by ids and states. Never a secret.

A hit in the cache changes nothing, and is not told, but for a kernel's first token of a profile. What
another process did to a shared store is not known here, and is not told either.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from jupyter_auth.core.faults import where

log = logging.getLogger(__name__)

InteractionState = Literal["pending", "succeeded", "declined", "expired", "cancelled", "failed"]
AccountAction = Literal["signed_in", "signed_out", "removed", "needs_sign_in", "switched"]
CacheAction = Literal["cleared", "refreshed"]
KernelAction = Literal["first_use", "disconnected"]


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
    """The cache was cleared (whole where ``profile`` is None), or an access token refreshed."""

    action: CacheAction
    profile: str | None = None
    home_account_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class KernelChanged:
    """A kernel was handed a token of ``profile`` for the first time, or has closed its last connection."""

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
