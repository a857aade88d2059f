"""A high-water mark of a store, in a file apart from it: by it an older copy that was put back is noticed.

The mark is written after what it tells of, by whoever comes last: it may lag behind, and never runs ahead.
It holds no secret, and tells nothing where the folder that it is in was put back as well.
"""

import hashlib
import os
import struct
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from zlib import crc32

from jupyter_auth.cache import places
from jupyter_auth.core.errors import CacheError

_FORM = struct.Struct("<qqI")  # and a checksum, since a mark that is damaged must not clear a store


@dataclass(frozen=True, slots=True, order=True)
class Height:
    """How far a store has come: ``epoch`` counts its clears, ``saves`` its refresh tokens' changes."""

    epoch: int
    saves: int


class Mark:
    """The mark of the store ``store_id`` in ``folder``; it fails nobody where that cannot be used.

    ``place`` is where the store is: a copy that is used elsewhere goes its own way, and neither is the older.
    """

    def __init__(self, folder: Path, store_id: str, place: str) -> None:
        of = hashlib.sha256(place.encode("utf-8", "surrogateescape")).hexdigest()[:8]
        self._path = folder / f".{store_id}-{of}.mark"
        self._fd: int | None = None
        self._seen = self._read()

    @property
    def seen(self) -> Height:
        """The highest that was told."""
        return self._seen

    def tell(self, height: Height) -> None:
        """Note how far the store has come."""
        if height > self._seen:
            self.begin_again(height)

    def begin_again(self, height: Height) -> None:
        """Go on from this one, even where it is lower: that was told."""
        self._seen = height
        with suppress(CacheError, OSError):
            os.pwrite(self._opened(), _FORM.pack(height.epoch, height.saves, self._sum(height)), 0)

    def close(self) -> None:
        """Let go of the file."""
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None

    def _opened(self) -> int:
        """The file, kept open: what is told is on the path of every saved refresh token. A folder that is
        there stays as it is: it may be an operator's."""
        if self._fd is None:
            if not self._path.parent.exists():
                places.private_folder(self._path.parent)
            self._fd = places.open_private(self._path, os.O_WRONLY | os.O_CREAT)
        return self._fd

    def _read(self) -> Height:
        with suppress(CacheError, OSError, struct.error):
            epoch, saves, checksum = _FORM.unpack(places.read_private(self._path, _FORM.size))
            if checksum == self._sum(Height(epoch, saves)):
                return Height(epoch, saves)
        return Height(0, 0)

    def _sum(self, height: Height) -> int:
        return crc32(f"{self._path.name} {height.epoch} {height.saves}".encode())
