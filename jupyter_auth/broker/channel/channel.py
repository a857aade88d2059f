"""The kernel socket: one unix socket a broker, in the broker's own event loop, for its own user only."""

import asyncio
import contextlib
import logging
import os
import secrets
import socket
import time
from pathlib import Path

from jupyter_auth.broker.channel.callers import Callers
from jupyter_auth.broker.channel.connection import KernelConnection
from jupyter_auth.cache import places
from jupyter_auth.cache.filesystems import network_filesystem
from jupyter_auth.core import sockets

log = logging.getLogger(__name__)

BACKLOG = 256
STARTING = 10.0  # seconds that a server may need from making its socket to listening on it
MAX_CONNECTIONS = 1024
MAX_OF_A_KERNEL = 256  # its threads and its workers; no kernel can take the place of all the others
MAX_UNPROVEN = 128  # a kernel proves itself within milliseconds: who has waited longest is none


class KernelChannel:
    """The listening socket and its connections."""

    def __init__(self, path: Path, callers: Callers) -> None:
        self.path = path
        self.broker_id = secrets.token_hex(16)
        self.callers = callers
        self._unproven: dict[KernelConnection, None] = {}  # the oldest first
        self._proven: dict[KernelConnection, str] = {}
        self._server: asyncio.Server | None = None
        self._inode: int | None = None

    def bind(self) -> socket.socket:
        """Take the path; sockets that crashed servers left are removed first."""
        remove_stale(self.path.parent)
        self.path.unlink(missing_ok=True)  # this process's alone, by its id or a lock: who left it is dead
        sock = sockets.bind(self.path)
        sock.listen(BACKLOG)  # at once: who finds the path may connect
        self._inode = self.path.stat().st_ino
        return sock

    async def serve(self, sock: socket.socket) -> None:
        """Listen, on the running loop."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_unix_server(
            lambda: KernelConnection(self), sock=sock, backlog=BACKLOG
        )

    async def close(self) -> None:
        """Stop listening, end every connection, remove the socket if it is still ours."""
        if self._server is not None:
            self._server.close()
        for connection in (*self._unproven, *self._proven):
            connection.abort()
        with contextlib.suppress(OSError):
            if self.is_found:
                self.path.unlink()

    @property
    def is_found(self) -> bool:
        """True while the path leads to this socket."""
        try:
            return self.path.stat().st_ino == self._inode
        except OSError:
            return False

    @property
    def connected(self) -> int:
        """How many proven connections there are."""
        return len(self._proven)

    @property
    def is_empty(self) -> bool:
        """True while nobody is connected."""
        return not self._unproven and not self._proven

    def has(self, caller: str) -> bool:
        """True while that caller has a proven connection."""
        return caller in self._proven.values()

    def admit(self, connection: KernelConnection, sock: socket.socket) -> bool:
        """Whether to listen to a peer at all: this user's own, and not too many."""
        if sockets.peer_uid(sock) != os.geteuid():
            log.warning("A process of another user was refused on the kernel socket.")
            return False
        if len(self._unproven) >= MAX_UNPROVEN:
            log.warning("Too many connections wait on the kernel socket; the oldest was ended.")
            oldest = next(iter(self._unproven))
            self.forget(oldest)
            oldest.abort()
        self._unproven[connection] = None
        return True

    def proven(self, connection: KernelConnection, kernel_id: str) -> bool:
        """The connection has shown whose it is; False where that kernel, or all of them, have too many."""
        of_it = sum(known == kernel_id for known in self._proven.values())
        if of_it >= MAX_OF_A_KERNEL or len(self._proven) >= MAX_CONNECTIONS:
            log.warning("Too many connections of kernels on the kernel socket; one was refused.")
            return False
        self._unproven.pop(connection, None)
        self._proven[connection] = kernel_id
        return True

    def forget(self, connection: KernelConnection) -> None:
        """The connection has ended."""
        self._unproven.pop(connection, None)
        self._proven.pop(connection, None)


def runtime_folder(folder: Path) -> Path:
    """Jupyter's runtime folder, closed to others; where it is a link of this user's own, what it leads to.

    Raises ``NoSafeStoreError`` for anybody else's, and ``OSError``.
    """
    with contextlib.suppress(OSError):
        if folder.is_symlink() and folder.lstat().st_uid == os.geteuid():
            folder = folder.resolve()
    return places.private_folder(folder)


def server_socket(folder: Path) -> Path:
    """Where this process, a Jupyter server, has its socket."""
    return folder / f"jupyter_auth-{os.getpid()}.sock"


def remove_stale(folder: Path) -> None:
    """Remove sockets of ours that nobody listens on: what a crashed server leaves. One that another server
    has made just now, and does not listen on yet, is none; and in a folder that machines share nobody can
    tell, for the sockets of another machine's servers refuse here, too."""
    for path in folder.glob("jupyter_auth-*.sock"):
        with contextlib.suppress(OSError):
            try:
                sockets.connect(path, timeout=0.2).close()
            except ConnectionRefusedError:
                if not _is_starting(path) and network_filesystem(folder) is None:
                    path.unlink()


def _is_starting(path: Path) -> bool:
    """True of a socket that a server has made a moment ago which still runs."""
    pid = path.stem.rpartition("-")[2]
    if not pid.isdecimal() or time.time() - path.lstat().st_mtime > STARTING:
        return False
    try:
        os.kill(int(pid), 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:  # it runs, as somebody else
        return True
    return True
