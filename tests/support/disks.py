"""A small disk of a test's own: a tmpfs in a mount namespace, where the system lets us make one."""

import subprocess
import sys
from functools import cache
from pathlib import Path

_UNSHARE = ("unshare", "--map-root-user", "--mount")
_AS_ROOT = ("unshare", "--mount")


@cache
def namespace() -> tuple[str, ...]:
    """The command that makes one; empty where it is not permitted."""
    for way in (_UNSHARE, _AS_ROOT):
        try:
            tried = subprocess.run(
                [*way, "sh", "-c", "mount -t tmpfs -o size=64k tmpfs /mnt"], capture_output=True, check=False
            )
        except FileNotFoundError:
            return ()
        if tried.returncode == 0:
            return way
    return ()


def on_small_disk(folder: Path, size: str, *command: str) -> list[str]:
    """The command, run where ``folder`` is a disk of ``size`` that nobody else sees."""
    script = f'mount -t tmpfs -o size={size},mode=0700 tmpfs "$0" && exec "$@"'
    return [*namespace(), "sh", "-c", script, str(folder), *command]


def set_read_only(folder: Path, *, on: bool) -> None:
    """Switch that disk; called by a process that is on it."""
    way = f"remount,{'ro' if on else 'rw'}"
    subprocess.run(["mount", "-o", way, str(folder)], check=True, stdout=sys.stderr)
