"""The kernel socket: one unix socket a server, in the server's own event loop.

A peer has the server's user id, proves itself with its kernel's connection key, and then sends requests,
one at a time. What memory can answer is answered at once, without a task.
"""

import asyncio
import contextlib
import logging
import os
import secrets
import socket
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

from jupyter_auth.broker.operations import Operations, Session, failed
from jupyter_auth.core import frames, sockets
from jupyter_auth.core.errors import AuthError, KernelGrantRequiredError, PolicyError, error_to_wire
from jupyter_auth.core.faults import where
from jupyter_auth.core.frames import FrameError
from jupyter_auth.server.kernels import ServerKernels

log = logging.getLogger(__name__)

PROOF_TIMEOUT = 5.0  # seconds from connecting to a proof
MAX_CONNECTIONS = 1024
MAX_UNPROVEN = 128
FRAMES_A_TURN = 32
READ_SIZE = 4096  # bytes, more than nearly every request has


class KernelConnection(asyncio.BufferedProtocol):
    """One kernel's connection: hello, prove, then requests in order."""

    def __init__(self, channel: "KernelChannel") -> None:
        self._channel = channel
        self._read = bytearray(READ_SIZE)  # what comes is read into it, without a new buffer each time
        self._buffer = bytearray()
        self._unread = False
        self._nonce: str | None = None
        self._session: Session | None = None
        self._task: asyncio.Task[None] | None = None
        self._deadline: asyncio.TimerHandle | None = None
        self._transport: asyncio.Transport | None = None

    # -- asyncio's callbacks --------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 -- what asyncio promises
        self._transport = transport
        if not self._channel.admit(self, transport.get_extra_info("socket")):
            transport.abort()
            return
        loop = asyncio.get_running_loop()
        self._deadline = loop.call_later(PROOF_TIMEOUT, self._too_slow)

    def get_buffer(self, sizehint: int) -> bytearray:
        return self._read

    def buffer_updated(self, nbytes: int) -> None:
        self._buffer += self._read[:nbytes]
        self._advance()
        if len(self._buffer) > frames.MAX_FRAME and self._transport is not None:
            # one request more may wait here; who sends on is not read. Below that, reading goes on, since
            # only so is it noticed that a kernel which waits for a person has gone.
            self._transport.pause_reading()

    def pause_writing(self) -> None:
        """The peer does not read its answers: its next requests wait."""
        self._unread = True

    def resume_writing(self) -> None:
        self._unread = False
        self._go_on()

    def connection_lost(self, exc: Exception | None) -> None:
        self._channel.forget(self)
        if self._deadline is not None:
            self._deadline.cancel()
        if self._task is not None:
            self._task.cancel()
        if self._session is not None:
            self._session.close()

    # -- frames ---------------------------------------------------------------------------------

    def _advance(self) -> None:
        """Handle the whole frames in the buffer, until one takes time."""
        turns = FRAMES_A_TURN
        try:
            while self._task is None and not self._unread and (body := self._next_body()) is not None:
                self._handle(body)
                turns -= 1
                if not turns:  # others have their turn before the rest of what one sent at once
                    asyncio.get_running_loop().call_soon(self._go_on)
                    break
        except FrameError as problem:
            self._send(error_to_wire(problem))
            self._close()

    def _next_body(self) -> bytes | None:
        if len(self._buffer) < frames.HEADER:
            return None
        end = frames.HEADER + frames.body_length(bytes(self._buffer[: frames.HEADER]))
        if len(self._buffer) < end:
            return None
        body = bytes(self._buffer[frames.HEADER : end])
        del self._buffer[:end]
        return body

    def _handle(self, body: bytes) -> None:
        session = self._session
        if session is None:
            self._run(self._greet(frames.decode(body)))
            return
        if (ready := session.ready(body)) is not None:
            self._write(ready)
            return
        message = frames.decode(body)
        try:
            answer = session.at_once(message, body)
        except Exception as problem:  # noqa: BLE001 -- as in _answer
            answer = failed(problem)
        if answer is not None:
            self._send(answer)
        else:
            self._run(self._answer(session, message))

    def _run(self, work: Coroutine[Any, Any, None]) -> None:
        """Answer in a task; the requests behind it wait."""
        self._task = asyncio.ensure_future(work)
        self._task.add_done_callback(self._done)

    def _done(self, task: "asyncio.Task[None]") -> None:
        self._task = None
        if task.cancelled() or self._transport is None or self._transport.is_closing():
            return
        problem = task.exception()
        if problem is not None:
            log.error("A kernel's connection failed: %s", where(problem))
            self._close()
            return
        self._go_on()

    def _go_on(self) -> None:
        """After a pause: first what waits in the buffer, then what comes."""
        self._advance()
        if self._transport is not None and len(self._buffer) <= frames.MAX_FRAME:
            self._transport.resume_reading()

    async def _answer(self, session: Session, message: dict[str, object]) -> None:
        try:
            self._send(await session.answer(message))
        except Exception as problem:  # noqa: BLE001 -- a fault of ours must not take the connection along
            self._send(failed(problem))

    # -- hello and prove ------------------------------------------------------------------------

    async def _greet(self, message: dict[str, object]) -> None:
        try:
            if message.get("op") == "hello":
                self._send(await self._hello(message))
            elif message.get("op") == "prove":
                self._send(self._prove(message))
            else:
                raise PolicyError("Say hello and prove first.", reason="not_proven")
        except AuthError as problem:
            self._send(error_to_wire(problem))
            self._close()

    async def _hello(self, message: dict[str, object]) -> dict[str, object]:
        if message.get("v") != frames.PROTOCOL_VERSION:
            return {"v": frames.PROTOCOL_VERSION, "error": "unknown_version", "message": "", "hint": ""}
        generation_file = await self._channel.operations.generation_file()
        self._nonce = secrets.token_hex(32)
        return {
            "v": frames.PROTOCOL_VERSION,
            "nonce": self._nonce,
            "broker_id": self._channel.broker_id,
            "generation_file": generation_file,
        }

    def _prove(self, message: dict[str, object]) -> dict[str, object]:
        nonce, self._nonce = self._nonce, None  # single use, whatever comes of it
        mac = message.get("mac")
        kernel_id = None
        if nonce is not None and isinstance(mac, str):
            kernel_id = self._channel.kernels.prove(self._channel.broker_id, nonce, mac)
        if kernel_id is None:
            raise KernelGrantRequiredError(
                "This process is not a kernel of this server.",
                reason="proof_failed",
                hint="Start the kernel from this Jupyter server.",
            )
        self._session = Session(self._channel.operations, kernel_id)
        self._channel.proven(self)
        if self._deadline is not None:
            self._deadline.cancel()
        return {"ok": True, "kernel_id": kernel_id}

    def _too_slow(self) -> None:
        if self._session is None:
            self.abort()  # at once: a peer that does not read would keep a closing connection open

    # -- writing --------------------------------------------------------------------------------

    def _send(self, message: dict[str, object]) -> None:
        try:
            self._write(frames.encode(message))
        except FrameError as problem:
            self._write(frames.encode(error_to_wire(problem)))

    def _write(self, frame: bytes) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(frame)

    def _close(self) -> None:
        if self._transport is not None:
            self._transport.close()

    def abort(self) -> None:
        """End it at once."""
        if self._transport is not None:
            self._transport.abort()


