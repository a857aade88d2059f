"""Time and chance, as arguments."""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """``now`` in Unix seconds; ``jitter`` in [0, 1)."""

    now: Callable[[], float] = time.time
    jitter: Callable[[], float] = random.random
