"""Processes of this user as callers of the agent's socket."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from jupyter_auth.agent.processes import Caller, Processes
from jupyter_auth.broker.auditing.actors import Actor
from jupyter_auth.broker.channel.callers import CallerSession, Message, Peer, Proof
from jupyter_auth.broker.operations import Operations, Session
from jupyter_auth.core.agent_place import KNOWS_BY
from jupyter_auth.core.audit import Via
from jupyter_auth.core.errors import AuthError, KernelGrantRequiredError, PolicyError

#: The verbs for which no profile is the default one; for others it is all of them.
OF_ONE_PROFILE = frozenset(
    {"get_token", "acquire_token_silent", "acquire_token_by_device_flow", "acquire_token_interactive"}
    | {"acquire_token_for_client", "acquire_token_on_behalf_of", "initiate_long_running_on_behalf_of"}
    | {"acquire_token_in_long_running_on_behalf_of", "stop_long_running_on_behalf_of", "switch_account"}
)


class ProcessCallers:
    """All are of one user, whom the system has told when they connected: that is their proof."""

    proof: Proof = "process"
    is_shared = False

    def __init__(self, operations: Operations, processes: Processes) -> None:
        self.common = operations
        self._processes = processes

    def check(self) -> None:
        """Raises ``PolicyError`` where somebody has switched the agent off since it began."""
        if self.common.broker.configuration.agent == "never":
            raise switched_off()

    def identify(self, message: Mapping[str, Any], broker_id: str, nonce: str, peer: Peer) -> str | None:
        """The process; what else a proof holds is not looked at."""
        return self._processes.enter(Caller.read(message.get("caller"), peer.pid))

    def unknown(self) -> KernelGrantRequiredError:
        """The error for who has said no hello."""
        return KernelGrantRequiredError("Say hello first.", reason="proof_failed")

    def session(self, caller: str, proof: Mapping[str, Any]) -> CallerSession:
        """A process's own; raises ``PolicyError`` for a handle."""
        if "worker" in proof:
            raise PolicyError(
                f"There are no handles for workers here: {KNOWS_BY}.",
                reason="no_server",
                hint="Let the workers call get_token(..., interactive=False): the agent knows them as well.",
            )
        return ProcessSession(self.common, caller, self._processes)

    def denied(self, problem: AuthError, by: Actor) -> None:
        """Write it down."""
        self.common.broker.audit.denied(problem, by=by)


class ProcessSession(Session):
    """One connection of one process. Where it names no profile, it means that of its own environment, as it
    would without the agent: an administrator's choice still comes first."""

    def __init__(self, operations: Operations, caller: str, processes: Processes) -> None:
        super().__init__(operations, caller, Via.PROCESS)
        self._profile = processes.default_profile(caller)
        self._asks = partial(processes.asks, caller)

    def ready(self, body: bytes) -> bytes | None:
        """As ever; it is a token that is asked for."""
        found = super().ready(body)
        if found is not None:
            self._asks()
        return found

    def _at_once(self, message: Message, body: bytes) -> Message | None:
        return super()._at_once(self._meant(message), body)

    async def _answered(self, message: Message) -> Message:
        return await super()._answered(self._meant(message))

    def _meant(self, message: Message) -> Message:
        is_of_one = str(message.get("op")) in OF_ONE_PROFILE
        if is_of_one:
            self._asks()
        is_open = self._profile and message.get("profile") is None and is_of_one
        if not is_open or self.operations.broker.configuration.settings.default_profile:
            return message
        return {**message, "profile": self._profile}


def switched_off() -> PolicyError:
    """The error where the agent must not be."""
    return PolicyError(
        "The agent is switched off here.",
        reason="agent_off",
        hint='agent = "never" is set: in Jupyter\'s configuration, in jupyter_auth.toml, or in '
        "JUPYTER_AUTH_AGENT.",
    )
