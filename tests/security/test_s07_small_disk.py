"""S7: disk full or read-only: memory serves, the old file stays, the user is told.

The disks are real ones, where the system lets a test mount them. Where it does not (containers without user
namespaces), the disk is a limit on the size of the process's files; ``tests/unit/cache/test_full_disk.py``
has more of these.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.disks import namespace
from tests.unit.cache.elsewhere import Elsewhere


class Disk:
    """A process on a disk of 1 MB."""

    def __init__(self, process: Elsewhere, *, mounted: bool) -> None:
        self.process = process
        self._mounted = mounted

    def fill(self) -> None:
        if self._mounted:
            assert self.process("fill") > 0
        else:
            self.process("limit", 0)

    def make_room(self) -> None:
        self.process("make_room") if self._mounted else self.process("limit", -1)

    def read_only(self, *, on: bool) -> None:
        if self._mounted:
            self.process("read_only", on)
        else:
            self.process("limit", 0 if on else -1)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    mounted = bool(namespace())
    with Elsewhere(tmp_path, disk="1m" if mounted else "") as process:
        yield Disk(process, mounted=mounted)


def fails(answer: object) -> bool:
    return isinstance(answer, dict) and answer["error"] in {"cache_error", "no_safe_store"}


def test_a_full_disk_costs_the_write_and_nothing_else(disk: Disk) -> None:
    process = disk.process
    process("sign_in", "old")
    disk.fill()
    refused = [process("put", f"k{n}", 30_000, True) for n in range(5)]
    assert all(fails(answer) for answer in refused)
    assert "See that the disk is not full" in process("hint", "put", "k", 30_000, True)
    assert process("peek") == "old" and process("accounts") == ["ada"] and process("notes") == []
    disk.make_room()
    assert process("put", "k", 30_000, True) is None and "k" in process("keys")


def test_a_rotation_on_a_full_disk_is_kept_and_saved_later(disk: Disk) -> None:
    process = disk.process
    process("sign_in", "old")
    disk.fill()
    for number in range(200):  # the log may have had room for a few
        answer = process("refresh", f"rotated{number}", process("epoch"))
        if fails(answer):
            break
    assert answer["reason"] == "not_saved"
    assert "Do not stop the server" in process("cache_notes")[0]
    disk.make_room()
    assert process("refresh_token") == f"rotated{number}" and process("cache_notes") == []


def test_a_clear_on_a_full_disk_clears(disk: Disk) -> None:
    process = disk.process
    process("sign_in", "old")
    disk.fill()
    process("clear")  # made anew where there is room for it, else told
    assert process("peek") is None
    disk.make_room()
    assert process("accounts") == [] and process("notes") == []
    assert process("sign_in", "new") is None and process("accounts") == ["ada"]


def test_a_change_of_keys_on_a_full_disk_changes_nothing(disk: Disk) -> None:
    process = disk.process
    process("sign_in", "old")
    for number in range(5):
        process("put", f"k{number}", 10_000, True)
    disk.fill()
    assert fails(process("rotate_key"))
    assert process("accounts") == ["ada"] and len(process("keys")) == 5
    disk.make_room()
    assert process("rotate_key") == 8 and process("accounts") == ["ada"]


def test_a_store_on_a_read_only_disk_is_told_and_left_as_it_is(disk: Disk) -> None:
    """A server that is started then serves from memory: ``broker.storage.open_store``."""
    process = disk.process
    process("sign_in", "old")
    process("shut")
    disk.read_only(on=True)
    assert fails(process("open"))
    assert "could not be used" in process("told", "open") or "cannot be used" in process("told", "open")
    disk.read_only(on=False)
    assert process("accounts") == ["ada"] and process("refresh_token") is not None and process("notes") == []
