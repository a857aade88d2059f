"""One connection to the broker of a server or of the agent: hello, proof, then one request and one answer at
a time."""

from __future__ import annotations

import contextlib
import os
import socket
import sys
from pathlib import Path
from typing import Any, TypeVar

from jupyter_auth.core import frames, sockets
from jupyter_auth.core.errors import AuthError, TransportError, error_from_wire
from jupyter_auth.core.wire import request_to_wire, unreadable

CONNECT_TIMEOUT = 5.0  # seconds
CALL_TIMEOUT = 100.0  # seconds: longer than the broker's own limit, which explains more

Message = dict[str, Any]
T = TypeVar("T")


class Connection:
    """A proven connection. Not for several threads at once."""

    def __init__(self, sock: socket.socket, path: Path, why: str = "") -> None:
        self._about = {"where": "server", "why": why, "socket": str(path)}
        self._sock = sock
        self.pid = os.getpid()
        self._unanswered = False
        self.kernel_id = ""
        self.generation_file: str | None = None

    @classmethod
    def open(cls, path: Path, why: str = "") -> Connection:
        """A connection to who listens at ``path``; raises ``OSError`` where nobody of this user does."""
        sock = sockets.connect(path, CONNECT_TIMEOUT)
        if not sockets.may_be_own(sock):  # a proof, and belief, are for our own
            sock.close()
            raise PermissionError("another user listens there")
        return cls(sock, path, why)

    def prove(self, key: bytes, worker: Message | None = None) -> None:
        """Greet and prove whose process this is; raises ``AuthError`` where the broker does not agree. With
        ``worker`` the connection is limited to what a handle is for."""
        hello = self.call({"op": "hello", "v": frames.PROTOCOL_VERSION}, CONNECT_TIMEOUT)
        mac = frames.proof(key, part(hello, "broker_id", str), part(hello, "nonce", str))
        limits = {} if worker is None else {"worker": worker}
        proven = self.call({"op": "prove", "mac": mac, **limits}, CONNECT_TIMEOUT)
        if worker is not None and proven.get("worker") is not True:
            raise unreadable("This Jupyter server's token broker knows no handles for workers.")
        self.kernel_id = str(proven.get("kernel_id"))
        self.generation_file = proven.get("generation_file") or hello.get("generation_file")
        self._about["kernel_id"] = self.kernel_id

    def introduce(self, caller: Message) -> None:
        """Greet the agent, which knows this process by what the system tells it; ``caller`` is what people
        are shown of it. Raises ``AuthError`` where it is no agent, or does not agree."""
        if sockets.peer_uid(self._sock) != os.geteuid():  # on both sides it is all there is to go by
            raise unreadable("Nobody can tell whose process the agent is.")
        hello = self.call({"op": "hello", "v": frames.PROTOCOL_VERSION}, CONNECT_TIMEOUT)
        if hello.get("proof") != "process":
            raise unreadable("What listens on the agent's socket is no agent.")
        self.call({"op": "prove", "caller": caller}, CONNECT_TIMEOUT)
        self.generation_file = hello.get("generation_file")
        self._about |= {"where": "agent", "pid": str(self.peer or "unknown")}

    def peek(self) -> Message | None:
        """What a hello of a version that never was is answered: nothing is opened or proven by it. None where
        it is no broker, or says nothing."""
        try:
            answer = self._exchanged({"op": "hello", "v": 0}, CONNECT_TIMEOUT)
        except AuthError:
            return None
        return answer if answer.get("error") == "unknown_version" else None

    def call(self, message: Message, timeout: float = CALL_TIMEOUT) -> Message:
        """Send a request and read its answer.

        Raises the error the broker answers with, or ``TransportError`` when it has gone. Whatever
        interrupts it closes the connection, since an answer would be left in it.
        """
        __tracebackhide__ = True  # IPython leaves these frames out: the error says what matters
        return unwrapped(self._exchanged(message, timeout))

    def _exchanged(self, message: Message, timeout: float) -> Message:
        __tracebackhide__ = True
        try:
            self._sock.settimeout(timeout)
            self._unanswered = True  # until the whole answer is here, whatever interrupts, and however often
            self._sock.sendall(frames.encode(request_to_wire(message)))
            answer = frames.read_frame(self._sock)
            self._unanswered = False
        except TimeoutError:
            self.close()
            raise lost("The token broker did not answer in time.") from None
        except OSError:
            self.close()
            raise lost("The connection to the token broker was lost.") from None
        except BaseException as stop:
            self.close()
            from jupyter_auth.kernel.stopping import hide_ours  # noqa: PLC0415 -- a cell is seldom stopped here

            hide_ours(stop)
            raise
        return answer

    def close(self) -> None:
        """End it; a call that waits in another thread ends with ``TransportError``."""
        with contextlib.suppress(OSError):
            self._sock.shutdown(socket.SHUT_RDWR)
        self._sock.close()

    @property
    def is_closed(self) -> bool:
        """True once it cannot be used any more, in this process: nor while an answer is still in it."""
        return self._unanswered or self._sock.fileno() < 0 or self.pid != os.getpid()

    @property
    def peer(self) -> int | None:
        """The process at the other end, where the system tells it."""
        return sockets.peer_pid(self._sock)

    def described(self) -> dict[str, str]:
        """Which broker this is, and how it was found."""
        return dict(self._about)


def lost(message: str) -> TransportError:
    """The error for a broker that has gone."""
    return TransportError(message, reason="broker_lost", hint="Run the cell again.", retryable=True)


def unwrapped(answer: Message) -> Message:
    """The answer, or the error that it is."""
    __tracebackhide__ = True
    if "error" not in answer:
        return answer
    if answer["error"] == "unknown_version":
        raise _other_version(answer.get("v"))
    raise error_from_wire(answer)


def _other_version(theirs: object) -> TransportError:
    ours = frames.PROTOCOL_VERSION
    newer = f"{sys.executable} -m pip install --upgrade jupyter-token-broker"
    if isinstance(theirs, int) and theirs > ours:
        hint = f"Update jupyter-token-broker where this kernel runs: {newer}"
    elif isinstance(theirs, int):
        hint = "Update jupyter-token-broker where the Jupyter server runs, and restart the server."
    else:
        hint = "Install the same version of jupyter-token-broker for the kernel and for the server."
    return TransportError(
        f"This kernel speaks protocol {ours}; the server's broker speaks {str(theirs)[:20]}.",
        reason="version",
        hint=hint,
        retryable=False,
    )


def part(answer: Message, name: str, kind: type[T]) -> T:
    """A field of an answer; raises ``TransportError`` where a broker of another version leaves it out."""
    __tracebackhide__ = True
    value = answer.get(name)
    if not isinstance(value, kind):
        raise unreadable(f"The token broker's answer has no {name} that this kernel can read.")
    return value
