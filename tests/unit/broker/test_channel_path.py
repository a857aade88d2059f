"""The kernel socket's path, where several servers of a user start and crash."""

import os
import time
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest

from jupyter_auth.broker.channel import channel
from jupyter_auth.core import sockets

NOBODY = 4_000_000  # beyond every process id


def test_another_server_that_starts_at_the_same_moment_removes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It looks for what crashed servers left right after every step of ours."""
    bind = sockets.bind

    def bind_and_be_looked_at(path: Path) -> object:
        made = bind(path)
        channel.remove_stale(tmp_path)
        return made

    monkeypatch.setattr(sockets, "bind", bind_and_be_looked_at)
    ours = channel.KernelChannel(channel.server_socket(tmp_path), None)  # type: ignore[arg-type]
    with closing(ours.bind()):
        channel.remove_stale(tmp_path)
        assert ours.is_found
        sockets.connect(ours.path, 1).close()


@pytest.mark.parametrize(
    ("pid", "seconds"),
    [(NOBODY, 0), (os.getpid(), 60), ("x", 0), (10**30, 0)],
    ids=["gone", "another's", "no id", "too large"],
)
def test_what_a_crashed_server_left_is_removed(tmp_path: Path, pid: object, seconds: int) -> None:
    """Its process is gone, or its id is another's by now."""
    left = tmp_path / f"jupyter_auth-{pid}.sock"
    sockets.bind(left).close()
    os.utime(left, (time.time() - seconds,) * 2)
    channel.remove_stale(tmp_path)
    assert not left.exists()


def test_in_a_folder_that_machines_share_nothing_is_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A socket of a server on another machine refuses here as a crashed server's does."""
    monkeypatch.setattr(
        psutil,
        "disk_partitions",
        lambda all: [SimpleNamespace(mountpoint=str(tmp_path), fstype="nfs4")],
    )
    elsewhere = tmp_path / f"jupyter_auth-{NOBODY}.sock"
    sockets.bind(elsewhere).close()
    channel.remove_stale(tmp_path)
    assert elsewhere.exists()


def test_the_socket_is_closed_to_others_from_its_first_moment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[int] = []
    monkeypatch.setattr(Path, "chmod", lambda path, _: seen.append(path.stat().st_mode & 0o777))
    old = os.umask(0)
    try:
        sockets.bind(tmp_path / "s").close()
    finally:
        os.umask(old)
    assert seen == [0o600]
