"""Time and chance, as arguments; and what a token's times mean after the machine's clock was set back."""

import math
import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from jupyter_auth.cache.records import AccessTokenRecord
from jupyter_auth.core.clocks import elapsed

STEP = 2.0  # seconds that the two clocks may part (a clock is also made to run faster or slower, a little)
MAX_SEEN = 16_384  # tokens of which it is known by which clock their times were written


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """``now`` in Unix seconds, which may be set forward and back; ``elapsed`` in seconds since whenever,
    which may not; ``jitter`` in [0, 1). Used in every thread."""

    now: Callable[[], float] = time.time
    jitter: Callable[[], float] = random.random
    elapsed: Callable[[], float] = elapsed
    _written_by: dict[str, float] = field(default_factory=dict, init=False, repr=False, compare=False)

    def ahead(self) -> float:
        """How far ``now`` is ahead of ``elapsed``: it changes only where the clock is set."""
        return self.now() - self.elapsed()

    def note(self, version: str) -> float:
        """Remember by which clock the times of a token were written; the first to see it decides."""
        written_by = self._written_by.get(version)
        if written_by is None:
            written_by = self._written_by.setdefault(version, self.ahead())
            if len(self._written_by) > MAX_SEEN:
                self._written_by.pop(next(iter(self._written_by)), None)
        return written_by

    def in_time(self, token: AccessTokenRecord) -> AccessTokenRecord:
        """The token with its times as the clock has them now.

        Where that was set back, they would lie too late, and a token that has ended would be handed out. A
        clock that was set forward is believed: the machine may have been paused, unseen by ``elapsed``.
        """
        back = self.note(token.version) - self.ahead()
        if back < STEP:
            return token
        seconds = math.ceil(back)
        return replace(
            token,
            issued_on=token.issued_on - seconds,
            expires_on=token.expires_on - seconds,
            refresh_on=token.refresh_on - seconds,
        )
