"""Sealing all records of a store in Redis anew: a change of keys, or an older schema's first opening.

One script puts all in the place of all that was read, or nothing where anything has changed meanwhile.
"""

import random
import time

from jupyter_auth.cache.records import Kind
from jupyter_auth.cache.redis.header import RedisHeader, RedisNames
from jupyter_auth.cache.redis.link import Argument, Link, foreign
from jupyter_auth.cache.redis.reading import Reading, read
from jupyter_auth.cache.seals.sealing import Keys, Sealer, new_key, new_sealer
from jupyter_auth.cache.store import Row
from jupyter_auth.core.errors import CacheError

MAX_MEMBERS = 200_000  # rows of a kind
PARTITIONS_AT_ONCE = 100  # read by one script: others wait for it
ATTEMPTS = 50  # to make a change between those of other servers


def partitions(link: Link, names: RedisNames, kind: Kind) -> set[str]:
    """The stored names of the partitions that have rows of a kind."""
    members = link.run("kind", [], [names.prefix, int(kind), MAX_MEMBERS])
    return {member.partition(b":")[0].decode() for member in members}


def reseal(link: Link, names: RedisNames, header: RedisHeader, keys: Keys | None, why: str) -> int:
    """Seal everything under ``keys`` (None: new ones, under the key there is); returns how many records.

    Raises ``CacheError``.
    """
    chosen = keys or Keys(header.master, new_key(), new_key())
    fields = header.fields(chosen, why)
    for _ in range(ATTEMPTS):
        before = header.current
        start = _read(link, names, header, [])
        rows = _all_rows(link, names, header, start)
        if rows is not None and header.current is before:
            where: list[Argument] = [names.prefix, start.epoch, start.seq, len(fields)]
            steps = _steps(rows, new_sealer(chosen.data_key))
            if link.run("reseal", [names.header], [*where, *fields, *steps]):
                return len(rows)
        time.sleep(random.uniform(0, 0.01))  # noqa: S311 -- to get out of each other's way
    raise busy()


def busy() -> CacheError:
    """The error where others change the store all the time."""
    return CacheError(
        "The token store in Redis is written to without pause.", reason="busy", hint="Try again."
    )


def _read(link: Link, names: RedisNames, header: RedisHeader, wanted: list[str]) -> Reading:
    reading = read(link, names, header, wanted)
    if reading is None:
        raise foreign()
    return reading


def _all_rows(link: Link, names: RedisNames, header: RedisHeader, start: Reading) -> list[Row] | None:
    """Everything, as it was at ``start``; None where anything has changed since."""
    wanted = sorted(set().union(*(partitions(link, names, kind) for kind in Kind)))
    rows: list[Row] = []
    for first in range(0, len(wanted), PARTITIONS_AT_ONCE):
        reading = _read(link, names, header, wanted[first : first + PARTITIONS_AT_ONCE])
        if (reading.epoch, reading.seq) != (start.epoch, start.seq):
            return None
        rows += reading.rows
    return rows


def _steps(rows: list[Row], sealer: Sealer) -> list[Argument]:
    """Name, partition, kind, end and value of each row."""
    found: list[Argument] = []
    for row in rows:
        name = sealer.name(row.key)
        value = f"{int(row.kind)} {row.expires_on} ".encode() + sealer.seal(name, row)
        found += [name.hex(), sealer.name(row.partition).hex(), int(row.kind), row.expires_on, value]
    return found
