"""Which filesystems count as shared over a network."""

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest

from jupyter_auth.cache.filesystems import network_filesystem

Mount = Callable[..., None]


@pytest.fixture
def mount(monkeypatch: pytest.MonkeyPatch) -> Mount:
    """Have these mounts, in this order: pairs of place and kind."""

    def set_mounts(*mounts: tuple[str | Path, str]) -> None:
        rows = [SimpleNamespace(mountpoint=str(place), fstype=kind) for place, kind in mounts]
        monkeypatch.setattr(psutil, "disk_partitions", lambda all: rows)

    return set_mounts


@pytest.mark.parametrize(
    "kind", ["nfs", "nfs4", "lustre", "gpfs", "cifs", "ceph", "beegfs", "fuse.sshfs", "9p"]
)
def test_a_network_filesystem_is_named(mount: Mount, tmp_path: Path, kind: str) -> None:
    mount(("/", "ext4"), (tmp_path, kind))
    assert network_filesystem(tmp_path / "data" / "jupyter_auth") == kind
    assert network_filesystem(tmp_path) == kind
    assert network_filesystem(tmp_path.parent) is None


@pytest.mark.parametrize(
    "kind", ["ext4", "xfs", "btrfs", "apfs", "overlay", "tmpfs", "zfs", "fuseblk", "fuse.ntfs-3g"]
)
def test_a_local_one_is_none(mount: Mount, tmp_path: Path, kind: str) -> None:
    mount(("/", "nfs4"), (tmp_path, kind))
    assert network_filesystem(tmp_path / "data") is None


def test_capitals_do_not_matter(mount: Mount, tmp_path: Path) -> None:
    mount((tmp_path, "NFS"))
    assert network_filesystem(tmp_path) == "nfs"


def test_the_longest_mount_wins_in_any_order(mount: Mount, tmp_path: Path) -> None:
    rows = [
        (tmp_path / "home", "nfs4"),
        ("/", "overlay"),
        (tmp_path / "home" / "scratch", "xfs"),
        (tmp_path, "ext4"),
    ]
    for turn in range(len(rows)):
        mount(*rows[turn:], *rows[:turn])
        assert network_filesystem(tmp_path / "home" / "ada") == "nfs4"
        assert network_filesystem(tmp_path / "home" / "scratch" / "ada") is None
        assert network_filesystem(tmp_path / "homework") is None  # a longer name is no inner folder


def test_of_two_at_one_place_the_later_counts(mount: Mount, tmp_path: Path) -> None:
    """An automount is a mount of its own, which the filesystem then covers."""
    mount(("/", "ext4"), (tmp_path, "autofs"), (tmp_path, "nfs4"))
    assert network_filesystem(tmp_path / "data") == "nfs4"


def test_a_link_is_followed(mount: Mount, tmp_path: Path) -> None:
    (tmp_path / "shared").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "shared")
    mount(("/", "ext4"), (tmp_path / "shared", "nfs4"))
    assert network_filesystem(tmp_path / "link" / "data") == "nfs4"


def test_no_mounts_are_no_network(mount: Mount, tmp_path: Path) -> None:
    mount()
    assert network_filesystem(tmp_path) is None
