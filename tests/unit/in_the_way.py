"""What may lie where a file of ours is to be: links to something else, and things that are no file."""

import os
from collections.abc import Callable
from pathlib import Path

#: Makes one at the first path; the second is somebody else's.
Make = Callable[[Path, Path], None]


def symlink(path: Path, other: Path) -> None:
    path.symlink_to(other)


def dangling(path: Path, other: Path) -> None:
    path.symlink_to(other.with_name("nothing"))


def hard_link(path: Path, other: Path) -> None:
    path.hardlink_to(other)


def fifo(path: Path, other: Path) -> None:
    os.mkfifo(path)


def folder(path: Path, other: Path) -> None:
    path.mkdir()


THINGS: tuple[Make, ...] = (symlink, dangling, hard_link, fifo, folder)
