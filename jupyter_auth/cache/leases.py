"""One process at a time, for each name: who refreshes a sign-in holds its lease meanwhile.

On local disks a lease is a ``flock``, which the operating system takes back when its holder dies. Network
filesystems keep no such promise: there it is a row of the store that runs out.

No lease guards the writing. What a refresh saves is fenced by the version of the refresh token it used
(``TokenCache.save_refresh``): a holder who has lost its lease unnoticed can overwrite nothing that is newer.
"""

import fcntl
import json
import os
import socket
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, Protocol

import psutil

from jupyter_auth.cache import places
from jupyter_auth.core.errors import TransportError

PAUSE = 0.02  # seconds between two looks at a lease that somebody else holds
ROW_LIFE = 45.0  # seconds: longer than one call to a provider may take
SAME_START = 2.0  # seconds by which the time at which a process started may seem to move

Transact = Callable[[], AbstractContextManager[sqlite3.Connection]]


class Lease(Protocol):
    """A lease that is held."""

    def renew(self) -> bool:
        """Hold it for another while; False where it was lost meanwhile."""
        ...


class Sole:
    """The lease of a process that shares its store with nobody, and of who holds a ``flock``."""

    def renew(self) -> bool:
        return True


@contextmanager
def hold_file(path: Path, timeout: float) -> Iterator[Lease]:
    """Hold the lease that is the lock of ``path``; raises ``TransportError`` after ``timeout`` seconds."""
    for _ in _until(timeout):
        places.private_folder(path.parent)
        fd = places.open_private(path, os.O_RDWR | os.O_CREAT)
        try:
            if _is_locked(fd) and places.is_at(path, fd):
                yield Sole()
                return
        finally:
            os.close(fd)


def _is_locked(fd: int) -> bool:
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _until(timeout: float) -> Iterator[None]:
    deadline = time.monotonic() + timeout
    while True:
        yield
        if time.monotonic() >= deadline:
            raise TransportError(
                "Another process renews this sign-in and has not finished.",
                reason="lease_timeout",
                hint="Try again in a minute.",
                retryable=True,
            )
        time.sleep(PAUSE)


class RowLease:
    """A lease in the header of a store: a row that names its holder.

    It has run out when it has stood unchanged for ``ROW_LIFE`` seconds by the clock of whoever waits, so
    that clocks need not agree; or at once when its holder was a process of this host and is gone.
    """

    def __init__(self, name: str, transact: Transact) -> None:
        self._name = f"lease {name}"
        self._transact = transact
        self._own: str | None = None
        self._seen: tuple[str | None, float] = (None, 0.0)

    @contextmanager
    def hold(self, timeout: float) -> Iterator[Lease]:
        """Hold it; raises ``TransportError`` after ``timeout`` seconds."""
        for _ in _until(timeout):
            if self._take():
                break
        try:
            yield self
        finally:
            self._give_back()

    def renew(self) -> bool:
        with self._transact() as db:
            if self._own is None or self._read(db) != self._own:
                return False
            self._write(db)
        return True

    def _take(self) -> bool:
        with self._transact() as db:
            held = self._read(db)
            if held is not None and not self._has_run_out(held):
                return False
            self._write(db)
        return True

    def _has_run_out(self, held: str) -> bool:
        now = time.monotonic()
        if self._seen[0] != held:
            self._seen = held, now
        return now - self._seen[1] > ROW_LIFE or _is_dead(held)

    def _give_back(self) -> None:
        with self._transact() as db:
            if self._own is not None and self._read(db) == self._own:
                db.execute("DELETE FROM header WHERE name = ?", (self._name,))

    def _read(self, db: sqlite3.Connection) -> str | None:
        row = db.execute("SELECT value FROM header WHERE name = ?", (self._name,)).fetchone()
        return str(row[0]) if row else None

    def _write(self, db: sqlite3.Connection) -> None:
        self._own = json.dumps([*_process(os.getpid()), os.urandom(8).hex()])
        db.execute("INSERT OR REPLACE INTO header (name, value) VALUES (?, ?)", (self._name, self._own))


def _process(pid: int) -> list[Any]:
    """What names a process over all hosts: the host, as far as process ids mean the same there, and when
    it was started, since ids are used again."""
    try:
        ids = Path("/proc/self/ns/pid").stat().st_ino
    except OSError:
        ids = 0
    return [socket.gethostname(), ids, pid, psutil.Process(pid).create_time()]


def _is_dead(held: str) -> bool:
    """True where the holder was a process of this host and is gone; of others nobody here knows."""
    try:
        *place, pid, started, _ = json.loads(held)
        if place != _process(os.getpid())[:2]:
            return False
        return bool(abs(psutil.Process(pid).create_time() - started) > SAME_START)
    except psutil.NoSuchProcess:
        return True
    except (ValueError, TypeError, psutil.Error):
        return False
