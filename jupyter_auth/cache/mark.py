"""A high-water mark of a store, in a file apart from it: by it an older copy that was put back is noticed.

The mark is written after what it tells of: it may lag behind, and never runs ahead. It holds no secret, and
tells nothing where the folder that it is in was put back as well.
"""

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
    """The mark of the store ``store_id`` in ``folder``; it fails nobody where that cannot be used."""

    def __init__(self, folder: Path, store_id: str) -> None:
        self._folder = folder
        self._path = folder / f".{store_id}.mark"
        self._seen = self._read()

    @property
    def seen(self) -> Height:
        """The highest that was told."""
        return self._seen

    def tell(self, height: Height) -> None:
        """Note how far the store has come."""
        if height <= self._seen:
            return
        self._seen = max(height, self._read())
        if self._seen == height:
            self._write(height)

    def begin_again(self, height: Height) -> None:
        """Go on from a lower one: its being lower was told."""
        self._seen = height
        self._write(height)

    def _write(self, height: Height) -> None:
        with suppress(CacheError, OSError):
            try:
                fd = places.open_private(self._path, os.O_WRONLY | os.O_CREAT)
            except FileNotFoundError:
                places.private_folder(self._folder)
                fd = places.open_private(self._path, os.O_WRONLY | os.O_CREAT)
            try:
                os.pwrite(fd, _FORM.pack(height.epoch, height.saves, self._sum(height)), 0)
            finally:
                os.close(fd)

    def _read(self) -> Height:
        with suppress(CacheError, OSError, struct.error):
            epoch, saves, checksum = _FORM.unpack(places.read_private(self._path, _FORM.size))
            if checksum == self._sum(Height(epoch, saves)):
                return Height(epoch, saves)
        return Height(0, 0)

    def _sum(self, height: Height) -> int:
        return crc32(f"{self._path.name} {height.epoch} {height.saves}".encode())
