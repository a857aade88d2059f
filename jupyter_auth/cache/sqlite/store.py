"""The default store: one SQLite file, one sealed record a row, names that are HMACs.

Cost does not grow with the number of records: rows are found by key or by partition, each indexed.
"""

import logging
import socket
import sqlite3
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from typing import TypeVar

from jupyter_auth.cache import forking, places
from jupyter_auth.cache.leases import Lease, RowLease, hold_file
from jupyter_auth.cache.limits import FULL, StoreLimits
from jupyter_auth.cache.records import Kind
from jupyter_auth.cache.seals.keys import Choice, KeySources
from jupyter_auth.cache.seals.mark import Height, Mark
from jupyter_auth.cache.seals.sealing import lease_name
from jupyter_auth.cache.sqlite import FILE
from jupyter_auth.cache.sqlite.database import FILE_ERRORS, Database, failed, is_damage, lacks_room
from jupyter_auth.cache.sqlite.header import SCHEMA, Header, has_header, look_for_key, refuse_other_version
from jupyter_auth.cache.sqlite.network import NetworkGeneration
from jupyter_auth.cache.sqlite.room import SqliteRoom
from jupyter_auth.cache.sqlite.rows import SqliteRows, SqliteTransaction
from jupyter_auth.cache.store import Counter, Row, StoreDescription, Transaction
from jupyter_auth.core.errors import CacheError
from jupyter_auth.core.generation import Generation

log = logging.getLogger(__name__)
T = TypeVar("T")

SLICE = 2000  # rows that one transaction of a sweep looks at: some milliseconds


