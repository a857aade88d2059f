"""The generation counter: eight bytes in a mapped file by which kernels learn that a cache was cleared.

One file per store, created once and never replaced, so that every process maps the same page. A
writer stores ``time_ns()``; a reader compares. Reading costs no system call.
"""

from __future__ import annotations

import errno
import mmap
import os
import stat
import sys
import time
from pathlib import Path

SIZE = 8
_LIMIT = 2**63  # a signed integer's; only a damaged file comes near it
_FLAGS = os.O_RDWR | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)


class Generation:
    """A mapped counter; ``value`` changes whenever what kernels keep is no longer good."""

    def __init__(self, path: Path, *, create: bool = False) -> None:
        """Map ``path``. Raises ``OSError`` where it is no regular file of this user's own."""
        self.path = path
        flags = _FLAGS | (os.O_CREAT if create else 0)
        fd = os.open(path, flags, 0o600)
        try:
            status = os.fstat(fd)
            if not stat.S_ISREG(status.st_mode) or status.st_uid != os.geteuid() or status.st_nlink != 1:
                raise OSError(f"{path} is not a regular file of this user's own")
            if status.st_size > SIZE:
                raise OSError(f"{path} is no generation file: it holds more than a counter")
            if status.st_size < SIZE:
                # written, not only extended: on a full disk a hole would end the process at the first bump
                written = os.pwrite(fd, time.time_ns().to_bytes(SIZE, sys.byteorder), 0)
                if written != SIZE:
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))
            if create:
                os.fchmod(fd, 0o600)
            self.inode = (status.st_dev, status.st_ino)
            self._map = mmap.mmap(fd, SIZE)
        finally:
            os.close(fd)
        self.cells = memoryview(self._map).cast("q")

    @property
    def value(self) -> int:
        """The counter now."""
        return self.cells[0]

    def bump(self) -> int:
        """Raise the counter; every process that maps it sees the new value at its next look."""
        self.cells[0] = max(time.time_ns(), (self.cells[0] + 1) % _LIMIT)
        return self.cells[0]

    def is_current(self) -> bool:
        """True while the path still names the mapped file."""
        try:
            status = self.path.lstat()
        except OSError:
            return False
        return (status.st_dev, status.st_ino) == self.inode

    def close(self) -> None:
        """Unmap it."""
        self.cells.release()
        self._map.close()
