"""Which filesystems are shared over a network: there SQLite's write-ahead log and ``flock`` do not hold."""

from pathlib import Path

#: Names that the operating system gives them; ``fuse.…`` may be anything (sshfs, GlusterFS, JuiceFS).
_NETWORK = frozenset(
    {
        *(
            "9p",
            "acfs",
            "afpfs",
            "afs",
            "beegfs",
            "ceph",
            "cifs",
            "drvfs",
            "dvs",
            "gfs2",
            "glusterfs",
            "gpfs",
        ),
        *("lustre", "ncpfs", "nfs", "nfs4", "ocfs2", "orangefs", "panfs", "prl_fs", "pvfs2", "smb2", "smb3"),
        *("smbfs", "vboxsf", "virtiofs", "webdav", "weka", "wekafs"),
    }
)
_LOCAL_FUSE = frozenset({"fuseblk", "fuse.ntfs", "fuse.ntfs-3g", "fuse.exfat", "fuse.fuse-overlayfs"})


def network_filesystem(path: Path) -> str | None:
    """The name of the network filesystem that ``path`` is (or will be) on; None for a local one."""
    import psutil  # noqa: PLC0415 -- with the first use, not at a server's start

    here = path.resolve()
    best: tuple[int, str] = (-1, "")
    for mount in psutil.disk_partitions(all=True):
        point = Path(mount.mountpoint)
        if here == point or point in here.parents:
            # of two at one place the later covers the earlier, as automounts do
            best = max((len(point.parts), mount.fstype), best, key=lambda found: found[0])
    kind = best[1].lower()
    is_fuse = kind.startswith("fuse") and kind not in _LOCAL_FUSE
    return kind if kind in _NETWORK or is_fuse else None
