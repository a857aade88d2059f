"""The kernel socket's path: whoever finds it there finds somebody who listens."""

from contextlib import closing
from pathlib import Path

import pytest

from jupyter_auth.broker.channel import channel
from jupyter_auth.core import sockets


def listening(folder: Path) -> channel.KernelChannel:
    return channel.KernelChannel(channel.server_socket(folder), None)  # type: ignore[arg-type]


def test_another_server_that_starts_at_the_same_moment_removes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It looks for what crashed servers left, right after every step of ours."""
    bind = sockets.bind

    def bind_and_be_looked_at(path: Path) -> object:
        made = bind(path)
        channel.remove_stale(tmp_path)
        return made

    monkeypatch.setattr(sockets, "bind", bind_and_be_looked_at)
    ours = listening(tmp_path)
    with closing(ours.bind()):
        channel.remove_stale(tmp_path)
        assert [path.name for path in tmp_path.iterdir()] == [ours.path.name]
        assert ours.is_found
        sockets.connect(ours.path, 1).close()


def test_what_a_crashed_server_left_is_removed(tmp_path: Path) -> None:
    left = tmp_path / "jupyter_auth-4000000.sock"
    sockets.bind(left).close()
    ours = listening(tmp_path)
    ours.path.with_suffix(".new").touch()  # of one that had our id, and died at that moment
    with closing(ours.bind()):
        assert [path.name for path in tmp_path.iterdir()] == [ours.path.name]


def test_a_path_that_cannot_be_taken_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> None:
        raise OSError("no")

    monkeypatch.setattr(Path, "rename", fails)
    with pytest.raises(OSError, match="no"):
        listening(tmp_path).bind()
    assert not [*tmp_path.iterdir()]
