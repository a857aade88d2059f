"""The kernels of a Jupyter server as callers of its socket: each is known by its connection file's key."""

from collections.abc import Mapping
from typing import Any

from jupyter_auth.broker.auditing.actors import Actor
from jupyter_auth.broker.channel.callers import CallerSession, Peer, Proof
from jupyter_auth.broker.operations import Message, Operations, Session
from jupyter_auth.broker.worker_session import WorkerSession
from jupyter_auth.core.audit import Via
from jupyter_auth.core.errors import AuthError, KernelGrantRequiredError, PolicyError
from jupyter_auth.server.desks import Desks
from jupyter_auth.server.kernels import ServerKernels


class ServerCallers:
    """The kernels, and the desks of those who started them."""

    proof: Proof = "key"

    def __init__(self, desks: Desks, kernels: ServerKernels) -> None:
        self._desks = desks
        self._kernels = kernels

    @property
    def is_shared(self) -> bool:
        """True where each person has a broker of their own."""
        return self._desks.is_shared

    @property
    def common(self) -> Operations:
        """Those of the one desk."""
        return self._desks.of(None).operations

    def check(self) -> None:
        """While the server lives its kernels are heard."""

    def identify(self, message: Mapping[str, Any], broker_id: str, nonce: str, peer: Peer) -> str | None:
        """The kernel whose key made the proof."""
        mac = message.get("mac")
        return self._kernels.prove(broker_id, nonce, mac) if isinstance(mac, str) else None

    def unknown(self) -> KernelGrantRequiredError:
        """The error for who is no kernel of this server."""
        return KernelGrantRequiredError(
            "This process is not a kernel of this server.",
            reason="proof_failed",
            hint="Start the kernel from this Jupyter server.",
        )

    def session(self, caller: str, proof: Mapping[str, Any]) -> CallerSession:
        """The kernel's own, or its worker's; one that says why where nobody knows who started the kernel."""
        try:
            operations = self._desks.of_kernel(caller).operations
        except PolicyError as refused:  # it is a kernel of this server, and hears why it gets nothing
            return RefusedSession(self._desks, caller, refused)
        if "worker" not in proof:
            return Session(operations, caller)
        try:
            return WorkerSession(operations, caller, proof["worker"])
        except AuthError as refused:
            by = Actor(via=Via.WORKER, kernel_id=caller)
            operations.broker.audit.denied(refused, by=by)
            raise

    def denied(self, problem: AuthError, by: Actor) -> None:
        """Write it down where it belongs."""
        self._desks.denied(problem, by)


class RefusedSession:
    """The connection of a kernel that belongs to nobody: each request is answered with the reason."""

    def __init__(self, desks: Desks, kernel_id: str, refused: PolicyError) -> None:
        self.kernel_id = kernel_id
        self._desks = desks
        self._refused = refused

    def ready(self, body: bytes) -> bytes | None:
        """None: nothing is."""
        return None

    def at_once(self, message: Message, body: bytes = b"") -> Message | None:
        """None: nothing is at hand."""
        return None

    async def answer(self, message: Message) -> Message:
        """Raises ``PolicyError``."""
        self._desks.denied(self._refused, Actor(via=Via.KERNEL, kernel_id=self.kernel_id))
        raise self._refused

    def close(self) -> None:
        """There is nothing to end."""
