"""What the socket asks of those who know its callers: a Jupyter server, which knows its kernels' keys, or the
agent, which knows no more than the operating system says of who connects."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from jupyter_auth.broker.auditing.actors import Actor
from jupyter_auth.broker.operations import Operations
from jupyter_auth.core.errors import AuthError, KernelGrantRequiredError

Message = dict[str, Any]

#: What a caller is known by: the key of its kernel's connection file, or what the system says of its process.
Proof = Literal["key", "process"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """Who is at the other end, as the operating system says: the user was checked already. ``pid`` is None
    where the system does not tell it."""

    pid: int | None


class CallerSession(Protocol):
    """One proven connection, as ``operations.Session`` is one."""

    def ready(self, body: bytes) -> bytes | None: ...

    def at_once(self, message: Message, body: bytes = b"") -> Message | None: ...

    async def answer(self, message: Message) -> Message: ...

    def close(self) -> None: ...


class Callers(Protocol):
    """Who may call, and whose broker answers. ``is_shared``: each caller's person has a broker of their own,
    so that nothing is known before the proof; else ``common`` is the one of all."""

    @property
    def proof(self) -> Proof: ...

    @property
    def is_shared(self) -> bool: ...

    @property
    def common(self) -> Operations: ...

    def check(self) -> None:
        """Raises ``AuthError`` where nobody is to be heard any more."""

    def identify(self, message: Mapping[str, Any], broker_id: str, nonce: str, peer: Peer) -> str | None:
        """The id of the caller whose proof that is; None where it proves nothing."""

    def unknown(self) -> KernelGrantRequiredError:
        """The error for who proves nothing."""

    def session(self, caller: str, proof: Mapping[str, Any]) -> CallerSession:
        """What answers that caller; raises ``AuthError``."""

    def denied(self, problem: AuthError, by: Actor) -> None:
        """Write down that somebody was refused."""
