"""The default store: one SQLite file, one sealed record a row, names that are HMACs.

Cost does not grow with the number of records: rows are found by key or by partition, each indexed.
"""

import logging
import sqlite3
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from jupyter_auth.cache import places
from jupyter_auth.cache.header import SCHEMA, Header
from jupyter_auth.cache.records import Kind
from jupyter_auth.cache.sealing import BrokenSealError, Sealer
from jupyter_auth.cache.store import Counter, Row, StoreDescription, Transaction
from jupyter_auth.core.errors import CacheError
from jupyter_auth.core.generation import Generation

log = logging.getLogger(__name__)
T = TypeVar("T")

FILE = "tokens.db"
BUSY_TIMEOUT = 5.0  # seconds to wait for another process's write
#: SQLite's primary result codes that mean "this file is no good", not "not now"
_DAMAGED = frozenset(
    {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR, sqlite3.SQLITE_FORMAT}
)
_SELECT = "SELECT key, kind, sealed, expires_on FROM records "


class SqliteStore:
    """Sealed records in ``folder``; the master key lies in ``key_file``, apart from them."""

    def __init__(self, folder: Path, key_file: Path) -> None:
        """Open or make the store. Raises ``NoSafeStoreError``, ``CacheSealError`` or ``CacheError``."""
        self._lock = threading.RLock()
        self._path = places.private_folder(folder) / FILE
        self._key_file = key_file
        self._notes: list[str] = []
        places.ensure_private_file(folder / "generation")
        self._generation = Generation(folder / "generation", create=True)
        self._open()

    # -- opening --------------------------------------------------------------------------------

    def _open(self) -> None:
        try:
            self._connect()
        except sqlite3.DatabaseError as problem:
            if not _is_damage(problem):
                raise _failed(self._path, problem) from None
            self._set_aside()
            try:
                self._connect()
            except sqlite3.Error as again:
                raise _failed(self._path, again) from None

    def _connect(self) -> None:
        places.ensure_private_file(self._path)
        self._inode = self._path.stat().st_ino
        self._db = sqlite3.connect(
            self._path, timeout=BUSY_TIMEOUT, isolation_level=None, check_same_thread=False
        )
        try:
            self._db.execute("PRAGMA journal_mode=WAL")
            self._db.execute("PRAGMA synchronous=NORMAL")
            self._db.execute("PRAGMA secure_delete=ON")
            with self._transaction():
                self._db.execute(SCHEMA[0])
                for statement in SCHEMA[1:]:
                    self._db.execute(statement)
                self._header = Header.load_or_make(self._db, self._key_file)
        except BaseException:
            self._db.close()
            raise

    def _set_aside(self) -> None:
        """Move a damaged file away, unless another process has replaced it already."""
        aside = self._path.with_name(
            f"{FILE}.damaged-{time.strftime('%Y%m%dT%H%M%S')}-{time.time_ns() % 10**6}"
        )
        with places.folder_lock(self._path.parent):
            if self._path.exists() and self._path.stat().st_ino == self._inode:
                self._path.rename(aside)
                for suffix in ("-wal", "-shm"):
                    self._path.with_name(FILE + suffix).unlink(missing_ok=True)
                note = f"The token store was damaged and was set aside as {aside.name}; sign in again."
                self._notes.append(note)
                log.warning(note)
        self._generation.bump()

    # -- the contract ---------------------------------------------------------------------------

    @property
    def generation(self) -> Counter:
        return self._generation

    @property
    def generation_file(self) -> str | None:
        return str(self._generation.path)

    def describe(self) -> StoreDescription:
        return StoreDescription(
            name="sqlite",
            location=str(self._path),
            key_source=f"{self._header.master.source} {self._header.master.location}",
            notes=tuple(self._notes),
        )

    def epoch(self) -> int:
        with self._guarded():
            return self._header.refresh(self._db)

    def rows(self, partition: str) -> list[Row]:
        with self._guarded():
            self._header.refresh(self._db)
            return self._rows(partition)

    def rows_of_kind(self, kind: Kind) -> Iterable[Row]:
        with self._guarded():
            self._header.refresh(self._db)
            return list(self._opened(self._db.execute(_SELECT + "WHERE kind = ?", (int(kind),))))

    def update(
        self, change: Callable[[Transaction], T], partitions: Sequence[str], *, durable: bool = False
    ) -> T:
        with self._guarded():
            # durable: the log is synced before the commit returns, so that a rotated refresh token
            # outlives a power cut (a sync costs ten times a commit: only they pay it)
            self._db.execute(f"PRAGMA synchronous={'FULL' if durable else 'NORMAL'}")
            with self._transaction():
                self._header.refresh(self._db)
                return change(_SqliteTransaction(self))

    def clear(self) -> dict[Kind, int]:
        with self._guarded():
            self._db.execute("PRAGMA synchronous=FULL")
            with self._transaction():
                counted = dict(self._db.execute("SELECT kind, count(*) FROM records GROUP BY kind"))
                self._db.execute("DELETE FROM records")
                self._header.renew(self._db)
            self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            return {kind: counted.get(int(kind), 0) for kind in Kind}

    def close(self) -> None:
        with self._lock:
            self._db.close()

    # -- inside ---------------------------------------------------------------------------------

    @property
    def _sealer(self) -> Sealer:
        return self._header.sealer

    @contextmanager
    def _guarded(self) -> Iterator[None]:
        """One thread at a time; SQLite's errors become ours, a damaged file is set aside."""
        with self._lock:
            try:
                yield
            except sqlite3.DatabaseError as problem:
                if _is_damage(problem):
                    self._db.close()
                    self._set_aside()
                    self._open()
                raise _failed(self._path, problem) from None

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    def _rows(self, partition: str) -> list[Row]:
        name = self._sealer.name(partition)
        found = self._opened(self._db.execute(_SELECT + "WHERE partition = ?", (name,)))
        return [row for row in found if row.partition == partition]

    def _opened(self, cursor: sqlite3.Cursor) -> Iterator[Row]:
        for name, kind, sealed, expires_on in cursor.fetchall():
            try:
                partition, key, value = self._sealer.open(name, sealed)
            except BrokenSealError:
                log.warning("A record of the token store does not open and is dropped.")
                self._db.execute("DELETE FROM records WHERE key = ?", (name,))
                continue
            yield Row(partition=partition, key=key, kind=Kind(kind), value=value, expires_on=expires_on)

    def _put(self, row: Row) -> None:
        name = self._sealer.name(row.key)
        sealed = self._sealer.seal(name, row.partition, row.key, row.value)
        self._db.execute(
            "INSERT INTO records (key, partition, kind, expires_on, sealed) VALUES (?, ?, ?, ?, ?) "
            "ON CONFLICT (key) DO UPDATE SET partition = excluded.partition, kind = excluded.kind, "
            "expires_on = excluded.expires_on, sealed = excluded.sealed",
            (name, self._sealer.name(row.partition), int(row.kind), row.expires_on, sealed),
        )

    def _delete(self, key: str) -> None:
        self._db.execute("DELETE FROM records WHERE key = ?", (self._sealer.name(key),))


class _SqliteTransaction:
    """The store, inside its transaction."""

    def __init__(self, store: SqliteStore) -> None:
        self._store = store
        self.rows = store._rows
        self.put = store._put
        self.delete = store._delete

    @property
    def epoch(self) -> int:
        return self._store._header.epoch


def _is_damage(problem: sqlite3.DatabaseError) -> bool:
    code = getattr(problem, "sqlite_errorcode", None)
    return code is not None and code & 0xFF in _DAMAGED


def _failed(path: Path, problem: sqlite3.Error) -> CacheError:
    name = getattr(problem, "sqlite_errorname", type(problem).__name__)
    return CacheError(
        f"The token store {path} could not be used ({name}).",
        reason=name.lower(),
        hint="See that the disk is not full and the folder is writable, then try again.",
    )
