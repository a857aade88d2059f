"""What happens too often to be a record each time: hits of the cache, and refusals of one kind."""

from collections.abc import Callable, Hashable
from dataclasses import dataclass, replace

from jupyter_auth.core.audit import AuditRecord

MAX_TALLIES = 4096  # that are open at once; with one more, all are told


@dataclass(slots=True)
class Tally:
    """So many more of ``record``."""

    record: AuditRecord
    count: int = 0


class Tallies:
    """Open until ``told_by`` is told them, which is done a minute after the first was opened. On the event
    loop only."""

    def __init__(self, told_by: Callable[[AuditRecord], None], soon: Callable[[], None]) -> None:
        self._told_by = told_by
        self._soon = soon
        self._open: dict[Hashable, Tally] = {}

    def again(self, key: Hashable) -> bool:
        """Count one more; False where nothing is open under ``key``. On the way of every hit."""
        tally = self._open.get(key)
        if tally is None:
            return False
        tally.count += 1
        return True

    def open(self, key: Hashable, record: AuditRecord, count: int) -> None:
        """Count from here on, as more of ``record``."""
        if len(self._open) >= MAX_TALLIES:
            self.tell(record.at)
        if not self._open:
            self._soon()
        self._open[key] = Tally(record, count)

    def add(self, key: Hashable, count: int) -> bool:
        """Count several more; False as in ``again``."""
        tally = self._open.get(key)
        if tally is not None:
            tally.count += count
        return tally is not None

    def tell(self, at: int) -> None:
        """Tell what was counted, and begin anew."""
        closed, self._open = self._open, {}
        for tally in closed.values():
            if tally.count:
                self._told_by(replace(tally.record, at=at, count=tally.count))
