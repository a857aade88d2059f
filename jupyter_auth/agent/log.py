"""The log of a detached agent: a file beside its socket, closed to others and bounded, so that a person can
see why it ended. Like every log of ours it passes the filter that masks secrets (``core.log_filter``)."""

import faulthandler
import io
import logging
import os
import sys
import threading
import time
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Any

from jupyter_auth.cache import places
from jupyter_auth.core.faults import where

log = logging.getLogger(__name__)

MAX_SIZE = 256 * 1024  # bytes of the file; then it becomes the one before it, which there is one of
MAX_RECORD = 8 * 1024  # characters


class _Lines(logging.Formatter):
    """Times in UTC; of what is very long the beginning."""

    def __init__(self) -> None:
        super().__init__("%(asctime)sZ %(levelname)s %(message)s", "%Y-%m-%dT%H:%M:%S")
        self.converter = time.gmtime

    def format(self, record: logging.LogRecord) -> str:
        text = super().format(record)
        return text if len(text) <= MAX_RECORD else f"{text[:MAX_RECORD]}…"


class _File(RotatingFileHandler):
    """As it is, but that the file is this user's own, of mode 0600, and no link is followed."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, maxBytes=MAX_SIZE, backupCount=1, encoding="utf-8", errors="backslashreplace")
        self.setFormatter(_Lines())

    def _open(self) -> io.TextIOWrapper:
        fd = places.open_private(Path(self.baseFilename), os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        stream = os.fdopen(fd, "a", encoding=self.encoding, errors=self.errors)
        faulthandler.enable(stream)  # anew for each file
        return stream


def keep_log(path: Path) -> None:
    """Log into the file from here on, whatever thread it is; where the interpreter itself crashes, it leaves
    its place there.

    Raises ``CacheError`` and ``OSError`` where the file cannot be used: it is a link, or another user's, say.
    """
    root = logging.getLogger()
    root.addHandler(_File(path))
    root.setLevel(logging.INFO)
    logging.captureWarnings(True)
    threading.excepthook = _failed_thread
    sys.unraisablehook = _unraised


def _failed_thread(told: Any) -> None:
    if not isinstance(told.exc_value, SystemExit):
        log.error("A thread failed: %s", where(told.exc_value))


def _unraised(told: Any) -> None:
    log.error("What nobody could be told: %s", where(told.exc_value))
