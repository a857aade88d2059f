"""Which rows of a store in memory go when it holds too much.

Access tokens, since they can be had again: those that have ended, then the least recently read; those of
applications, and on behalf of somebody, before those of accounts. Never a refresh token or an account.
"""

from collections import Counter, OrderedDict
from collections.abc import Callable, Iterable

from jupyter_auth.cache.limits import StoreLimits
from jupyter_auth.cache.records import Kind
from jupyter_auth.cache.sizes import size_of
from jupyter_auth.cache.store import Row

Partitions = dict[str, dict[str, Row]]


class MemoryRoom:
    """Knows which partitions hold what can be had again, in the order of their use. Under its store's lock.

    ``sweep`` removes what has ended, ``remove`` one row; both tell ``removed``.
    """

    def __init__(
        self,
        limits: StoreLimits,
        partitions: Partitions,
        remove: Callable[[str], None],
        sweep: Callable[[int], None],
    ) -> None:
        self._limits = limits
        self._partitions = partitions
        self._remove = remove
        self._sweep = sweep
        self._applications: OrderedDict[str, None] = OrderedDict()
        self._accounts: OrderedDict[str, None] = OrderedDict()
        self.entries = self.size = 0
        self.evicted: Counter[str] = Counter()

    @property
    def is_full(self) -> bool:
        """True while more is held than allowed: there was nothing left to let go of."""
        return self._limits.exceeded(self.entries, self.size)

    def added(self, row: Row) -> None:
        """A row has come."""
        self.entries += 1
        self.size += size_of(row)

    def removed(self, row: Row) -> None:
        """A row has gone."""
        self.entries -= 1
        self.size -= size_of(row)
        if row.partition not in self._partitions:
            self._applications.pop(row.partition, None)
            self._accounts.pop(row.partition, None)

    def read(self, partition: str) -> None:
        """It is in use."""
        for order in (self._applications, self._accounts):
            if partition in order:
                order.move_to_end(partition)

    def cleared(self) -> None:
        """Everything has gone."""
        self.entries = self.size = 0
        self._applications.clear()
        self._accounts.clear()

    def changed(self, partitions: Iterable[str], now: float) -> None:
        """After a change of these, which stay whole, make room."""
        spared = list(dict.fromkeys(partitions))
        for partition in spared:
            self._applications.pop(partition, None)
            self._accounts.pop(partition, None)
        if self.is_full:
            self._make_room(now)
        for partition in spared:
            rows = self._partitions.get(partition, {}).values()
            kinds = {row.kind for row in rows}
            if Kind.ACCESS_TOKEN in kinds:  # an application that only asks so far is left alone
                order = self._applications if Kind.APPLICATION in kinds else self._accounts
                order[partition] = None

    def _make_room(self, now: float) -> None:
        low, cause = self._limits.low, "entries" if self.entries > self._limits.entries else "size"
        self._sweep(int(now))
        for order in (self._applications, self._accounts):
            while order and low.exceeded(self.entries, self.size):
                partition, _ = order.popitem(last=False)
                rows = self._again(partition)
                self.evicted[cause] += len(rows)
                for row in rows:
                    self._remove(row.key)

    def _again(self, partition: str) -> list[Row]:
        """The rows of a partition that can be had again. What says that an application holds something goes
        with the last of that; while it has a refresh token, it stays."""
        rows = list(self._partitions.get(partition, {}).values())
        has_session = any(row.kind == Kind.REFRESH_TOKEN for row in rows)
        kinds = {Kind.ACCESS_TOKEN} if has_session else {Kind.ACCESS_TOKEN, Kind.APPLICATION}
        return [row for row in rows if row.kind in kinds]
