"""The generation counter: every process that maps the file sees every bump, and only that file is mapped."""

import os
import stat
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from jupyter_auth.core.generation import SIZE, Generation
from tests.unit.in_the_way import THINGS, Make

SEEN_ELSEWHERE = """
import sys
from pathlib import Path
from jupyter_auth.core.generation import Generation
counter = Generation(Path(sys.argv[1]))
for line in sys.stdin:
    print(counter.bump() if line == "bump\\n" else counter.value, flush=True)
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "generation"


def test_the_file_is_made_private_and_with_eight_bytes(path: Path) -> None:
    old = os.umask(0)
    try:
        Generation(path, create=True).close()
    finally:
        os.umask(old)
    status = path.stat()
    assert (stat.S_IMODE(status.st_mode), status.st_size) == (0o600, SIZE)
    assert status.st_blocks > 0  # no hole: a bump must need no more disk


def test_it_is_the_integer_of_the_protocol(path: Path) -> None:
    counter = Generation(path, create=True)
    counter.bump()
    assert int.from_bytes(path.read_bytes(), sys.byteorder, signed=True) == counter.value


def test_it_is_made_only_where_that_is_asked(path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        Generation(path)
    assert not path.exists()


def test_opening_it_again_changes_nothing(path: Path) -> None:
    first = Generation(path, create=True)
    value = first.bump()
    assert Generation(path, create=True).value == Generation(path).value == first.value == value


@pytest.mark.parametrize("size", range(SIZE))
def test_one_that_a_crash_left_too_short_is_completed(path: Path, size: int) -> None:
    path.write_bytes(b"\xff" * size)
    counter = Generation(path, create=True)
    assert counter.bump() == counter.value > 0 and path.stat().st_size == SIZE


def test_a_bump_is_the_time_in_nanoseconds(path: Path) -> None:
    before = time.time_ns()
    assert before <= Generation(path, create=True).bump() <= time.time_ns()


@pytest.mark.parametrize("now", [0, 1, 10**9, 1_800_000_000 * 10**9])
def test_it_rises_while_the_clock_stands_or_steps_back(
    path: Path, now: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    counter = Generation(path, create=True)
    start = counter.bump()
    monkeypatch.setattr(time, "time_ns", lambda: now)
    values = [counter.bump() for _ in range(1000)]
    assert values == sorted(set(values)) and values[0] > start


def test_a_damaged_counter_at_its_very_end_still_changes(path: Path) -> None:
    path.write_bytes((2**63 - 1).to_bytes(SIZE, sys.byteorder))
    counter = Generation(path)
    values = {counter.value, counter.bump(), counter.bump()}
    assert len(values) == 3


def test_two_mappings_see_each_other(path: Path) -> None:
    one, other = Generation(path, create=True), Generation(path)
    for bumped, seen in ((one, other), (other, one), (one, other)):
        assert bumped.bump() == seen.value == seen.cells[0]


def test_two_processes_see_each_other(path: Path) -> None:
    counter = Generation(path, create=True)
    with subprocess.Popen(
        [sys.executable, "-c", SEEN_ELSEWHERE, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        bufsize=1,
    ) as process:
        assert process.stdin and process.stdout
        for order in ("look\n", "bump\n", "look\n"):
            bumped = counter.bump()
            process.stdin.write(order)
            theirs = int(process.stdout.readline())
            assert theirs == counter.value
            assert (theirs > bumped) is (order == "bump\n")
        process.stdin.close()


def test_threads_that_bump_never_bring_an_old_value_back(path: Path) -> None:
    counter = Generation(path, create=True)
    seen: list[int] = []

    def bump() -> None:
        seen.extend(counter.bump() for _ in range(2000))

    threads = [threading.Thread(target=bump) for _ in range(4)]
    start = counter.value
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert counter.value > start and min(seen) > start


def _device(path: Path, other: Path) -> None:
    path.symlink_to("/dev/zero")


def _other_file(path: Path, other: Path) -> None:
    path.write_bytes(other.read_bytes())


@pytest.mark.parametrize("place", [*THINGS, _device, _other_file], ids=lambda f: f.__name__)
@pytest.mark.parametrize("create", [True, False])
def test_nothing_but_a_generation_file_is_mapped_or_changed(path: Path, create: bool, place: Make) -> None:
    other = path.with_name("other")
    other.write_text("somebody's letter")
    place(path, other)
    with pytest.raises(OSError) as caught:  # noqa: PT011 -- the system words it, or we do
        Generation(path, create=create)
    assert str(path) in str(caught.value)
    assert other.read_text() == "somebody's letter"
    assert not path.with_name("nothing").exists()


def test_a_replaced_or_removed_file_is_noticed(path: Path) -> None:
    counter = Generation(path, create=True)
    assert counter.is_current()
    moved = path.rename(path.with_name("moved"))
    assert not counter.is_current()
    path.symlink_to(moved)
    assert not counter.is_current()
    path.unlink()
    newer = Generation(path, create=True)
    assert not counter.is_current() and newer.is_current()
    counter.bump()
    assert newer.value != counter.value


def test_it_lets_go(path: Path) -> None:
    counter = Generation(path, create=True)
    counter.close()
    with pytest.raises(ValueError, match="released"):
        counter.bump()
