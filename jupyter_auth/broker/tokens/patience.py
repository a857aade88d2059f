"""When a renewal that failed is tried again: later each time, and no sooner than the provider asks for."""

import logging
from collections.abc import Hashable
from dataclasses import dataclass

from jupyter_auth.broker.clock import Clock
from jupyter_auth.core.errors import CacheError, TransportError

log = logging.getLogger(__name__)

FIRST = 30.0  # seconds before the second try; less for a token that lives for some minutes only
CEILING = 300.0  # seconds between two tries, while the provider or the store cannot be used
CEILING_REFUSED = 3600.0  # seconds between two tries where the provider refuses: time does not mend that
OF_A_LIFE = 40  # FIRST is not more than this part of the token's life


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wait:
    failures: int
    until: float  # of ``Clock.elapsed``: a clock that is set back makes nothing wait


class Patience:
    """What was not long ago tried in vain. Used on the event loop."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._waits: dict[Hashable, _Wait] = {}

    def left(self, what: Hashable) -> float:
        """Seconds before ``what`` may be tried again."""
        waiting = self._waits.get(what)
        return max(0.0, waiting.until - self._clock.elapsed()) if waiting is not None else 0.0

    def heed(self, what: Hashable, problem: BaseException | None, life: float) -> None:
        """Learn how a try has ended; ``life`` of the token that was to be replaced, in seconds.

        The waits double, and each is shortened by up to a half at random, so that those who failed together
        do not come back together (exponential backoff with equal jitter).
        """
        before = self._waits.pop(what, None)
        if problem is None:
            return
        failures = before.failures + 1 if before else 1
        log.info("A token in use was not renewed: %s", getattr(problem, "reason", type(problem).__name__))
        is_passing = isinstance(problem, TransportError | CacheError)
        ceiling = CEILING if is_passing else CEILING_REFUSED
        first = min(FIRST, max(1.0, life / OF_A_LIFE))
        wait = min(ceiling, first * 2.0 ** min(failures - 1, 30)) * (1 - self._clock.jitter() / 2)
        asked = getattr(problem, "retry_after", None) or 0.0
        now = self._clock.elapsed()
        self._waits = {k: w for k, w in self._waits.items() if w.until + CEILING_REFUSED > now}
        self._waits[what] = _Wait(failures=failures, until=now + max(wait, asked))
