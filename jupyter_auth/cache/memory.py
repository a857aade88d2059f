"""A store that ends with its process: by request, and where no safe place on disk is found."""

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar

from jupyter_auth.cache.leases import Lease, Sole, admits_all
from jupyter_auth.cache.limits import FULL, StoreLimits
from jupyter_auth.cache.making_room import MemoryRoom
from jupyter_auth.cache.records import Kind
from jupyter_auth.cache.store import Counter, Row, StoreDescription, Transaction
from jupyter_auth.core.generation import Generation

T = TypeVar("T")


class LocalCounter:
    """A generation that no other process sees."""

    def __init__(self) -> None:
        self.value = 1

    def bump(self) -> int:
        """Raise it."""
        self.value += 1
        return self.value


class _Changes:
    """A transaction over a dict: collected first, then applied."""

    def __init__(self, store: "MemoryStore") -> None:
        self._store = store
        self.admits = admits_all
        self.puts: dict[str, Row] = {}
        self.deletes: set[str] = set()

    @property
    def epoch(self) -> int:
        return self._store._epoch

    def rows(self, partition: str) -> list[Row]:
        changed = self.deletes | self.puts.keys()
        kept = [row for row in self._store._partition(partition) if row.key not in changed]
        return kept + [row for row in self.puts.values() if row.partition == partition]

    def row(self, partition: str, key: str) -> Row | None:
        if key in self.deletes:
            return None
        found = self.puts.get(key)
        if found is None:
            return self._store.row(partition, key)
        return found if found.partition == partition else None

    def put(self, row: Row) -> None:
        self.deletes.discard(row.key)
        self.puts[row.key] = row

    def delete(self, key: str) -> None:
        self.puts.pop(key, None)
        self.deletes.add(key)


class MemoryStore:
    """Records in this process only. ``generation`` may be a mapped file, so that kernels see clears.

    ``also_clear`` clears what this store stands in for; ``locked``: that one's key is not here.
    """

    def __init__(
        self,
        generation: Generation | None = None,
        *,
        notes: tuple[str, ...] = (),
        also_clear: Callable[[], None] = lambda: None,
        locked: bool = False,
        limits: StoreLimits = StoreLimits(),  # noqa: B008 -- it is frozen
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._lock = threading.RLock()
        self._rows: dict[str, Row] = {}
        self._partitions: dict[str, dict[str, Row]] = {}
        self._epoch = 1
        self._file = generation
        self.generation: Counter = generation or LocalCounter()
        self._notes = notes
        self._also_clear = also_clear
        self._locked = locked
        self._clock = clock
        self._room = MemoryRoom(limits, self._partitions, self._remove, self.sweep)

    @property
    def generation_file(self) -> str | None:
        return str(self._file.path) if self._file else None

    def describe(self) -> StoreDescription:
        return StoreDescription(
            name="memory",
            location="",
            key_source="memory",
            locked=self._locked,
            notes=(*self._notes, FULL) if self._room.is_full else self._notes,
            evicted=dict(self._room.evicted),
        )

    def epoch(self) -> int:
        return self._epoch

    def _partition(self, partition: str) -> list[Row]:
        return list(self._partitions.get(partition, {}).values())

    def rows(self, partition: str) -> list[Row]:
        with self._lock:
            self._room.read(partition)
            return self._partition(partition)

    def row(self, partition: str, key: str) -> Row | None:
        with self._lock:
            return self._partitions.get(partition, {}).get(key)

    def rows_of_kind(self, kind: Kind) -> Iterable[Row]:
        with self._lock:
            return [row for row in self._rows.values() if row.kind == kind]

    def update(
        self,
        change: Callable[[Transaction], T],
        partitions: Sequence[str],
        *,
        rows: Sequence[tuple[str, str]] = (),
        durable: bool = False,
    ) -> T:
        with self._lock:
            changes = _Changes(self)
            result = change(changes)
            for key in changes.deletes:
                self._remove(key)
            for row in changes.puts.values():
                self._remove(row.key)
                self._rows[row.key] = row
                self._partitions.setdefault(row.partition, {})[row.key] = row
                self._room.added(row)
            self._room.changed(partitions, self._clock())
            return result

    def _remove(self, key: str) -> None:
        row = self._rows.pop(key, None)
        if row is not None:
            members = self._partitions[row.partition]
            members.pop(key, None)
            if not members:
                del self._partitions[row.partition]
            self._room.removed(row)

    def sweep(self, now: int) -> None:
        with self._lock:
            ended = [row.key for row in self._rows.values() if 0 < row.expires_on <= now]
            self._room.evicted["expired"] += len(ended)
            for key in ended:
                self._remove(key)

    @contextmanager
    def lease(self, name: str, timeout: float) -> Iterator[Lease]:
        yield Sole()

    def clear(self) -> dict[Kind, int]:
        with self._lock:
            counts = {kind: sum(row.kind == kind for row in self._rows.values()) for kind in Kind}
            self._rows.clear()
            self._partitions.clear()
            self._room.cleared()
            self._epoch += 1
            self._also_clear()
            return counts

    def close(self) -> None:
        with self._lock:
            self._rows.clear()
            self._partitions.clear()
