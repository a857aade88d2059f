"""Which rows of a SQLite store go when it holds too much.

As in memory, but for what was used last, which no file is written to for: of those that have not ended, the
tokens that end soonest go first. Who uses one has it renewed before, so that these are the least used, too.
"""

import sqlite3
from collections import Counter
from collections.abc import Callable, Sequence

from jupyter_auth.cache.limits import StoreLimits

#: Kinds are those of ``records.Kind``: 1 an access token, 2 a refresh token, 3 what an application holds.
_IDLE_APPLICATIONS = (
    "DELETE FROM records WHERE partition IN (SELECT of.partition FROM records AS of WHERE of.kind = 3 "
    "AND of.partition NOT IN ({spared}) "
    "AND EXISTS (SELECT 1 FROM records AS had WHERE had.partition = of.partition AND had.kind = 1) "
    "AND NOT EXISTS (SELECT 1 FROM records AS kept WHERE kept.partition = of.partition AND kept.kind = 2) "
    "ORDER BY of.expires_on LIMIT ?)"
)
_TOKENS_OF_SESSIONS = (
    "DELETE FROM records WHERE id IN (SELECT token.id FROM records AS of JOIN records AS token "
    "ON token.partition = of.partition WHERE of.kind = 3 AND token.kind = 1 "
    "AND of.partition NOT IN ({spared}) ORDER BY of.expires_on LIMIT ?)"
)
_TOKENS_OF_ACCOUNTS = (
    "DELETE FROM records WHERE id IN (SELECT id FROM records WHERE expires_on > 0 AND kind = 1 "
    "AND partition NOT IN ({spared}) ORDER BY expires_on LIMIT ?)"
)
_ENDED = "DELETE FROM records WHERE id > ? AND id <= ? AND expires_on > 0 AND expires_on <= ?"


class SqliteRoom:
    """Looks now and then, at what costs nothing, whether there is too much. Under its store's lock."""

    def __init__(self, limits: StoreLimits, clock: Callable[[], float]) -> None:
        self._limits = limits
        self._clock = clock
        # with the default limits that is a process's first write, and each thousandth after it
        self._every = max(1, min(limits.entries // 200, limits.size // (200 * 4096)))
        self._writes = 0
        self.is_full = False
        self.evicted: Counter[str] = Counter()

    @property
    def is_due(self) -> bool:
        """To be asked after each write: whether it is time to look."""
        self._writes += 1
        return self._writes % self._every == 1 % self._every

    def look(self, db: sqlite3.Connection, spared: Sequence[bytes]) -> None:
        """Inside a transaction: where there is too much, make room. Of the partitions ``spared``, which have
        just been written, nothing goes."""
        self.is_full = self._is_over(db, self._limits)
        if self.is_full:
            self._make_room(db, spared)

    def sweep(self, db: sqlite3.Connection, now: int, first: int = 0, last: int = 2**62) -> None:
        """Remove what has ended, of the rows with these ids."""
        self.evicted["expired"] += db.execute(_ENDED, (first, last, now)).rowcount

    def _is_over(self, db: sqlite3.Connection, limits: StoreLimits) -> bool:
        return self._entries(db, limits.entries) > limits.entries or self._size(db) > limits.size

    @staticmethod
    def _entries(db: sqlite3.Connection, enough: int) -> int:
        """How many rows there are, or a number below ``enough`` where there are surely no more."""
        (last,) = db.execute("SELECT max(id) FROM records").fetchone()
        if (last or 0) <= enough:  # ids are given one after the other, and are larger than their number
            return last or 0
        return int(db.execute("SELECT count(*) FROM records").fetchone()[0])

    @staticmethod
    def _size(db: sqlite3.Connection) -> int:
        pages, free, each = (
            int(db.execute(f"PRAGMA {name}").fetchone()[0])
            for name in ("page_count", "freelist_count", "page_size")
        )
        return (pages - free) * each

    def _make_room(self, db: sqlite3.Connection, spared: Sequence[bytes]) -> None:
        low = self._limits.low
        cause = "entries" if self._entries(db, self._limits.entries) > self._limits.entries else "size"
        self.sweep(db, int(self._clock()))
        marks = ", ".join("?" * len(spared))
        for statement in (_IDLE_APPLICATIONS, _TOKENS_OF_SESSIONS, _TOKENS_OF_ACCOUNTS):
            while self._is_over(db, low):
                count = self._at_once(db, low)
                gone = db.execute(statement.format(spared=marks), (*spared, count)).rowcount
                self.evicted[cause] += gone
                if not gone:
                    break
        self.is_full = self._is_over(db, self._limits)

    def _at_once(self, db: sqlite3.Connection, low: StoreLimits) -> int:
        """How many to let go of before looking again."""
        entries, used = self._entries(db, 0), self._size(db)
        each = max(1, used // max(1, entries))
        return max(1, max(entries - low.entries, (used - low.size) // each) // 2)
