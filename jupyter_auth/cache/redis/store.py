"""The store for several servers of one user: sealed records in Redis, one a key, names that are HMACs.

Changes are made by scripts, each as a whole: it is refused where anything has changed since it was read, and
then read and thought of once more. An access token's end is Redis's own expiry. What others have written
there is measured before it is read.
"""

import logging
import random
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path
from typing import TypeVar

from jupyter_auth.cache import forking
from jupyter_auth.cache.leases import Lease
from jupyter_auth.cache.memory import LocalCounter
from jupyter_auth.cache.records import Kind
from jupyter_auth.cache.redis.header import OLD_SCHEMA, RedisHeader, RedisNames, lowest_epoch, of_user
from jupyter_auth.cache.redis.lease import RedisLease
from jupyter_auth.cache.redis.link import UNAVAILABLE, Argument, Link
from jupyter_auth.cache.redis.policy import EvictionPolicy
from jupyter_auth.cache.redis.reading import Reading, RedisTransaction, read
from jupyter_auth.cache.redis.reseal import ATTEMPTS, PARTITIONS_AT_ONCE, busy, partitions, reseal
from jupyter_auth.cache.redis.url import RedisPlace, read_url
from jupyter_auth.cache.redis.watch import GONE_BACK, RedisGeneration
from jupyter_auth.cache.seals.keys import KeySources
from jupyter_auth.cache.seals.mark import Height, Mark
from jupyter_auth.cache.seals.sealing import Keys, lease_name, new_key
from jupyter_auth.cache.store import Counter, Row, StoreDescription, Transaction
from jupyter_auth.core.errors import CacheError
from jupyter_auth.core.generation import Generation

log = logging.getLogger(__name__)
T = TypeVar("T")


