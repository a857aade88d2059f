"""Who is turned down again and again waits before they ask again: a person has other things to do."""

from collections.abc import Callable
from typing import Generic, TypeVar

K = TypeVar("K")

FREE = 2  # times that somebody may be turned down without a pause: a mistake, and its repeat
FIRST = 30.0  # seconds; each later pause is twice as long
LONGEST = 600.0  # seconds, as long as a question waits
FORGOTTEN = 3600.0  # seconds after the last time
MAX_KEPT = 1000  # of which those that were turned down longest ago are forgotten


class Pauses(Generic[K]):
    """How often each was turned down, and when last. ``elapsed`` gives seconds."""

    def __init__(self, elapsed: Callable[[], float]) -> None:
        self._elapsed = elapsed
        self._known: dict[K, tuple[int, float]] = {}

    def turned_down(self, who: K) -> None:
        """Once more."""
        times = self._times(who) + 1
        self._known.pop(who, None)
        self._known[who] = times, self._elapsed()
        if len(self._known) > MAX_KEPT:
            del self._known[next(iter(self._known))]

    def heard(self, who: K) -> None:
        """They got what they asked for."""
        self._known.pop(who, None)

    def left(self, who: K) -> float:
        """Seconds before they may ask again; 0 where they may now."""
        times = self._times(who)
        if times < FREE:
            return 0.0
        pause = min(LONGEST, FIRST * (1 << (times - FREE)))
        return max(0.0, self._known[who][1] + pause - self._elapsed())

    def _times(self, who: K) -> int:
        times, last = self._known.get(who, (0, 0.0))
        return times if self._elapsed() - last < FORGOTTEN else 0
