"""A process's own generation file: there while the process lives, removed by the next one after it."""

import subprocess
import sys
from pathlib import Path

from jupyter_auth.cache.own_generation import own_generation

MAKE = """
import sys, pathlib
from jupyter_auth.cache.own_generation import own_generation
print(own_generation(pathlib.Path(sys.argv[1])).path, flush=True)
sys.stdin.read()
"""


def test_what_the_dead_leave_is_removed_and_what_the_living_hold_is_not(tmp_path: Path) -> None:
    folder = tmp_path / "own"
    with subprocess.Popen(
        [sys.executable, "-c", MAKE, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        theirs = Path(other.stdout.readline().strip())
        assert theirs.parent == folder
        own = own_generation(folder)
        assert own is not None and {path.name for path in folder.iterdir()} == {theirs.name, own.path.name}
        other.kill()
    again = own_generation(folder)
    assert again is not None
    assert {path.name for path in folder.iterdir()} == {own.path.name, again.path.name}
    assert own.is_current() and own.value != again.value


def test_where_none_can_be_made_there_is_none(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file")
    assert own_generation(tmp_path / "taken") is None


def test_what_is_not_ours_is_left_alone(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    (tmp_path / "target").write_text("somebody's")
    (tmp_path / "generation-link").symlink_to(tmp_path / "target")
    (tmp_path / "generation-folder").mkdir()
    assert own_generation(tmp_path) is not None
    assert (tmp_path / "generation-link").is_symlink() and (tmp_path / "generation-folder").is_dir()
    assert (tmp_path / "target").read_text() == "somebody's"
