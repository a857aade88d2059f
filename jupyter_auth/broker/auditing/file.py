"""The log that an administrator can ship: one line of JSON for each record, in a file closed to others."""

import logging
import os
import threading
import time
from contextlib import suppress
from pathlib import Path

from jupyter_auth.cache.places import is_at, open_private
from jupyter_auth.core.audit import AuditRecord, Decision
from jupyter_auth.core.errors import CacheError
from jupyter_auth.core.threads import DaemonThreads

log = logging.getLogger(__name__)

MAX_WAITING = 10_000  # records on their way to a disk that does not keep up; more are counted as lost
CLOSE_TIMEOUT = 2.0  # seconds
_FLAGS = os.O_WRONLY | os.O_APPEND | os.O_CREAT


class AuditFile:
    """Appends records, in a thread of its own. What goes wrong is told once, and stops nothing else.

    Each line is one write to a file opened to append, so that several processes may share it. Where the file
    was moved, a new one is made at its path.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.problem: str | None = None
        self.lost = 0  # since the last line that was written
        self._fd: int | None = None
        self._is_torn = False  # the last line in it is half there
        self._waiting = 0
        self._lock = threading.Lock()
        self._thread = DaemonThreads(1, "jupyter_auth-audit")

    def __call__(self, record: AuditRecord) -> None:
        """Have the record written; from any thread, at once."""
        with self._lock:
            if self._waiting >= MAX_WAITING:
                self.lost += 1
                return
            self._waiting += 1
        try:
            self._thread.submit(self._take, record)
        except RuntimeError:  # it was closed
            with self._lock:
                self._waiting -= 1

    def close(self) -> None:
        """Write what waits, for a little while, and let go of the file. Blocks."""
        deadline = time.monotonic() + CLOSE_TIMEOUT
        while self._waiting and time.monotonic() < deadline:
            time.sleep(0.01)
        self._thread.shutdown(wait=False, cancel_futures=True)
        self._let_go()

    def _take(self, record: AuditRecord) -> None:
        try:
            self._open()
            if lost := self.lost:
                self._write(AuditRecord(at=record.at, decision=Decision.RECORDS_LOST, count=lost))
                log.warning("Audit records are written to %s again; %d were lost.", self.path, lost)
                self._count_lost(-lost)
            self._write(record)
            self.problem = None
        except (OSError, CacheError) as problem:
            self._failed(problem)
        finally:
            with self._lock:
                self._waiting -= 1

    def _open(self) -> None:
        if self._fd is not None and is_at(self.path, self._fd):
            return
        self._let_go()
        self._is_torn = False
        self._fd = open_private(self.path, _FLAGS)

    def _write(self, record: AuditRecord) -> None:
        assert self._fd is not None  # noqa: S101 -- it was opened just now
        line = ("\n" if self._is_torn else "") + record.to_line() + "\n"
        written = os.write(self._fd, line.encode("ascii"))
        self._is_torn = written < len(line)
        if self._is_torn:
            raise OSError("the disk took half a record")

    def _failed(self, problem: OSError | CacheError) -> None:
        self._count_lost(1)
        why = problem.message if isinstance(problem, CacheError) else f"{problem.strerror or problem}"
        told = f"Audit records are not written to {self.path}: {why}"
        if self.problem is None:
            log.error("%s Tokens are given out all the same.", told)
        self.problem = told

    def _count_lost(self, count: int) -> None:
        with self._lock:
            self.lost += count

    def _let_go(self) -> None:
        fd, self._fd = self._fd, None
        if fd is not None:
            with suppress(OSError):
                os.close(fd)
