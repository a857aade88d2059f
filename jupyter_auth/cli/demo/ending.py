"""How the demo ends in order, and what it says when it cannot begin."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import NoReturn


def say(line: str) -> None:
    """Print at once, into a pipe as well."""
    print(line, flush=True)


def missing_extra(*modules: str) -> str:
    """What to say if one of these modules is not installed, else nothing."""
    missing = [name for name in modules if find_spec(name) is None]
    if not missing:
        return ""
    return f"The demo needs {', '.join(missing)} (the extra `demo`). Run: pip install {' '.join(missing)}"


@contextmanager
def ended_by_signals() -> Iterator[None]:
    """Let the end of a terminal, and a plain kill, clean up as Ctrl+C does."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    names = [name for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
    before = {name: signal.signal(getattr(signal, name), _interrupt) for name in names}
    try:
        yield
    finally:
        for name, handler in before.items():
            signal.signal(getattr(signal, name), handler)


def _interrupt(number: int, frame: object) -> NoReturn:
    raise KeyboardInterrupt
