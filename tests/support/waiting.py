"""Waiting for what somebody else does, and how much of a wait was the machine's fault."""

import threading
import time
from collections.abc import Callable
from pathlib import Path


def until(condition: Callable[[], bool], timeout: float = 20, *, pause: float = 0.05) -> None:
    """Wait for what another process or thread does; ``timeout`` and ``pause`` are in seconds."""
    deadline = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(pause)


def without_a_processor() -> float:
    """For how many seconds this thread has been ready to run but had to wait for a processor, in all.

    What takes part of a second is measured without these, or it would fail whenever others use the machine.
    Linux counts them (proc(5), schedstat: the second number, nanoseconds); elsewhere there are none.
    """
    try:
        counted = Path(f"/proc/self/task/{threading.get_native_id()}/schedstat").read_text(encoding="ascii")
    except OSError:
        return 0.0
    return int(counted.split()[1]) / 1e9
