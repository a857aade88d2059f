"""The store contract: sealed-record key-value storage with partitions and one atomic update."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

from jupyter_auth.cache.leases import Lease
from jupyter_auth.cache.records import Kind

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One record: ``value`` is plain JSON, sealed by the store; ``expires_on`` 0 means it stays."""

    partition: str
    key: str
    kind: Kind
    value: dict[str, Any]
    expires_on: int = 0


class Transaction(Protocol):
    """Reads and writes that take effect together or not at all."""

    @property
    def epoch(self) -> int:
        """Raised by every clear: a save that began in an older epoch must not be made."""
        ...

    def rows(self, partition: str) -> list[Row]:
        """The rows of a partition."""
        ...

    def row(self, partition: str, key: str) -> Row | None:
        """One row of a partition."""
        ...

    def put(self, row: Row) -> None:
        """Write a row."""
        ...

    def delete(self, key: str) -> None:
        """Remove a row, if it is in one of the update's partitions, or one of its ``rows``."""
        ...

    def admits(self, lease: Lease) -> bool:
        """False where who held ``lease`` later has saved meanwhile: what this holder got is older. A store
        whose leases cannot be lost unnoticed admits everybody."""
        ...


class Counter(Protocol):
    """The store's generation: see ``core.generation``."""

    @property
    def value(self) -> int: ...

    def bump(self) -> int: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreDescription:
    """What ``status`` and ``doctor`` say of a store. ``key_source``: where its sealing key lives;
    ``key_sources``: a line for each place it might live, and why it was taken or was not;
    ``network``: the network filesystem it is on, if it is on one; ``locked``: it stands in for a store
    whose key is not here; ``evicted``: how many rows it has let go of by itself, by cause (``size``,
    ``entries``, ``expired``)."""

    name: str
    location: str
    key_source: str
    key_sources: tuple[str, ...] = ()
    network: str | None = None
    locked: bool = False
    notes: tuple[str, ...] = ()
    evicted: Mapping[str, int] = field(default_factory=dict)


class Store(Protocol):
    """Where records live. Methods block and are thread-safe; they raise ``CacheError``."""

    @property
    def generation(self) -> Counter: ...

    @property
    def generation_file(self) -> str | None:
        """The path of the mapped generation file, where kernels can map one."""
        ...

    def describe(self) -> StoreDescription: ...

    def epoch(self) -> int: ...

    def rows(self, partition: str) -> list[Row]:
        """The rows of a partition, without a transaction."""
        ...

    def row(self, partition: str, key: str) -> Row | None:
        """One row of a partition, without a transaction; what it costs does not depend on the others."""
        ...

    def rows_of_kind(self, kind: Kind) -> Iterable[Row]:
        """All rows of a kind: for listing and clearing, never on the silent path."""
        ...

    def update(
        self,
        change: Callable[[Transaction], T],
        partitions: Sequence[str],
        *,
        rows: Sequence[tuple[str, str]] = (),
        durable: bool = False,
    ) -> T:
        """Run ``change`` atomically over ``partitions`` and single ``rows`` (partition, key) of others, which
        is all that it touches; with ``durable`` it outlives this process when this returns. It may run more
        than once, and touches the transaction alone."""
        ...

    def sweep(self, now: int) -> None:
        """Remove the rows that have ended by ``now`` (Unix seconds); those with ``expires_on`` 0 stay."""
        ...

    def lease(self, name: str, timeout: float) -> AbstractContextManager[Lease]:
        """Hold ``name`` alone among all processes that share the store, however one of them ends.

        Raises ``TransportError`` (``lease_timeout``) after ``timeout`` seconds.
        """
        ...

    def clear(self) -> dict[Kind, int]:
        """Wipe everything, raise the epoch, forget the sealing key; returns how many rows of each kind."""
        ...

    def close(self) -> None: ...
