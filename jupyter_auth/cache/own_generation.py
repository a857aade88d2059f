"""The generation file of one process alone, for stores that have no file for all.

Who makes one holds a lock on it for as long as the process lives; files that nobody holds are left from
processes that have ended, and go. A process number would not tell: containers share folders, not numbers.
"""

import fcntl
import os
from contextlib import suppress
from pathlib import Path

from jupyter_auth.cache import places
from jupyter_auth.core.errors import CacheError
from jupyter_auth.core.generation import Generation

PREFIX = "generation-"
_held: list[int] = []  # locked for as long as this process lives


def own_generation(folder: Path) -> Generation | None:
    """A new generation file in ``folder``, so that the kernels of this process see a clear; None where none
    can be made."""
    try:
        places.private_folder(folder)
        _remove_abandoned(folder)
        while True:
            path = folder / (PREFIX + places.process_name())
            fd = places.open_private(path, os.O_RDWR | os.O_CREAT | os.O_EXCL)
            _held.append(fd)
            with suppress(OSError):  # a filesystem without locks: there nobody removes anything either
                fcntl.flock(fd, fcntl.LOCK_EX)  # held for an instant by who takes it for abandoned
            made = Generation(path, create=True)
            if places.is_at(path, fd):
                return made
            made.close()  # taken for an abandoned one before it was locked
    except (CacheError, OSError):
        return None


def _remove_abandoned(folder: Path) -> None:
    for path in folder.glob(PREFIX + "*"):
        with suppress(CacheError, OSError):  # held, or nothing of ours
            fd = places.open_private(path, os.O_RDWR)
            try:
                fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
                path.unlink()
            finally:
                os.close(fd)
