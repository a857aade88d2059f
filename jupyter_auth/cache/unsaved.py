"""Rotated refresh tokens that the store did not take: kept in memory, and written as soon as it takes them.

The provider has given them in the place of the ones in the store, which it takes for stolen when they come
again: without this, a store that fails for a moment would sign people out.
"""

import logging
import threading
from collections.abc import Callable, Hashable
from dataclasses import replace

from jupyter_auth.cache.store import StoreDescription
from jupyter_auth.core.errors import CacheError

log = logging.getLogger(__name__)

RETRY = 0.5  # seconds between two tries

#: Saves; False where something newer is there by now, and this is let go.
Save = Callable[[], bool]


class Unsaved:
    """What waits to be saved, the newest of each key. Thread-safe."""

    def __init__(self) -> None:
        self._waiting: dict[Hashable, Save] = {}
        self._lock = threading.Lock()
        self._writer: threading.Thread | None = None
        self._end = threading.Event()

    def noted(self, told: StoreDescription) -> StoreDescription:
        """What is told of the store, and what waits for it."""
        waiting = len(self._waiting)
        note = f"New refresh tokens are kept in memory and not saved yet: {waiting}. Do not stop the server."
        return replace(told, notes=(*told.notes, note)) if waiting else told

    def save(self, key: Hashable, save: Save) -> bool:
        """Save at once, or keep it and raise ``CacheError`` (``not_saved``)."""
        try:
            return save()
        except CacheError as problem:
            self._keep(key, save)
            raise CacheError(
                f"A new refresh token could not be saved and is kept in memory. {problem.message}",
                reason="not_saved",
                hint="It is saved by itself when the store can be used again; do not stop the server before. "
                "Then run the cell again.",
            ) from None

    def write(self, key: Hashable) -> None:
        """Save what waits of ``key``, before anybody reads what it replaces. Raises ``CacheError``."""
        save = self._waiting.get(key)
        if save is None:
            return
        if not save():
            log.warning("A refresh token that was kept is not saved: the account was signed out meanwhile.")
        with self._lock:
            if self._waiting.get(key) is save:
                del self._waiting[key]

    def close(self) -> None:
        """One last try: what is not saved now is lost, and its account has to sign in again."""
        self._end.set()
        self.write_all()
        if self._waiting:
            log.error("%d rotated refresh tokens could not be saved and are lost.", len(self._waiting))

    def _keep(self, key: Hashable, save: Save) -> None:
        log.error("A rotated refresh token could not be saved; it is kept in memory and tried again.")
        with self._lock:
            self._waiting[key] = save
            if self._writer is None:
                self._writer = threading.Thread(
                    target=self._go_on_trying, name="jupyter_auth-unsaved", daemon=True
                )
                self._writer.start()

    def _go_on_trying(self) -> None:
        while not self._end.wait(RETRY):
            self.write_all()
            with self._lock:
                if not self._waiting:
                    self._writer = None
                    return

    def write_all(self) -> None:
        """Save what can be saved of all that waits."""
        for key in list(self._waiting):
            try:
                self.write(key)
            except CacheError:
                continue
