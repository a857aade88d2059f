"""Files and folders for secrets: this user's own, closed to others, never behind a link."""

import fcntl
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from jupyter_auth.core.errors import NoSafeStoreError

_NOFOLLOW = getattr(os, "O_NOFOLLOW", 0)
_CLOEXEC = getattr(os, "O_CLOEXEC", 0)


def private_folder(path: Path) -> Path:
    """``path`` as a folder of mode 0700 that belongs to this user, made where it is missing.

    Raises ``NoSafeStoreError`` where it is a link, a file, or somebody else's.
    """
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        status = path.lstat()
    except OSError as problem:
        raise _unsafe(path, problem.strerror or "it cannot be made") from None
    if not stat.S_ISDIR(status.st_mode):
        raise _unsafe(path, "it is a link or a file, not a folder")
    if status.st_uid != os.geteuid():
        raise _unsafe(path, "it belongs to another user")
    if stat.S_IMODE(status.st_mode) != 0o700:
        path.chmod(0o700)
    return path


def open_private(path: Path, flags: int) -> int:
    """Open ``path`` as a regular file of this user's own with one name and mode 0600; returns its fd.

    Raises ``NoSafeStoreError`` for a link, a FIFO, a second hard link or another owner, and
    ``FileNotFoundError`` or ``FileExistsError`` as ``os.open`` does.
    """
    try:
        # O_NONBLOCK: opening a FIFO that someone put there must not hang
        fd = os.open(path, flags | _NOFOLLOW | _CLOEXEC | os.O_NONBLOCK, 0o600)
    except (FileNotFoundError, FileExistsError):
        raise
    except OSError as problem:
        raise _unsafe(path, problem.strerror or "it cannot be opened") from None
    status = os.fstat(fd)
    why = None
    if not stat.S_ISREG(status.st_mode):
        why = "it is not a regular file"
    elif status.st_uid != os.geteuid():
        why = "it belongs to another user"
    elif status.st_nlink != 1:
        why = "it has a second name (hard link)"
    if why:
        os.close(fd)
        raise _unsafe(path, why)
    if stat.S_IMODE(status.st_mode) != 0o600:
        os.fchmod(fd, 0o600)
    return fd


def ensure_private_file(path: Path) -> None:
    """Make ``path`` where it is missing, and see that it is safe."""
    os.close(open_private(path, os.O_RDWR | os.O_CREAT))


def read_private(path: Path, limit: int) -> bytes:
    """At most ``limit`` bytes of a private file."""
    with os.fdopen(open_private(path, os.O_RDONLY), "rb") as file:
        return file.read(limit)


def create_private(path: Path, content: bytes) -> None:
    """Write a new private file, unless it is there already. It appears whole or not at all."""
    with folder_lock(path.parent):
        if path.exists():
            return
        beside = path.with_name(f".{path.name}.new")
        beside.unlink(missing_ok=True)
        with os.fdopen(open_private(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        beside.rename(path)


@contextmanager
def folder_lock(folder: Path) -> Iterator[None]:
    """One process at a time in ``folder``; freed when its holder dies."""
    fd = open_private(folder / ".lock", os.O_RDWR | os.O_CREAT)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX)
        yield
    finally:
        os.close(fd)


def _unsafe(path: Path, why: str) -> NoSafeStoreError:
    return NoSafeStoreError(
        f"{path} is not safe for tokens: {why}.",
        hint="Move it away or correct its owner, then try again.",
    )


def process_name() -> str:
    """A name for this process's own files, never used twice."""
    return f"{os.getpid()}-{os.urandom(4).hex()}"
