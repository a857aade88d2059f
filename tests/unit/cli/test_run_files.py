"""Where a command reads its token: replaced as a whole, in this user's hands alone, gone in the end."""

import os
import subprocess
import threading
from contextlib import suppress
from pathlib import Path

import pytest

from jupyter_auth.cli.run import files
from jupyter_auth.cli.run.files import Content, InMemory, OnDisk, folder
from jupyter_auth.core.errors import NoSafeStoreError

KINDS = (InMemory, OnDisk)
FIRST, SECOND = "a" * 3000, "b" * 5000


@pytest.fixture(autouse=True)
def runtime(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(tmp_path / "runtime"))
    return tmp_path / "runtime"


@pytest.mark.parametrize("kind", KINDS)
def test_it_is_read_as_often_as_one_likes_and_replaced_and_taken_away(
    tmp_path: Path, kind: type[InMemory | OnDisk]
) -> None:
    held: Content = kind(tmp_path / "token")
    for text in (FIRST, SECOND, FIRST):
        held.put(text)
        assert [held.path.read_text(), held.path.read_text()] == [text, text]
        assert held.path.stat().st_mode & 0o777 == 0o600
    held.withdraw()
    held.withdraw()
    assert not held.path.exists() and list(tmp_path.iterdir()) == []
    held.put(SECOND)
    assert held.path.read_text() == SECOND


@pytest.mark.parametrize("kind", KINDS)
def test_nobody_reads_half_of_it(tmp_path: Path, kind: type[InMemory | OnDisk]) -> None:
    held: Content = kind(tmp_path / "token")
    held.put(FIRST)
    seen: set[str] = set()
    ended = threading.Event()

    def read() -> None:
        while not ended.is_set():
            with suppress(FileNotFoundError):  # one that two renewals overtake has to open it again
                seen.add(held.path.read_text())

    reader = threading.Thread(target=read)
    reader.start()
    for number in range(300):
        held.put((FIRST, SECOND)[number % 2])
    ended.set()
    reader.join()
    assert seen <= {FIRST, SECOND} and seen


def test_what_is_in_memory_cannot_be_written_to_and_uses_no_more_descriptors(tmp_path: Path) -> None:
    held = InMemory(tmp_path / "token")
    held.put(FIRST)
    held.put(FIRST)
    before = len(os.listdir("/proc/self/fd"))  # noqa: PTH208 -- what is counted
    for _ in range(50):
        held.put(SECOND)
    assert len(os.listdir("/proc/self/fd")) == before  # noqa: PTH208
    with pytest.raises(PermissionError):
        held.path.write_text("mine")
    assert held.path.read_text() == SECOND


def test_a_folder_of_a_process_that_was_killed_goes_and_no_other(runtime: Path) -> None:
    with folder() as first:
        assert first.stat().st_mode & 0o777 == 0o700
        ours = first.name.rpartition(f"-{os.getpid()}-")[0]
        with subprocess.Popen(["true"]) as dead:
            pass
        left = [runtime / f"{ours}-{dead.pid}-x", runtime / f"{ours}-{os.getppid()}-x"]
        far = runtime / f"{files.PREFIX}00000000-{dead.pid}-x"  # of another host, or container
        for made in (*left, far):
            made.mkdir()
            (made / "token").write_text("x")
        with folder() as second:
            assert sorted(runtime.iterdir()) == sorted([first, second, left[1], far])
    assert not first.exists()


def test_it_is_in_no_folder_of_somebody_elses(
    tmp_path: Path, runtime: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who owns the folder above may put another in its place, with another token or a link in it."""
    runtime.mkdir()
    if os.geteuid() == 0:
        os.chown(runtime, 4242, 4242)
    else:
        monkeypatch.setenv("JUPYTER_RUNTIME_DIR", "/")
    with pytest.raises(NoSafeStoreError, match="another user"), folder():
        pass
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(tmp_path / "link"))
    (tmp_path / "own").mkdir(mode=0o777)
    (tmp_path / "own").chmod(0o777)
    (tmp_path / "link").symlink_to("own")
    with folder() as own:
        assert own.parent == tmp_path / "own" and own.parent.stat().st_mode & 0o777 == 0o700


def test_a_link_in_the_way_is_not_followed(runtime: Path, tmp_path: Path) -> None:
    with folder() as own:
        ours = own.name.rpartition(f"-{os.getpid()}-")[0]
    with subprocess.Popen(["true"]) as dead:
        pass
    (tmp_path / "precious").mkdir()
    (runtime / f"{ours}-{dead.pid}-x").symlink_to(tmp_path / "precious")
    with folder():
        assert (tmp_path / "precious").exists()


def test_a_descriptor_has_no_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for possible in (True, False):
        monkeypatch.setattr(files, "has_memory", lambda possible=possible: possible)
        descriptor = files.descriptor_of(FIRST, tmp_path)
        assert os.read(descriptor, 10_000).decode() == FIRST and list(tmp_path.iterdir()) == []
        os.close(descriptor)
