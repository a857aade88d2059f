"""What of ours is on disk, and whether all of it is closed to others."""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support import Place


@contextmanager
def umask_of(bits: int) -> Iterator[None]:
    """A umask for a while, also of what is started meanwhile."""
    old = os.umask(bits)
    try:
        yield
    finally:
        os.umask(old)


def mode(path: Path) -> int:
    """Its permissions, of the path itself."""
    return stat.S_IMODE(path.lstat().st_mode)


def is_closed(path: Path) -> bool:
    """True where nobody but this user gets in: 0700 for a folder, 0600 for anything else. (Jupyter makes its
    runtime folder sticky as well, against programs that tidy up.)"""
    bits = mode(path) & ~stat.S_ISVTX
    return path.lstat().st_uid == os.geteuid() and bits == (0o700 if path.is_dir() else 0o600)


def open_below(place: Path) -> list[Path]:
    """What below a folder is open to others."""
    return [path for path in place.rglob("*") if not is_closed(path)]


def ours(place: Place) -> Iterator[Path]:
    """Everything that jupyter_auth keeps for a server of this place, the folders first."""
    yield place.runtime
    yield from place.runtime.glob("jupyter_auth-*.sock")
    for folder in (place.store, place.config / "jupyter_auth", place.runtime / "jupyter_auth"):
        if folder.exists():
            yield from (folder, *folder.rglob("*"))
