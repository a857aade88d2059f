"""The first level of the cache: what this process keeps in memory of the store.

Limited in entries and in bytes; the least recently used goes first. An entry is read from the store again
after a while, even if nobody has said that it changed, and a token that has ended is not kept. A hit is a
lookup in a dict, two comparisons and a note of the time.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from jupyter_auth.cache.limits import MemoryLimits
from jupyter_auth.cache.records import AccessTokenRecord, AccountRecord, ClientKey, Holder
from jupyter_auth.cache.sizes import size_of
from jupyter_auth.cache.store import Store
from jupyter_auth.core.statistics import Statistics

_ENTRY = 400  # bytes of an entry's own: its place in the dict, its key with three texts, its tuple

Seen = tuple[int, int]


@dataclass(slots=True)
class _Entry:
    """``value`` answers from ``since`` up to ``until``; ``ends``: when all of it has ended (0: never);
    ``used``: when it last did answer, or came."""

    since: float
    until: float
    value: tuple[Any, ...]
    size: int
    ends: float
    used: float


class LevelOne:
    """Thread-safe, without a lock where it is read. When the store's generation moves, all goes."""

    def __init__(
        self,
        store: Store,
        clock: Callable[[], float],
        limits: MemoryLimits,
        counts: Statistics,
    ) -> None:
        self._store = store  # whose generation is asked for each time: a new file has another counter
        self._clock = clock
        self.limits = limits
        self._counts = counts
        self._lock = threading.Lock()
        self._generation = store.generation.value
        self._writes = 0
        self._entries: dict[Holder | ClientKey, _Entry] = {}
        self.size = 0

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, key: Holder | ClientKey) -> tuple[Any, ...] | None:
        """The access tokens of a holder, or the accounts of a client; None where they are not known, or have
        to be read again. On the way of every hit: keep it short."""
        if self._store.generation.value != self._generation:
            self.heed()
        entry = self._entries.get(key)
        if entry is None:
            return None
        now = self._clock()
        if not entry.since <= now < entry.until:  # a clock that was set back does not tell how old it is
            return None
        entry.used = now
        return entry.value

    def held(self, key: Holder | ClientKey) -> tuple[Any, ...] | None:
        """What is kept of ``key``, of whatever age: for when the store cannot be read."""
        self.heed()
        entry = self._entries.get(key)
        return entry.value if entry is not None else None

    # -- keeping --------------------------------------------------------------------------------

    def heed(self) -> None:
        """Forget everything where any process has cleared or signed somebody out."""
        if self._store.generation.value != self._generation:
            with self._lock:
                self._empty()

    def forget(self) -> None:
        """Forget everything; readers that began before it keep nothing."""
        with self._lock:
            self._writes += 1
            self._empty()

    def _empty(self) -> None:
        self._generation = self._store.generation.value
        self._counts.evicted("cleared", len(self._entries))
        self._entries.clear()
        self.size = 0

    def seen(self) -> Seen:
        """To be taken before the store is read, and given to ``keep`` after."""
        return self._store.generation.value, self._writes

    def written(self, *keys: Holder | ClientKey) -> None:
        """These have just been written: readers that began before it keep nothing."""
        with self._lock:
            self._writes += 1
            for key in keys:
                self._drop(key)

    def keep_tokens(self, key: Holder, found: tuple[AccessTokenRecord, ...], seen: Seen) -> None:
        """Keep what the store holds of ``key``; see ``_keep``."""
        now = self._clock()
        live = tuple(token for token in found if token.expires_on > now)
        if len(found) > len(live):
            with self._lock:
                self._counts.evicted("expired", len(found) - len(live))
        if not live:
            with self._lock:
                self._drop(key)
            return
        ends = [token.expires_on for token in live]
        # with the first token that ends, all are read again
        until = min(now + self.limits.absolute_expiration, *ends)
        self._keep(key, _Entry(now, until, live, _ENTRY + sum(map(size_of, live)), max(ends), now), seen)

    def keep_accounts(self, client: ClientKey, found: tuple[AccountRecord, ...], seen: Seen) -> None:
        """The same of a client's accounts."""
        now = self._clock()
        size = _ENTRY + sum(map(size_of, found))
        until = now + self.limits.absolute_expiration
        self._keep(client, _Entry(now, until, found, size, 0, now), seen)

    def _keep(self, key: Holder | ClientKey, entry: _Entry, seen: Seen) -> None:
        """Keep it, unless a clear or a write has come since the store was read: it may be old."""
        self.heed()
        with self._lock:
            if (self._generation, self._writes) != seen:
                return
            self._drop(key)
            if entry.size > self.limits.size:
                return  # it would not stay, and everything else would go before it
            self._entries[key] = entry
            self.size += entry.size
            self._make_room(entry.since)

    def _drop(self, key: Holder | ClientKey) -> None:
        gone = self._entries.pop(key, None)
        if gone is not None:
            self.size -= gone.size

    def _make_room(self, now: float) -> None:
        """Let go of two that have ended at each turn; and where it is too much, of the least recently used,
        a twentieth more than must be, so that this is not for every entry."""
        for key in [key for key, _ in zip(self._entries, range(2), strict=False)]:
            if 0 < self._entries[key].ends <= now:
                self._evict(key, "expired")
        limits = self.limits
        if len(self._entries) > limits.entries or self.size > limits.size:
            cause = "entries" if len(self._entries) > limits.entries else "size"
            entries, size = limits.entries - limits.entries // 20, limits.size - limits.size // 20
            for key in sorted(self._entries, key=lambda key: self._entries[key].used):
                if len(self._entries) <= entries and self.size <= size:
                    break
                self._evict(key, cause)

    def _evict(self, key: Holder | ClientKey, cause: str) -> None:
        self._drop(key)
        self._counts.evicted(cause)
