"""Where a command reads its token: files that another process can open by their name as often as it likes.

On Linux what is read is in memory (memfd_create(2)) and sealed; the file's name is a link to it, by way of
this process. So nothing is on a disk, and when this process ends, even by ``kill -9``, the link leads
nowhere. Elsewhere it is a file of mode 0600. Either is replaced as a whole: nobody reads half of a new token.
"""

import os
import platform
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from hashlib import sha256
from pathlib import Path
from secrets import token_hex
from typing import Protocol

from jupyter_core.paths import jupyter_runtime_dir

from jupyter_auth.cache import places

PREFIX = "jupyter_auth-run-"


class Content(Protocol):
    """A file whose content is put and put again, or taken away."""

    @property
    def path(self) -> Path: ...

    def put(self, text: str) -> None: ...

    def withdraw(self) -> None: ...


class InMemory:
    """A link to memory of this process."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._held: list[int] = []  # a reader may have read the link before, and open it only now

    def put(self, text: str) -> None:
        """Have readers find ``text`` from here on."""
        self._held.append(in_memory(text))
        self._let_go(1)
        new = self.path.with_name(self.path.name + ".new")
        new.symlink_to(f"/proc/{os.getpid()}/fd/{self._held[-1]}")
        new.replace(self.path)

    def withdraw(self) -> None:
        """Have readers find no file."""
        self.path.unlink(missing_ok=True)
        self._let_go(0)

    def _let_go(self, but: int) -> None:
        """Close all but the last ``but`` before the newest."""
        keep = but + 1 if but else 0
        while len(self._held) > keep:
            os.close(self._held.pop(0))


class OnDisk:
    """A file in a folder that is this user's alone."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def put(self, text: str) -> None:
        """As above."""
        new = self.path.with_name(self.path.name + ".new")
        new.unlink(missing_ok=True)
        new.touch(mode=0o600, exist_ok=False)
        new.write_text(text, encoding="utf-8")
        new.replace(self.path)

    def withdraw(self) -> None:
        """As above."""
        self.path.unlink(missing_ok=True)


def in_memory(text: str) -> int:
    """A descriptor from which ``text`` can be read, and which nobody can write to any more."""
    import fcntl

    descriptor = os.memfd_create("jupyter_auth", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    try:
        os.fchmod(descriptor, 0o600)
        _write(descriptor, text)
        seals = fcntl.F_SEAL_WRITE | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_SEAL
        fcntl.fcntl(descriptor, fcntl.F_ADD_SEALS, seals)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


@cache
def has_memory() -> bool:
    """Whether this system has such descriptors, and lets them be opened by name; some containers do not."""
    if sys.platform != "linux":
        return False
    try:
        descriptor = in_memory("")
        try:
            return Path(f"/proc/{os.getpid()}/fd/{descriptor}").read_bytes() == b""
        finally:
            os.close(descriptor)
    except OSError:
        return False


def descriptor_of(text: str, folder: Path) -> int:
    """A descriptor at the beginning of ``text``, which no folder names."""
    if has_memory():
        return in_memory(text)
    name = folder / "descriptor"
    descriptor = os.open(name, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    name.unlink()
    _write(descriptor, text)
    return descriptor


def _write(descriptor: int, text: str) -> None:
    left = text.encode()
    while left:
        left = left[os.write(descriptor, left) :]
    os.lseek(descriptor, 0, os.SEEK_SET)


def content(path: Path) -> Content:
    """The best that this system has."""
    return InMemory(path) if has_memory() else OnDisk(path)


@contextmanager
def folder() -> Iterator[Path]:
    """A folder of mode 0700, gone in the end; those of processes that were killed go as well.

    Raises ``NoSafeStoreError`` where it would be in a folder of another user's, who could put another there.
    """
    runtime = places.private_folder(Path(jupyter_runtime_dir()).resolve())
    _sweep(runtime)
    made = runtime / f"{PREFIX}{_here()}-{os.getpid()}-{token_hex(4)}"
    made.mkdir(mode=0o700)
    try:
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)


def _here() -> str:
    """Where a process id means the same as to this process: several hosts and containers may share a home."""
    space = str(Path("/proc/self/ns/pid").readlink()) if sys.platform == "linux" else ""
    return sha256(f"{platform.node()} {space}".encode()).hexdigest()[:8]


def _sweep(runtime: Path) -> None:
    ours = f"{PREFIX}{_here()}-"
    for left in runtime.glob(f"{ours}*"):
        pid = left.name.removeprefix(ours).partition("-")[0]
        if pid.isdecimal() and not _lives(int(pid)):
            with suppress(OSError):
                shutil.rmtree(left)


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):
        return True  # another user's
    return True
