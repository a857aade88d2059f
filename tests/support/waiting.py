"""Waiting for what somebody else does, and how much of a wait was the machine's fault."""

import threading
import time
import traceback
from collections.abc import Callable
from pathlib import Path


def until(condition: Callable[[], bool], timeout: float = 60, *, pause: float = 0.05) -> None:
    """Wait for what another process or thread does; ``timeout`` and ``pause`` are in seconds.

    The limit is there for what never comes: a machine with much else to do is to be waited for.
    """
    deadline = time.monotonic() + timeout
    while not condition():
        if time.monotonic() >= deadline:
            raise AssertionError(f"it did not happen in {timeout} s: {_who_waits()}")
        time.sleep(pause)


def _who_waits() -> str:
    """The nearest callers: the message is all that some reports show."""
    callers = traceback.extract_stack()[-3:-7:-1]
    return " < ".join(f"{caller.name} ({Path(caller.filename).name}:{caller.lineno})" for caller in callers)


def without_a_processor() -> float:
    """For how many seconds this thread has been ready to run but had to wait for a processor, in all.

    What takes part of a second is measured without these, or it would fail whenever others use the machine.
    Linux counts them (proc(5), schedstat: the second number, nanoseconds); elsewhere there are none.
    """
    return _delay(Path(f"/proc/self/task/{threading.get_native_id()}"))


def delays() -> dict[str, float]:
    """The same of each thread of this process: one that had Python's lock when it had to wait keeps all the
    others waiting."""
    try:
        return {task.name: _delay(task) for task in Path("/proc/self/task").iterdir()}
    except OSError:
        return {}


def _delay(task: Path) -> float:
    try:
        return int((task / "schedstat").read_text(encoding="ascii").split()[1]) / 1e9
    except OSError:
        return 0.0
