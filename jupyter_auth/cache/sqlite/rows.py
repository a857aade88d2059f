"""The sealed rows of an open SQLite file: read by anybody, written inside a transaction."""

import logging
import sqlite3
from collections.abc import Iterator

from jupyter_auth.cache.leases import admits_all
from jupyter_auth.cache.records import Kind
from jupyter_auth.cache.seals.sealing import BrokenSealError, Sealer
from jupyter_auth.cache.store import Row

log = logging.getLogger(__name__)

_SELECT = "SELECT key, kind, expires_on, sealed FROM records "


class SqliteRows:
    """Rows as ``sealer`` opens them. What does not open counts as gone."""

    def __init__(self, db: sqlite3.Connection, sealer: Sealer) -> None:
        self._db = db
        self._sealer = sealer

    def rows(self, partition: str) -> list[Row]:
        """The rows of a partition."""
        found = self._db.execute(_SELECT + "WHERE partition = ?", (self._sealer.name(partition),))
        return [row for row in self._opened(found) if row.partition == partition]

    def row(self, partition: str, key: str) -> Row | None:
        """One row, by its key."""
        found = self._opened(self._db.execute(_SELECT + "WHERE key = ?", (self._sealer.name(key),)))
        return next((row for row in found if (row.partition, row.key) == (partition, key)), None)

    def of_kind(self, kind: Kind) -> list[Row]:
        """All rows of a kind."""
        return list(self._opened(self._db.execute(_SELECT + "WHERE kind = ?", (int(kind),))))

    def _opened(self, cursor: sqlite3.Cursor) -> Iterator[Row]:
        for name, kind, expires_on, sealed in cursor.fetchall():
            try:
                yield self._sealer.open(name, kind, expires_on, sealed)
            except BrokenSealError:
                log.warning("A record of the token store does not open; it counts as gone.")
                self._broken(name)

    def _broken(self, name: bytes) -> None:
        """A reader never writes: the next writer who comes by removes the broken record."""


class SqliteTransaction(SqliteRows):
    """The rows inside a transaction that writes, in the store's ``epoch``."""

    def __init__(self, db: sqlite3.Connection, sealer: Sealer, epoch: int) -> None:
        super().__init__(db, sealer)
        self.epoch = epoch
        self.admits = admits_all

    def put(self, row: Row) -> None:
        """Write a row."""
        name = self._sealer.name(row.key)
        self._db.execute(
            "INSERT INTO records (key, partition, kind, expires_on, sealed) VALUES (?, ?, ?, ?, ?) "
            "ON CONFLICT (key) DO UPDATE SET partition = excluded.partition, kind = excluded.kind, "
            "expires_on = excluded.expires_on, sealed = excluded.sealed",
            (
                name,
                self._sealer.name(row.partition),
                int(row.kind),
                row.expires_on,
                self._sealer.seal(name, row),
            ),
        )

    def delete(self, key: str) -> None:
        """Remove a row."""
        self._broken(self._sealer.name(key))

    def _broken(self, name: bytes) -> None:
        self._db.execute("DELETE FROM records WHERE key = ?", (name,))
