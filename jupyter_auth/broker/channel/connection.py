"""One caller's line to a broker.

A peer proves whose it is, as the callers are known here, and then sends requests, one at a time. What memory
can answer is answered at once, without a task.
"""

import asyncio
import logging
import secrets
from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any

from jupyter_auth import __version__
from jupyter_auth.broker.auditing.actors import Actor
from jupyter_auth.broker.channel.callers import CallerSession, Peer
from jupyter_auth.broker.failing import failed
from jupyter_auth.broker.operations import Operations, Session
from jupyter_auth.core import frames, sockets
from jupyter_auth.core.audit import Via
from jupyter_auth.core.errors import PolicyError, TransportError, error_to_wire
from jupyter_auth.core.faults import where
from jupyter_auth.core.frames import FrameError

if TYPE_CHECKING:
    from jupyter_auth.broker.channel.channel import KernelChannel

log = logging.getLogger(__name__)

UNPROVEN = Actor(via=Via.KERNEL)
PROOF_TIMEOUT = 5.0  # seconds from connecting to a proof
FRAMES_A_TURN = 32
READ_SIZE = 4096  # bytes, more than nearly every request has


class KernelConnection(asyncio.BufferedProtocol):
    """One caller's connection: hello, prove, then requests in order."""

    def __init__(self, channel: "KernelChannel") -> None:
        self._channel = channel
        self._callers = channel.callers
        self._peer = Peer(pid=None)
        self._read = bytearray(READ_SIZE)  # what comes is read into it, without a new buffer each time
        self._buffer = bytearray()
        self._unread = False
        self._nonce: str | None = None
        self._session: CallerSession | None = None
        self._task: asyncio.Task[None] | None = None
        self._deadline: asyncio.TimerHandle | None = None
        self._transport: asyncio.Transport | None = None

    # -- asyncio's callbacks --------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 -- what asyncio promises
        self._transport = transport
        sock = transport.get_extra_info("socket")
        if not self._channel.admit(self, sock):
            transport.abort()
            return
        self._peer = Peer(pid=sockets.peer_pid(sock))
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
            self._refuse(problem)

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
            self._greet(frames.decode(body))
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
            log.error("A caller's connection failed: %s", where(problem))
            self._close()
            return
        self._go_on()

    def _go_on(self) -> None:
        """After a pause: first what waits in the buffer, then what comes."""
        self._advance()
        if self._transport is not None and len(self._buffer) <= frames.MAX_FRAME:
            self._transport.resume_reading()

    async def _answer(self, session: CallerSession, message: dict[str, object]) -> None:
        try:
            self._send(await session.answer(message))
        except Exception as problem:  # noqa: BLE001 -- a fault of ours must not take the connection along
            self._send(failed(problem))

    # -- hello and prove ------------------------------------------------------------------------

    def _greet(self, message: dict[str, object]) -> None:
        try:
            if message.get("op") == "hello":
                self._hello(message)
            elif message.get("op") == "prove":
                self._send_proof(self._prove(message))
            else:
                raise PolicyError("Say hello and prove first.", reason="not_proven")
        except Exception as problem:  # noqa: BLE001 -- as in _answer
            self._refuse(problem)

    def _hello(self, message: dict[str, object]) -> None:
        if message.get("v") != frames.PROTOCOL_VERSION:
            told = {"error": "unknown_version", "message": "", "hint": "", "version": __version__}
            self._send({"v": frames.PROTOCOL_VERSION, **told})
            return
        self._callers.check()
        if self._callers.is_shared:
            self._welcome(None)  # which store it is is known with the proof
        elif (cache := self._callers.common.broker.cache) is not None:
            self._welcome(cache.store.generation_file)
        else:
            self._run(self._open_and_welcome())

    async def _open_and_welcome(self) -> None:
        """The first hello of a server opens the store."""
        try:
            self._welcome(await self._callers.common.generation_file())
        except Exception as problem:  # noqa: BLE001 -- as in _answer
            self._refuse(problem)

    def _welcome(self, generation_file: str | None) -> None:
        self._nonce = secrets.token_hex(32)
        self._send(
            {
                "v": frames.PROTOCOL_VERSION,
                "nonce": self._nonce,
                "broker_id": self._channel.broker_id,
                "proof": self._callers.proof,
                "generation_file": generation_file,
            }
        )

    def _refuse(self, problem: Exception) -> None:
        """Say why, and hear no more: nor what has come behind it."""
        self._send(failed(problem))
        self._buffer.clear()
        self._close()

    def _prove(self, message: dict[str, object]) -> dict[str, object]:
        nonce, self._nonce = self._nonce, None  # single use, whatever comes of it
        caller = None
        if nonce is not None:
            caller = self._callers.identify(message, self._channel.broker_id, nonce, self._peer)
        if caller is None:
            refused = self._callers.unknown()
            self._callers.denied(refused, UNPROVEN)
            raise refused
        if not self._channel.proven(self, caller):
            raise TransportError(
                "This kernel has too many connections to the token broker.",
                reason="too_many_connections",
                hint="End threads and workers of the kernel that need none, or restart it.",
                retryable=True,
            )
        self._session = self._callers.session(caller, message)
        if self._deadline is not None:
            self._deadline.cancel()
        return {"ok": True, "kernel_id": caller, **({"worker": True} if "worker" in message else {})}

    def _send_proof(self, answer: dict[str, object]) -> None:
        if self._callers.is_shared and isinstance(self._session, Session):
            self._run(self._answer_proof(answer, self._session.operations))
        else:
            self._send(answer)

    async def _answer_proof(self, answer: dict[str, object], operations: Operations) -> None:
        """Where each person has a store, the kernel learns with its proof which one is its own."""
        try:
            self._send({**answer, "generation_file": await operations.generation_file()})
        except Exception as problem:  # noqa: BLE001 -- as in _answer
            self._refuse(problem)

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
