"""One process at a time, for each name: who refreshes a sign-in holds its lease meanwhile.

On local disks a lease is a ``flock``, which the operating system takes back when its holder dies. Network
filesystems keep no such promise: there it is a row of the store that runs out.

No lease guards the writing. What a refresh saves is fenced by the version of the refresh token it used
(``TokenCache.save_refresh``): a holder who has lost its lease unnoticed can overwrite nothing that is newer.
"""

import errno
import fcntl
import json
import logging
import os
import socket
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, Protocol

from jupyter_auth.cache import places
from jupyter_auth.core.errors import CacheError, TransportError

log = logging.getLogger(__name__)

PAUSE = 0.02  # seconds between two looks at a lease that somebody else holds
ROW_LIFE = 70.0  # seconds: longer than a discovery and a token request may take together
SAME_START = 2.0  # seconds by which the time at which a process started may seem to move

Transact = Callable[[], AbstractContextManager[sqlite3.Connection]]


class Lease(Protocol):
    """A lease that is held."""

    def renew(self) -> bool:
        """Hold it for another while; False where it was lost meanwhile."""
        ...


class Sole:
    """The lease of a process that shares its store with nobody."""

    def renew(self) -> bool:
        return True


def admits_all(lease: Lease) -> bool:
    """``Transaction.admits`` of a store whose records' own versions are fence enough."""
    return True


class FileLease:
    """The lock of a file, as long as that is the one at its path: who comes later locks what is there."""

    def __init__(self, path: Path, fd: int) -> None:
        self._path = path
        self._fd = fd

    def renew(self) -> bool:
        return places.is_at(self._path, self._fd)


@contextmanager
def hold_file(path: Path, timeout: float) -> Iterator[Lease]:
    """Hold the lease that is the lock of ``path``; raises ``TransportError`` after ``timeout`` seconds."""
    for _ in until(timeout):
        places.private_folder(path.parent)
        try:
            fd = places.open_private(path, os.O_RDWR | os.O_CREAT)
        except FileNotFoundError:
            continue  # somebody has removed the folder just now
        _opened.add(fd)
        try:
            if _is_locked(fd) and places.is_at(path, fd):
                yield FileLease(path, fd)
                return
        finally:
            _let_go(fd)


def _is_locked(fd: int) -> bool:
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError as problem:
        name = errno.errorcode.get(problem.errno or 0, "OSError")
        raise CacheError(
            f"The token store's filesystem gives no locks ({name}).",
            reason="no_locks",
            hint="Set c.JupyterAuth.store_path to a folder on a local disk.",
        ) from None
    return True


#: Descriptors of lease files. A fork copies them, and a copy would hold the lock beyond its holder's end.
_opened: set[int] = set()


def _let_go(fd: int) -> None:
    if fd in _opened:
        _opened.discard(fd)
        fcntl.flock(fd, fcntl.LOCK_UN)  # of every copy, too
        os.close(fd)


def _after_fork() -> None:
    while _opened:
        os.close(_opened.pop())


os.register_at_fork(after_in_child=_after_fork)


def until(timeout: float, pause: float = PAUSE) -> Iterator[None]:
    """Try until ``timeout`` seconds are over; then raises ``TransportError`` (``lease_timeout``)."""
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
        time.sleep(pause)


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
        for _ in until(timeout):
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
        """What was done under the lease is done, even where the store cannot be told of its end."""
        try:
            with self._transact() as db:
                if self._own is not None and self._read(db) == self._own:
                    db.execute("DELETE FROM header WHERE name = ?", (self._name,))
        except CacheError as problem:
            log.warning("A lease was not given back and has to run out: %s", problem)

    def _read(self, db: sqlite3.Connection) -> str | None:
        row = db.execute("SELECT value FROM header WHERE name = ?", (self._name,)).fetchone()
        return str(row[0]) if row else None

    def _write(self, db: sqlite3.Connection) -> None:
        self._own = json.dumps([*_process(os.getpid()), os.urandom(8).hex()])
        db.execute("INSERT OR REPLACE INTO header (name, value) VALUES (?, ?)", (self._name, self._own))


def _process(pid: int) -> list[Any]:
    """What names a process over all hosts: the host's name and its boot, as far as process ids mean the
    same there, and when it was started, since ids are used again."""
    return [*_place(), pid, _started(pid)]


def _started(pid: int) -> float:
    """When a process was started, on Linux in seconds since the boot: what the calendar says may jump."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2]
        return int(fields.split()[19]) / os.sysconf("SC_CLK_TCK")
    except (OSError, IndexError, ValueError):
        import psutil  # noqa: PLC0415 -- as below

        return psutil.Process(pid).create_time()


def _place() -> list[Any]:
    """Where process ids mean the same. Hosts may share a name, and the namespace's number of most is one."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        ids = Path("/proc/self/ns/pid").stat().st_ino
    except OSError:
        boot, ids = "", 0
    return [socket.gethostname(), boot, ids]


def _is_dead(held: str) -> bool:
    """True where the holder was a process of this host and is gone; of others nobody here knows."""
    import psutil  # noqa: PLC0415 -- where a lease is held by a row, not at a server's start

    try:
        *place, pid, started, _ = json.loads(held)
        if place != _place():
            return False
        process = psutil.Process(pid)
        if process.status() == psutil.STATUS_ZOMBIE:  # in a container often nobody takes note of its end
            return True
        return bool(abs(_started(pid) - started) > SAME_START)
    except psutil.NoSuchProcess:
        return True
    except (ValueError, TypeError, psutil.Error):
        return False
