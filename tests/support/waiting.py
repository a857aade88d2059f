"""Waiting for what somebody else does."""

import time
from collections.abc import Callable


def until(condition: Callable[[], bool], timeout: float = 20) -> None:
    """Wait for what another process or thread does; ``timeout`` is in seconds."""
    deadline = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)
