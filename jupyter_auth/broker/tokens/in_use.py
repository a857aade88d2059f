"""The tokens that kernels were handed, who has them, and when each is to be renewed."""

import heapq
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import Protocol

from jupyter_auth.broker.request import Resolved
from jupyter_auth.cache.records import Holder, Target

MAX_IN_USE = 4096  # of which those that were handed out first longest ago are forgotten
NEVER = float("inf")


class User(Protocol):
    """A kernel that was handed a token. Hashed by identity."""

    @property
    def is_running(self) -> bool:
        """True while it runs a cell."""
        ...


Identity = tuple[Holder, Target]


@dataclass(slots=True, kw_only=True, eq=False)
class InUse:
    """A token that is renewed: what to ask for, and for whom. It holds no token.

    All times are those of ``Clock.elapsed``. ``stale``: when the token becomes that; ``due``: when to renew
    it, or to try again. ``needs_person``: nothing is tried until somebody has signed in.
    """

    key: Holder
    resolved: Resolved
    version: str = ""
    life: float = 0.0
    stale: float = NEVER
    due: float = NEVER
    needs_person: bool = False
    is_renewing: bool = False
    users: dict[User, float] = field(default_factory=dict)

    @property
    def identity(self) -> Identity:
        """What makes two tokens the same, the one in the place of the other."""
        return self.key, self.resolved.target

    def is_used(self, now: float, unused: float) -> bool:
        """True if a kernel asked for it in the last ``unused`` seconds, or runs a cell: that may ask at its
        end."""
        for user in self.users:
            if user.is_running:
                self.users[user] = now
        return any(now - last <= unused for last in self.users.values())


class TokensInUse:
    """All of a broker, by what they are for, by their version, and in the order in which they are due."""

    def __init__(self) -> None:
        self._by_identity: dict[Identity, InUse] = {}
        self._by_version: dict[str, InUse] = {}
        self._heap: list[tuple[float, int, InUse]] = []
        self._turn = count()

    def __len__(self) -> int:
        return len(self._by_identity)

    def __iter__(self) -> Iterator[InUse]:
        return iter(list(self._by_identity.values()))

    def __contains__(self, entry: InUse) -> bool:
        return self._by_identity.get(entry.identity) is entry

    def with_version(self, version: str) -> InUse | None:
        """The entry whose token has that version. On the way of every hit."""
        return self._by_version.get(version)

    def at(self, key: Holder, resolved: Resolved) -> InUse:
        """The entry for what ``resolved`` asks of ``key``; a new one where there is none."""
        entry = InUse(key=key, resolved=resolved)
        known = self._by_identity.setdefault(entry.identity, entry)
        if len(self._by_identity) > MAX_IN_USE:
            self.drop([next(iter(self._by_identity.values()))])
        return known

    def renewed(self, entry: InUse, version: str) -> None:
        """Its token has been replaced."""
        self._by_version.pop(entry.version, None)
        entry.version = version
        self._by_version[version] = entry

    def drop(self, entries: Iterable[InUse]) -> None:
        """Renew them no more."""
        for entry in entries:
            self._by_identity.pop(entry.identity, None)
            self._by_version.pop(entry.version, None)

    def schedule(self, entry: InUse, due: float) -> None:
        """Renew it then, and not at the time before."""
        entry.due = due
        if due < NEVER:
            heapq.heappush(self._heap, (due, next(self._turn), entry))
        if len(self._heap) > 2 * len(self._by_identity) + 64:
            self._rebuild(lambda entry: entry.due)

    def bring_forward(self, seconds: float) -> None:
        """Everything is due earlier."""
        for entry in self._by_identity.values():
            entry.stale -= seconds
        self._rebuild(lambda entry: entry.due - seconds)

    def _rebuild(self, due: Callable[[InUse], float]) -> None:
        for entry in self._by_identity.values():
            entry.due = due(entry)
        waiting = (entry for entry in self._by_identity.values() if entry.due < NEVER)
        self._heap = [(entry.due, next(self._turn), entry) for entry in waiting]
        heapq.heapify(self._heap)

    def next_due(self) -> float:
        """When the next one is due."""
        self._skip()
        return self._heap[0][0] if self._heap else NEVER

    def pop_due(self, now: float) -> InUse | None:
        """The next one that is due; each comes once."""
        if self.next_due() > now:
            return None
        entry = heapq.heappop(self._heap)[2]
        entry.due = NEVER
        return entry

    def _skip(self) -> None:
        """Leave out what has been dropped, or scheduled anew."""
        while self._heap and (self._heap[0][2].due != self._heap[0][0] or self._heap[0][2] not in self):
            heapq.heappop(self._heap)
