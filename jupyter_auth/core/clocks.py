"""A clock that nobody sets."""

from __future__ import annotations

import time
from typing import Any

_SLEEPS_TOO: Any = getattr(time, "CLOCK_BOOTTIME", getattr(time, "CLOCK_MONOTONIC", None))


def elapsed() -> float:
    """Seconds since whenever, on a clock that goes on while the machine sleeps: ``CLOCK_BOOTTIME`` on Linux,
    ``CLOCK_MONOTONIC`` on macOS (where ``time.monotonic`` would stand still)."""
    return time.clock_gettime(_SLEEPS_TOO) if _SLEEPS_TOO is not None else time.monotonic()
