"""Files and folders for secrets: this user's own, closed to others, never behind a link."""

import errno
import fcntl
import os
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from jupyter_auth.core.errors import CacheError, NoSafeStoreError

LOCK_TIMEOUT = 10.0  # seconds; what is done under the lock takes milliseconds
_OF_THE_DISK = frozenset(
    {errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EMFILE, errno.ENFILE, errno.ENOSPC, errno.EROFS}
)
_NOFOLLOW = getattr(os, "O_NOFOLLOW", 0)
_CLOEXEC = getattr(os, "O_CLOEXEC", 0)


def private_folder(path: Path) -> Path:
    """``path`` as a folder of mode 0700 that belongs to this user, made where it is missing.

    Raises ``NoSafeStoreError`` where it is a link, a file, or somebody else's.
    """
    try:
        _make_folder(path)
        status = path.lstat()
        judge(path, status, is_folder=True)
        if stat.S_IMODE(status.st_mode) != 0o700:
            path.chmod(0o700)
    except OSError as problem:
        raise _unusable(path, problem, "it cannot be made") from None
    return path


def _make_folder(path: Path) -> None:
    """``mkdir -p``; every folder that is made is closed to others, whatever the umask."""
    try:
        path.mkdir(mode=0o700, exist_ok=True)
    except FileNotFoundError:
        _make_folder(path.parent)
        path.mkdir(mode=0o700, exist_ok=True)


def open_private(path: Path, flags: int, *, mend: bool = True) -> int:
    """Open ``path`` as a regular file of this user's own with one name and mode 0600; returns its fd.

    Without ``mend`` the mode is not set: it must be closed to others as it is (0400 will do).
    Raises ``NoSafeStoreError`` for a link, a FIFO, a second hard link or another owner, and
    ``FileNotFoundError`` or ``FileExistsError`` as ``os.open`` does.
    """
    try:
        # O_NONBLOCK: opening a FIFO that someone put there must not hang
        fd = os.open(path, flags | _NOFOLLOW | _CLOEXEC | os.O_NONBLOCK, 0o600)
    except (FileNotFoundError, FileExistsError):
        raise
    except OSError as problem:
        raise _unusable(path, problem, "it cannot be opened") from None
    try:
        status = os.fstat(fd)
        judge(path, status)
        if not mend and status.st_mode & 0o077:
            raise _unsafe(path, f"others may read it (mode {stat.S_IMODE(status.st_mode):04o})")
        if mend and stat.S_IMODE(status.st_mode) != 0o600:
            os.fchmod(fd, 0o600)
    except NoSafeStoreError:
        os.close(fd)
        raise
    except OSError as problem:
        os.close(fd)
        raise _unusable(path, problem, "it cannot be closed to others") from None
    return fd


def judge(path: Path, status: os.stat_result, *, is_folder: bool = False) -> None:
    """Raises ``NoSafeStoreError`` where what is at ``path`` is of another kind, or another user's."""
    if is_folder and not stat.S_ISDIR(status.st_mode):
        raise _unsafe(path, "it is a link or a file, not a folder")
    if not is_folder and not stat.S_ISREG(status.st_mode):
        raise _unsafe(path, "it is a link or no regular file")
    if status.st_uid != os.geteuid():
        raise _unsafe(path, "it belongs to another user")
    if not is_folder and status.st_nlink != 1:
        raise _unsafe(path, "it has a second name (hard link)")


def ensure_private_file(path: Path) -> None:
    """Make ``path`` where it is missing, and see that it is safe."""
    try:
        os.close(open_private(path, os.O_RDWR | os.O_CREAT | os.O_EXCL))
    except FileExistsError:
        check_private_file(path)
    except FileNotFoundError:
        raise _unsafe(path, "its folder is missing") from None


def check_private_file(path: Path) -> None:
    """See that ``path``, if it is there, is safe. It is not opened: the close would take away the locks
    that another connection of this process holds on a SQLite file (POSIX.1, ``fcntl``)."""
    try:
        status = path.lstat()
        judge(path, status)
        if stat.S_IMODE(status.st_mode) != 0o600:
            path.chmod(0o600)
    except FileNotFoundError:
        return
    except OSError as problem:
        raise _unusable(path, problem, "it cannot be closed to others") from None


def read_private(path: Path, limit: int, *, mend: bool = True) -> bytes:
    """At most ``limit`` bytes of a private file."""
    with os.fdopen(open_private(path, os.O_RDONLY, mend=mend), "rb") as file:
        return file.read(limit)


def create_private(path: Path, content: bytes) -> None:
    """Write a new private file, unless it is there already. It appears whole or not at all."""
    with folder_lock(path.parent):
        if not path.exists():
            write_whole(path, content)


def replace_private(path: Path, content: bytes) -> None:
    """Write a private file in the place of the one there; readers see the one or the other."""
    with folder_lock(path.parent):
        write_whole(path, content)


def write_whole(path: Path, content: bytes) -> None:
    """The same, for who holds the folder's lock."""
    beside = path.with_name(f".{path.name}.new")
    try:
        beside.unlink(missing_ok=True)
        with os.fdopen(open_private(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        beside.rename(path)
        _sync_folder(path.parent)
    except OSError as problem:
        raise _unusable(path, problem, "it cannot be written") from None


def _sync_folder(folder: Path) -> None:
    """A rename outlives a power cut only once its folder is on disk."""
    fd = os.open(folder, os.O_RDONLY | _CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def is_at(path: Path, fd: int) -> bool:
    """True while ``path`` still names the open file."""
    try:
        here = path.lstat()
    except OSError:
        return False
    return os.path.samestat(here, os.fstat(fd))


@contextmanager
def folder_lock(folder: Path) -> Iterator[None]:
    """One process at a time in ``folder``; freed when its holder dies."""
    fd = open_private(folder / ".lock", os.O_RDWR | os.O_CREAT)
    is_locked = False
    try:
        is_locked = _lock(folder, fd)
        yield
    finally:
        if is_locked:
            fcntl.flock(fd, fcntl.LOCK_UN)  # a process forked meanwhile has a copy that would hold it
        os.close(fd)


def _lock(folder: Path, fd: int) -> bool:
    """Lock an open file; False where its filesystem has no locks, which some networks' have not."""
    deadline = time.monotonic() + LOCK_TIMEOUT
    while True:
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise CacheError(
                    f"Another process has held {folder} for {LOCK_TIMEOUT:.0f} s.",
                    reason="locked",
                    hint="End it, or try again.",
                ) from None
            time.sleep(0.01)
        except OSError:
            return False
        else:
            return True


def _unusable(path: Path, problem: OSError, otherwise: str) -> CacheError:
    """A full or read-only disk is no danger; anything else may be one."""
    if problem.errno not in _OF_THE_DISK:
        return _unsafe(path, problem.strerror or otherwise)
    return CacheError(
        f"{path} cannot be used: {problem.strerror}.",
        reason=errno.errorcode[problem.errno].lower(),
        hint="See that the disk is not full and the folder is writable, then try again.",
    )


def _unsafe(path: Path, why: str) -> NoSafeStoreError:
    return NoSafeStoreError(
        f"{path} is not safe for tokens: {why}.",
        hint="Move it away or correct its owner, then try again.",
    )


def process_name() -> str:
    """A name for this process's own files, never used twice."""
    return f"{os.getpid()}-{os.urandom(4).hex()}"
