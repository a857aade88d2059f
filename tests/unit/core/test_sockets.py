"""Unix sockets by path, long or short."""

import os
import stat
from pathlib import Path

import pytest

from jupyter_auth.core import sockets


@pytest.mark.parametrize("length", [20, sockets.MAX_PATH, sockets.MAX_PATH + 1, 108, 200, 255])
def test_a_path_of_any_length_is_bound_and_reached(tmp_path: Path, length: int) -> None:
    folder = tmp_path
    while len(os.fsencode(folder)) < length - 60:
        folder /= "f" * 30
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "kernel.sock"
    old = os.umask(0)
    try:
        listener = sockets.bind(path)
    finally:
        os.umask(old)
    with listener:
        assert stat.S_ISSOCK(path.lstat().st_mode) and stat.S_IMODE(path.lstat().st_mode) == 0o600
        listener.listen()
        with sockets.connect(path, 2) as mine, listener.accept()[0] as theirs:
            mine.sendall(b"x")
            assert theirs.recv(1) == b"x"
            assert sockets.peer_uid(theirs) == sockets.peer_uid(mine) == os.geteuid()


def test_nobody_there_is_an_os_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        sockets.connect(tmp_path / "nothing.sock", 1)
    with pytest.raises(FileNotFoundError):
        sockets.connect(tmp_path / ("x" * 120) / "nothing.sock", 1)


def test_a_path_is_bound_once(tmp_path: Path) -> None:
    with sockets.bind(tmp_path / "s"), pytest.raises(OSError, match="in use"):
        sockets.bind(tmp_path / "s")