class SqliteStore:
    """Sealed records in ``folder``; the master key lies in ``key_file``, apart from them.

    On a ``network`` filesystem (its name) there is no write-ahead log and no ``flock``.
    """

    def __init__(
        self,
        folder: Path,
        key_file: Path,
        *,
        given_key: bool = False,
        network: str | None = None,
        limits: StoreLimits = StoreLimits(),  # noqa: B008 -- it is frozen
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Open or make the store. Raises ``NoSafeStoreError``, ``CacheSealError`` or ``CacheError``.

        ``given_key``: the key file is an operator's. It is used as it is, never made, and no other counts.
        """
        self._lock = threading.RLock()
        self._keys = KeySources(key_file, given=given_key)
        self._choice: Choice | None = None
        self._mark: Mark | None = None
        self._network = network
        self._is_closed = False
        self._room = SqliteRoom(limits, clock)
        journal = "DELETE" if network else "WAL"
        self._file = Database(folder / FILE, self._check, self._prepare, journal=journal)
        self._map_generation()
        self._open()
        self._hosts = NetworkGeneration(self._generation, self._transact) if network else None
        forking.watch(self)

    # -- opening --------------------------------------------------------------------------------

    def _check(self, db: sqlite3.Connection) -> None:
        """Before anything is written. The key of a new store is chosen here, and that of another looked for,
        outside of a transaction: a keyring may keep us waiting, and nobody else."""
        refuse_other_version(db)
        self._choice = None
        if has_header(db):
            look_for_key(db, self._keys)
        else:
            self._choice = self._keys.choose()

    def _prepare(self, db: sqlite3.Connection) -> None:
        for statement in SCHEMA:
            db.execute(statement)
        self._header = Header.load_or_make(db, self._keys, self._choice)
        if self._mark is not None:
            self._mark.close()
        place = str(self._file.path.resolve())
        self._mark = Mark(self._keys.file.parent, self._header.store_id, place)
        note = self._header.catch_up(db, self._mark.seen)
        if note:
            self._file.notes.append(note)
            log.warning(note)

    def _map_generation(self) -> None:
        name = f"generation-{socket.gethostname()}" if self._network else "generation"
        path = places.private_folder(self._file.path.parent) / name
        places.ensure_private_file(path)
        try:
            self._generation = Generation(path, create=True)
        except OSError as problem:
            raise failed(path, problem) from None

    def _open(self) -> None:
        if self._file.open():
            self._generation.bump()

    def _reopen(self) -> None:
        """Go on with the file that is at the path now, or with a new one: another process has replaced
        it, or a person has removed it. Nothing that memory holds is of that one."""
        self._file.close()
        self._generation.bump()
        if not self._generation.is_current():
            self._map_generation()
        self._open()

    # -- the contract ---------------------------------------------------------------------------

    @property
    def generation(self) -> Counter:
        return self._hosts or self._generation

    @property
    def generation_file(self) -> str | None:
        return str(self._generation.path)

    def describe(self) -> StoreDescription:
        return StoreDescription(
            name="sqlite",
            location=str(self._file.path),
            key_source=f"{self._header.master.source} {self._header.master.location}",
            key_sources=self._header.reasons,
            network=self._network,
            notes=(*self._file.notes, FULL) if self._room.is_full else tuple(self._file.notes),
            evicted=dict(self._room.evicted),
        )

    def epoch(self) -> int:
        with self._guarded(), self._file.transaction(writes=False):
            return self._header.refresh(self._file.db)

    def rows(self, partition: str) -> list[Row]:
        with self._guarded(), self._file.transaction(writes=False):
            return self._read().rows(partition)

    def row(self, partition: str, key: str) -> Row | None:
        with self._guarded(), self._file.transaction(writes=False):
            return self._read().row(partition, key)

    def rows_of_kind(self, kind: Kind) -> Iterable[Row]:
        with self._guarded(), self._file.transaction(writes=False):
            return self._read().of_kind(kind)

    def update(
        self,
        change: Callable[[Transaction], T],
        partitions: Sequence[str],
        *,
        rows: Sequence[tuple[str, str]] = (),
        durable: bool = False,
    ) -> T:
        height: Height | None = None
        with self._guarded():
            with self._file.transaction(durable=durable):
                epoch = self._header.refresh(self._file.db)
                result = change(SqliteTransaction(self._file.db, self._header.sealer, epoch))
                if durable:
                    height = self._header.count_save(self._file.db)
            if height is not None:
                self._tell(height)  # behind the commit, never ahead of it
        if self._room.is_due:
            self._make_room(partitions)
        return result

    def _make_room(self, spared: Sequence[str]) -> None:
        """Apart from the change that it comes after: that stands, whatever becomes of this."""
        try:
            with self._guarded(), self._file.transaction():
                self._header.refresh(self._file.db)
                self._room.look(self._file.db, [self._header.sealer.name(name) for name in spared])
        except CacheError as problem:
            log.warning("The token store could not be looked at for room. %s", problem)

    def sweep(self, now: int) -> None:
        """As the contract has it; a slice of the file at a time, so that nobody waits for a large one."""
        with self._guarded():
            (last,) = self._file.db.execute("SELECT ifnull(max(id), 0) FROM records").fetchone()
        for start in range(0, last, SLICE):
            with self._guarded(), self._file.transaction():
                self._room.sweep(self._file.db, now, start, start + SLICE)

    def lease(self, name: str, timeout: float) -> AbstractContextManager[Lease]:
        name = lease_name(self._header.lease_key, name)
        if self._network:
            return RowLease(name, self._transact).hold(timeout)
        return hold_file(self._file.path.parent / "leases" / name, timeout)

    def clear(self) -> dict[Kind, int]:
        with self._guarded():
            counted = dict(self._file.db.execute("SELECT kind, count(*) FROM records GROUP BY kind"))
            try:
                self._wipe()
            except sqlite3.OperationalError as problem:
                if not lacks_room(problem):
                    raise
                self._tell(Height(self._header.epoch + 1, 0))  # so that no copy of it is taken for this
                self._file.remove()  # what cannot be overwritten goes as a whole
                self._reopen()
            self._file.wipe_set_aside()
            return {kind: counted.get(int(kind), 0) for kind in Kind}

    def _wipe(self) -> None:
        with self._file.transaction(durable=True):
            self._file.db.execute("DELETE FROM records")
            self._header.renew(self._file.db)
            height = self._header.height(self._file.db)
        self._tell(height)
        self._file.empty_log()

    def rotate_key(self, *, forget_old: bool = False) -> int:
        """Seal everything under new keys, of the best source there is now; returns how many records.

        Others who have the store open go on. ``forget_old``: keys that were replaced are destroyed. Raises
        ``CacheError``; then the old keys count, whatever was made.
        """
        choice = self._keys.choose(fresh=True)
        with self._guarded():
            with self._file.transaction(durable=True):
                count = self._header.rotate(self._file.db, choice)
            self._file.empty_log()
        if forget_old:
            self._keys.forget_others(choice.master)
        return count

    def close(self) -> None:
        if self._hosts is not None:
            self._hosts.close()
        with self._lock:
            self._is_closed = True
            self._file.close()
            if self._mark is not None:
                self._mark.close()

    # -- forks ----------------------------------------------------------------------------------

    def before_fork(self) -> None:
        """A database must not be open over a fork; who needs it next opens it again."""
        self._lock.acquire()
        with suppress(sqlite3.Error):
            self._file.close()

    def after_fork(self, *, in_child: bool) -> None:
        """Go on, in the parent only: the child has lost the threads that used this store."""
        self._is_closed = self._is_closed or in_child
        self._lock.release()

    # -- inside ---------------------------------------------------------------------------------

    @contextmanager
    def _guarded(self) -> Iterator[None]:
        """One thread at a time; SQLite's errors become ours, a damaged file is set aside."""
        with self._lock:
            if self._is_closed:
                raise CacheError("The token store is closed.", reason="closed")
            if not self._file.is_in_place:
                self._reopen()
            elif not self._file.is_open:
                self._open()
            try:
                yield
            except FILE_ERRORS as problem:
                if is_damage(problem):
                    self._file.set_aside(problem)
                    self._reopen()
                raise failed(self._file.path, problem) from None

    def _read(self) -> SqliteRows:
        """The rows, inside a transaction."""
        self._header.refresh(self._file.db)
        return SqliteRows(self._file.db, self._header.sealer)

    def _tell(self, height: Height) -> None:
        if self._mark is not None:
            self._mark.tell(height)

    @contextmanager
    def _transact(self) -> Iterator[sqlite3.Connection]:
        """A transaction on the header, for leases and the generation over hosts."""
        with self._guarded(), self._file.transaction():
            yield self._file.db
