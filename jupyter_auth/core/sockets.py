"""Unix sockets by path, also where the path is longer than the 108 bytes a socket address holds."""

from __future__ import annotations

import os
import socket
import struct
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

MAX_PATH = 100  # bytes


@contextmanager
def _address(path: Path) -> Iterator[str]:
    """An address for ``path``: itself, or through ``/proc/self/fd`` where it is too long."""
    if len(os.fsencode(path)) <= MAX_PATH or not sys.platform.startswith("linux"):
        yield str(path)
        return
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield f"/proc/self/fd/{folder}/{path.name}"
    finally:
        os.close(folder)


def connect(path: Path, timeout: float) -> socket.socket:
    """A connection to the socket at ``path``; raises ``OSError``."""
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    sock.settimeout(timeout)
    try:
        with _address(path) as address:
            _wait_in_line(sock, address, time.monotonic() + timeout)
    except BaseException:
        sock.close()
        raise
    return sock


def _wait_in_line(sock: socket.socket, address: str, until: float) -> None:
    """Connect; a full queue of a listener is no error before ``until``, unlike what the system says of it."""
    while True:
        try:
            return sock.connect(address)
        except BlockingIOError:
            if time.monotonic() > until:
                raise
            time.sleep(0.01)


def bind(path: Path) -> socket.socket:
    """A listening-ready socket at ``path``, mode 0600."""
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        with suppress(OSError):  # Linux makes the file with this mode; elsewhere it is open for a moment
            os.fchmod(sock.fileno(), 0o600)
        with _address(path) as address:
            sock.bind(address)
        path.chmod(0o600)
    except BaseException:
        sock.close()
        raise
    return sock


def may_be_own(sock: socket.socket) -> bool:
    """False where another user is at the other end; True where the system cannot tell."""
    return peer_uid(sock) in {os.geteuid(), None}


def peer_uid(sock: socket.socket) -> int | None:
    """The user id at the other end, as the kernel of the operating system tells it; None if it cannot."""
    if sys.platform.startswith("linux"):
        credentials = sock.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
        return int(struct.unpack("3i", credentials)[1])
    if sys.platform == "darwin":
        # struct xucred: version, uid, group count and groups (LOCAL_PEERCRED, level SOL_LOCAL)
        credentials = sock.getsockopt(0, 1, 76)
        return int(struct.unpack_from("=Ii", credentials)[1])
    return None


def peer_pid(sock: socket.socket) -> int | None:
    """The process at the other end, as it was when it connected; None where the system cannot tell, or it
    is in another namespace."""
    if sys.platform.startswith("linux"):
        credentials = sock.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
        return int(struct.unpack("3i", credentials)[0]) or None
    if sys.platform == "darwin":
        return sock.getsockopt(0, 2) or None  # LOCAL_PEERPID, level SOL_LOCAL
    return None
