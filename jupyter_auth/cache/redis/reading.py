"""What one script read of a store in Redis, and a change that is made to it."""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from jupyter_auth.cache.leases import Lease
from jupyter_auth.cache.redis.header import RedisHeader, RedisNames
from jupyter_auth.cache.redis.lease import RedisLease
from jupyter_auth.cache.redis.link import Argument, Link, foreign
from jupyter_auth.cache.seals.mark import Height
from jupyter_auth.cache.seals.sealing import BrokenSealError, Sealer
from jupyter_auth.cache.store import Row
from jupyter_auth.core.errors import CacheError

log = logging.getLogger(__name__)

MAX_VALUE = 256 * 1024  # bytes of one record
MAX_READ = 16 * 1024 * 1024  # bytes of all that one script reads


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """Rows of partitions at one moment. ``broken``: the stored names of those that do not open."""

    epoch: int
    seq: bytes
    sealer: Sealer
    rows: list[Row]
    broken: list[tuple[str, str]] = field(default_factory=list)

    @property
    def height(self) -> Height:
        """How far the store had come."""
        return Height(self.epoch, int(self.seq) if self.seq.isdigit() else 0)


def read(link: Link, names: RedisNames, header: RedisHeader, partitions: Sequence[str]) -> Reading | None:
    """Read partitions, and single rows as ``partition:name``, by their stored names; None where there is no
    store any more."""
    answer = link.run("read", [names.header], [names.prefix, MAX_VALUE, MAX_READ, *partitions])
    if not answer:
        return None
    epoch, seq, schema, wrapped, *found = answer
    if not epoch.isdigit():
        raise foreign()
    sealer, broken = header.sealer(wrapped), list[tuple[str, str]]()
    if schema != header.schema:
        raise foreign()
    rows = [
        row
        for partition, pairs in zip(partitions, found, strict=True)
        for row in _opened(sealer, partition.partition(":")[0], pairs, broken)
    ]
    return Reading(epoch=int(epoch), seq=seq, sealer=sealer, rows=rows, broken=broken)


def _opened(
    sealer: Sealer, partition: str, pairs: list[bytes], broken: list[tuple[str, str]]
) -> Iterator[Row]:
    for name, value in zip(pairs[::2], pairs[1::2], strict=True):
        try:
            kind, ends, sealed = value.split(b" ", 2)
            row = sealer.open(bytes.fromhex(name.decode("ascii")), int(kind), int(ends), sealed)
            if sealer.name(row.partition).hex() != partition:
                raise BrokenSealError
            yield row
        except (BrokenSealError, ValueError):
            log.warning("A record of the token store does not open; it counts as gone.")
            broken.append((name.decode("ascii", "replace"), partition))


class RedisTransaction:
    """A change: collected first, then made as a whole."""

    def __init__(self, reading: Reading, link: Link, names: RedisNames) -> None:
        self._reading = reading
        self._link = link
        self._names = names
        self._before = {row.key: row for row in reading.rows}
        self._puts: dict[str, Row] = {}
        self._deletes: set[str] = set()
        self._fence: tuple[str, int] = ("", 0)
        self._is_made = False

    @property
    def epoch(self) -> int:
        return self._reading.epoch

    @property
    def height(self) -> Height:
        """How far the store has come by this change."""
        before = self._reading.height
        return Height(before.epoch, before.saves + self._is_made)

    def rows(self, partition: str) -> list[Row]:
        changed = self._deletes | self._puts.keys()
        kept = [row for row in self._reading.rows if row.key not in changed and row.partition == partition]
        return kept + [row for row in self._puts.values() if row.partition == partition]

    def row(self, partition: str, key: str) -> Row | None:
        found = None if key in self._deletes else self._puts.get(key) or self._before.get(key)
        return found if found is not None and found.partition == partition else None

    def put(self, row: Row) -> None:
        self._deletes.discard(row.key)
        self._puts[row.key] = row

    def delete(self, key: str) -> None:
        self._puts.pop(key, None)
        self._deletes.add(key)

    def admits(self, lease: Lease) -> bool:
        if not isinstance(lease, RedisLease):
            return True
        if self._link.run("fence", [self._names.fence(lease.name)], []) > lease.fence:
            return False
        self._fence = (lease.name, lease.fence)
        return True

    def commit(self) -> bool:
        """Make it; False where anything has changed since it was read."""
        steps = [*self._steps()]
        if not steps:
            return True
        of = self._reading
        start: list[Argument] = [self._names.prefix, of.epoch, of.seq, *self._fence]
        self._is_made = bool(self._link.run("commit", [self._names.header], start + steps))
        return self._is_made

    def _steps(self) -> Iterator[Argument]:
        """Name, partition, kind, end and value of each row; first of those that go."""
        name_of = self._reading.sealer.name
        for broken, partition in self._reading.broken:
            yield from (broken, partition, "", 0, "")
        for key in self._deletes | self._puts.keys():
            before, after = self._before.get(key), self._puts.get(key)
            if before is not None and (after is None or after.partition != before.partition):
                yield from (name_of(key).hex(), name_of(before.partition).hex(), "", 0, "")
        for row in self._puts.values():
            name = name_of(row.key)
            sealed = self._reading.sealer.seal(name, row)
            if len(sealed) > MAX_VALUE - 32:
                raise CacheError("A token is too large for the store in Redis.", reason="too_large")
            value = f"{int(row.kind)} {row.expires_on} ".encode() + sealed
            yield from (name.hex(), name_of(row.partition).hex(), int(row.kind), row.expires_on, value)
