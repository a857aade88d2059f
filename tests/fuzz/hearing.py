"""What is logged, warned of and left unraised while inputs are tried: all of it, at DEBUG."""

import logging
import sys
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from joserfc.errors import SecurityWarning

from tests.fuzz.tally import CrashError, LeakError
from tests.security.canaries import Canaries

_FORMAT = logging.Formatter("%(name)s %(levelname)s %(message)s")


class Hearing(logging.Handler):
    """Keeps what was said since it was last asked. An error in the log is a fault of the product's."""

    def __init__(self, canaries: Canaries) -> None:
        super().__init__(logging.DEBUG)
        self.canaries = canaries
        self._needles = {kind: canaries.needles(kind) for kind in canaries.marks}
        self._said: list[str] = []
        self._wrong: list[str] = []
        self.setFormatter(_FORMAT)

    def emit(self, record: logging.LogRecord) -> None:
        """With the tracebacks, whose text is a part of the log."""
        text = self.format(record)
        self._said.append(text)
        if record.levelno >= logging.ERROR:
            self._wrong.append(text)

    def judge(self) -> None:
        """Raises ``CrashError`` or ``LeakError`` for what was said, and forgets it."""
        said, wrong = "\n".join(self._said), "\n".join(self._wrong)
        self._said.clear()
        self._wrong.clear()
        self.search("the log", said)
        if wrong:
            raise CrashError(wrong)

    def search(self, where: str, text: str | bytes, but: tuple[str, ...] = ()) -> None:
        """Raises ``LeakError`` where a canary of another kind than ``but`` is in ``text``."""
        raw = text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass")
        for kind, needles in self._needles.items():
            if kind not in but and any(needle in raw for needle in needles):
                raise LeakError(f"{where} holds a {kind}: {raw[:400]!r}")

    def _unraised(self, told: Any) -> None:
        kind, value = told.exc_type, told.exc_value
        self._wrong.append(f"unraised {getattr(kind, '__name__', kind)}: {value}")

    @contextmanager
    def everywhere(self) -> Iterator["Hearing"]:
        """Listen, until the end of the block."""
        root = logging.getLogger()
        level, hooks = root.level, (sys.unraisablehook, threading.excepthook)
        root.addHandler(self)
        root.setLevel(logging.DEBUG)
        sys.unraisablehook = threading.excepthook = self._unraised
        try:
            with warnings.catch_warnings():
                for kind in (DeprecationWarning, SecurityWarning):  # of the libraries that are asked
                    warnings.simplefilter("ignore", kind)
                yield self
        finally:
            sys.unraisablehook, threading.excepthook = hooks
            root.setLevel(level)
            root.removeHandler(self)