class RedisStore:
    """Sealed records of ``user`` in the Redis that ``url_file`` names.

    All servers of a user have the same key in ``key_file``. While Redis does not answer, everything raises
    ``CacheError`` (``redis_unavailable``) without waiting, and goes on by itself afterwards.
    """

    def __init__(
        self,
        url_file: Path,
        key_file: Path,
        *,
        user: str,
        given_key: bool = False,
        generation: Generation | None = None,
    ) -> None:
        """Open or make the store. Raises ``NoSafeStoreError``, ``CacheSealError`` or ``CacheError``; where
        Redis does not answer, it is opened when it does. ``generation`` is this process's own file."""
        self._place: RedisPlace = read_url(url_file)
        self._names = RedisNames(user)
        self._keys = KeySources(key_file, given=given_key, derive=partial(of_user, self._names))
        self._mark: Mark | None = None
        self._note = ""
        self._link = Link(self._place)
        self._header: RedisHeader | None = None
        self._opening = threading.Lock()
        self._writing = threading.Lock()
        self._writer = 0
        self._file = generation
        self._local: Counter = generation or LocalCounter()
        try:
            self._opened()
        except CacheError as problem:
            if problem.reason != UNAVAILABLE:
                self._link.close()
                raise
        self._policy = EvictionPolicy(self._link)
        if self._header is not None:
            self._policy.look()
        self._generation = RedisGeneration(self._local, self._link, self._names, self._policy.look)
        forking.watch(self)

    # -- the contract ---------------------------------------------------------------------------

    @property
    def generation(self) -> Counter:
        return self._generation

    @property
    def generation_file(self) -> str | None:
        return str(self._file.path) if self._file else None

    def describe(self) -> StoreDescription:
        why, header = self._link.why_down, self._header
        known = header.master if header else None
        note = f"The token store in Redis cannot be used just now: {why}. Tokens in memory go on."
        lost = f"Redis has lost changes that it had acknowledged: {GONE_BACK}"
        lost = lost if self._generation.has_gone_back else ""
        notes = (note if why else "", self._note, lost, self._policy.note)
        return StoreDescription(
            name="redis",
            location=f"{self._place.way}, by {self._place.file}",
            key_source=f"{known.source} {known.location}" if known else "not known yet",
            key_sources=header.reasons if header else (),
            notes=tuple(told for told in notes if told),
        )

    def epoch(self) -> int:
        return self._read(()).epoch

    def rows(self, partition: str) -> list[Row]:
        return self._read((partition,)).rows

    def row(self, partition: str, key: str) -> Row | None:
        return next(iter(self._read((), ((partition, key),)).rows), None)

    def rows_of_kind(self, kind: Kind) -> Iterable[Row]:
        header = self._opened()
        names = sorted(partitions(self._link, self._names, kind))
        found: list[Row] = []
        for start in range(0, len(names), PARTITIONS_AT_ONCE):
            reading = read(self._link, self._names, header, names[start : start + PARTITIONS_AT_ONCE])
            found += [row for row in reading.rows if row.kind == kind] if reading else []
        return found

    def update(
        self,
        change: Callable[[Transaction], T],
        partitions: Sequence[str],
        *,
        rows: Sequence[tuple[str, str]] = (),
        durable: bool = False,
    ) -> T:
        """As the contract has it; ``durable``: Redis has said that it has it."""
        if self._writer == threading.get_ident():
            raise RuntimeError("a change cannot be made inside another")
        with self._writing:
            self._writer = threading.get_ident()
            try:
                return self._update(change, partitions, rows, durable=durable)
            finally:
                self._writer = 0

    def _update(
        self,
        change: Callable[[Transaction], T],
        partitions: Sequence[str],
        rows: Sequence[tuple[str, str]],
        *,
        durable: bool,
    ) -> T:
        for _ in range(ATTEMPTS):
            transaction = RedisTransaction(self._read(partitions, rows), self._link, self._names)
            result = change(transaction)
            if transaction.commit():
                if durable and self._mark is not None:
                    self._mark.tell(transaction.height)
                return result
            time.sleep(random.uniform(0, 0.01))  # noqa: S311 -- to get out of each other's way
        raise busy()

    def sweep(self, now: int) -> None:
        """Nothing to do: what ends, Redis removes, or the next change (``commit.lua``)."""

    def lease(self, name: str, timeout: float) -> AbstractContextManager[Lease]:
        own = lease_name(self._opened().keys.lease_key, name)
        return RedisLease(self._link, self._names, own).hold(timeout, self._lost)

    def clear(self) -> dict[Kind, int]:
        fields = self._opened().fields()
        start: list[Argument] = [self._names.prefix, self._names.channel, lowest_epoch()]
        counts = self._link.run("clear", [self._names.header], [*start, *fields])
        if self._mark is not None:
            self._mark.tell(Height(int(start[2]), 0))
        return dict(zip(Kind, counts, strict=True))

    def rotate_key(self, *, forget_old: bool = False) -> int:
        """As ``SqliteStore.rotate_key``."""
        header, choice = self._opened(), self._keys.choose(fresh=True)
        keys = Keys(choice.master, new_key(), header.keys.lease_key)
        count = reseal(self._link, self._names, header, keys, choice.recorded)
        if forget_old:
            self._keys.forget_others(choice.master)
        return count

    def close(self) -> None:
        self._generation.close()
        self._link.close()
        if self._mark is not None:
            self._mark.close()

    # -- forks ----------------------------------------------------------------------------------

    def before_fork(self) -> None:
        self._writing.acquire()

    def after_fork(self, *, in_child: bool) -> None:
        """Go on, in the parent only: the child has lost the thread that hears of others."""
        if in_child:
            self._link.abandon()
        self._writing.release()

    # -- inside ---------------------------------------------------------------------------------

    def _opened(self) -> RedisHeader:
        header = self._header
        if header is not None:
            return header
        with self._opening:
            if self._header is None:
                header = RedisHeader.open_or_make(self._link, self._names, self._keys)
                if header.schema == OLD_SCHEMA:
                    reseal(self._link, self._names, header, None, header.why)
                    header = RedisHeader.open_or_make(self._link, self._names, self._keys)
                if self._mark is not None:
                    self._mark.close()
                self._mark = Mark(self._keys.file.parent, header.store_id, "redis")
                self._header = header
            return self._header

    def _lost(self) -> None:
        """Go on with a new store: somebody has emptied Redis. Nothing that memory holds is of that one."""
        with self._opening:
            self._header = None
        self._local.bump()
        self._opened()

    def _read(self, partitions: Sequence[str], rows: Sequence[tuple[str, str]] = ()) -> Reading:
        for _ in range(ATTEMPTS):
            header = self._opened()
            before, seen = header.current, self._mark.seen if self._mark else Height(0, 0)
            names = [before.name(partition).hex() for partition in dict.fromkeys(partitions)]
            apart = [(of, key) for of, key in rows if of not in partitions]
            names += [f"{before.name(of).hex()}:{before.name(key).hex()}" for of, key in apart]
            reading = read(self._link, self._names, header, names)
            if reading is None:
                self._lost()
            elif reading.sealer is before and self._goes_on(reading.height, seen):
                return reading
            # else it was cleared: under a new key everything has another name
        raise busy()

    def _goes_on(self, height: Height, seen: Height) -> bool:
        """Notice where Redis has gone back behind what it had acknowledged. What had been cleared is cleared
        again: then this is False, and what was read is not of use."""
        if height >= seen or self._mark is None:
            return True
        self._mark.begin_again(height)
        if height.epoch == seen.epoch:
            self._note = (
                "Redis came back in an older state: what was saved last is lost. Sign-ins that were renewed "
                "since may be asked for again."
            )
        else:
            self._note = "Redis came back in a state from before a clear; it is cleared again."
            self.clear()
        log.warning(self._note)
        return height.epoch == seen.epoch


def wipe(url_file: Path, user: str) -> None:
    """Remove a store that cannot be opened, so that a clear clears it all the same; its servers let go."""
    names, link = RedisNames(user), Link(read_url(url_file))
    try:
        link.run("clear", [names.header], [names.prefix, names.channel, lowest_epoch()])
        link.remove_all(names.prefix)  # what is in no index any more
    finally:
        link.close()
