"""What a worker that a kernel has started may ask, when it proves itself with the kernel's handle: for one
profile, account and set of scopes, silently, and for nothing else."""

from collections.abc import Mapping
from typing import Any

from jupyter_auth.broker.operations import Message, Operations, Session
from jupyter_auth.broker.request import TokenRequest
from jupyter_auth.core.audit import Via
from jupyter_auth.core.errors import PolicyError, ProfileError

VERB = "acquire_token_silent"
LIMITS = frozenset({"profile", "scopes", "account", "tenant"})
#: What a worker may add to what its handle says.
_OWN = frozenset({"op", "scopes", "force_refresh", "have", "claims_challenge", "acr_values", "max_age"})


class WorkerSession(Session):
    """A proven connection of a kernel that is limited to what a handle is for."""

    def __init__(self, operations: Operations, kernel_id: str, handle: object) -> None:
        """Raises ``ProfileError`` for a handle that says nothing that could be kept to."""
        self._limits, self._scopes = _limits(handle)
        super().__init__(operations, kernel_id, Via.WORKER)

    def ready(self, body: bytes) -> bytes | None:
        """None: what the kernel was answered to the same words is not the worker's."""
        return None

    def _at_once(self, message: Message, body: bytes) -> Message | None:
        return super()._at_once(self._within(message), b"")

    async def _answered(self, message: Message) -> Message:
        return await super()._answered(self._within(message))

    def _within(self, message: Message) -> Message:
        """The request as it is answered; raises ``PolicyError`` for one beyond the limits."""
        if message.get("op") != VERB or message.keys() - _OWN:
            raise PolicyError(
                f"A worker's handle is for {VERB} with its own profile, account and scopes alone.",
                reason="worker_limits",
                hint="Make another handle in the notebook.",
            )
        asked = TokenRequest.from_wire(message).scopes
        if not set(asked) <= self._scopes:
            raise PolicyError(
                "A worker's handle is not for these scopes.",
                reason="worker_limits",
                hint="Make a handle with these scopes in the notebook.",
            )
        return {**message, **self._limits, **({"scopes": list(asked)} if asked else {})}


def _limits(handle: object) -> tuple[Message, frozenset[str]]:
    if not isinstance(handle, Mapping) or not handle.keys() <= LIMITS:
        raise _unreadable()
    limits: dict[str, Any] = {name: value for name, value in handle.items() if value is not None}
    scopes = TokenRequest.from_wire(limits).scopes
    if "profile" not in limits or not scopes:
        raise _unreadable()
    return limits, frozenset(scopes)


def _unreadable() -> ProfileError:
    named = ", ".join(sorted(LIMITS))
    return ProfileError(
        f"A worker's handle names its profile and scopes, and of {named} nothing else.",
        reason="bad_argument",
    )