class KernelChannel:
    """The listening socket and its connections."""

    def __init__(self, folder: Path, operations: Operations, kernels: ServerKernels) -> None:
        self.path = folder / f"jupyter_auth-{os.getpid()}.sock"
        self.broker_id = secrets.token_hex(16)
        self.operations = operations
        self.kernels = kernels
        self._connections: set[KernelConnection] = set()
        self._proven: set[KernelConnection] = set()
        self._server: asyncio.Server | None = None
        self._inode: int | None = None

    def bind(self) -> socket.socket:
        """Take the path; sockets that crashed servers left are removed first."""
        remove_stale(self.path.parent)
        self.path.unlink(missing_ok=True)  # this process's id: whoever left it is dead
        sock = sockets.bind(self.path)
        self._inode = self.path.stat().st_ino
        return sock

    async def serve(self, sock: socket.socket) -> None:
        """Listen, on the running loop."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_unix_server(lambda: KernelConnection(self), sock=sock, backlog=256)

    async def close(self) -> None:
        """Stop listening, end every connection, remove the socket if it is still ours."""
        if self._server is not None:
            self._server.close()
        for connection in list(self._connections):
            connection.abort()
        with contextlib.suppress(OSError):
            if self.path.stat().st_ino == self._inode:
                self.path.unlink()

    @property
    def connected(self) -> int:
        """How many proven connections there are."""
        return len(self._proven)

    def admit(self, connection: KernelConnection, sock: socket.socket) -> bool:
        """Whether to listen to a peer at all: this user's own, and not too many."""
        unproven = len(self._connections) - len(self._proven)
        if len(self._connections) >= MAX_CONNECTIONS or unproven >= MAX_UNPROVEN:
            log.warning("Too many connections on the kernel socket; one was refused.")
            return False
        if sockets.peer_uid(sock) != os.geteuid():
            log.warning("A process of another user was refused on the kernel socket.")
            return False
        self._connections.add(connection)
        return True

    def proven(self, connection: KernelConnection) -> None:
        """The connection has shown whose it is."""
        self._proven.add(connection)

    def forget(self, connection: KernelConnection) -> None:
        """The connection has ended."""
        self._connections.discard(connection)
        self._proven.discard(connection)


def remove_stale(folder: Path) -> None:
    """Remove sockets of ours that nobody listens on: what a crashed server leaves."""
    for path in folder.glob("jupyter_auth-*.sock"):
        with contextlib.suppress(OSError):
            try:
                sockets.connect(path, timeout=0.2).close()
            except ConnectionRefusedError:
                path.unlink()
