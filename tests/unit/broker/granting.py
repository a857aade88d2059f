"""Kernels of a broker that are held to what a person has decided."""

import asyncio
from typing import Any

from jupyter_auth.broker.changes import Change
from jupyter_auth.broker.grants.deciding import Deciding
from jupyter_auth.broker.kernels import Consent
from jupyter_auth.broker.operations import Operations, Session
from jupyter_auth.broker.signing_in.device_sign_in import DeviceSignIn
from jupyter_auth.broker.signing_in.interactions import Interaction, Requester
from jupyter_auth.core.errors import TransportError
from tests.unit.broker.bench import Bench


class Kernels:
    """Those in ``dead`` have been shut down; ``notebooks`` says of which notebook one is."""

    def __init__(self) -> None:
        self.dead: set[str] = set()
        self.notebooks: dict[str, str] = {}
        self.how: Consent = "asked"
        self.is_lost = False  # True where nobody can tell of which notebook one is

    def lives(self, kernel_id: str) -> bool:
        return kernel_id not in self.dead

    def runs(self, kernel_id: str) -> bool:
        return False

    def consent(self) -> Consent:
        return self.how

    def have_front_end(self) -> bool:
        return True

    async def describe(self, kernel_id: str) -> Requester:
        return Requester(kernel_id=kernel_id, notebook=self.notebooks.get(kernel_id))

    async def path(self, kernel_id: str) -> str | None:
        if self.is_lost:
            raise TransportError("Nobody can tell.", reason="notebook_unknown", retryable=True)
        return self.notebooks.get(kernel_id)


class Scene:
    """A broker, its kernels, and a person who decides."""

    def __init__(self, bench: Bench) -> None:
        self.bench, self.kernels = bench, Kernels()
        self.operations = Operations(bench.broker, self.kernels, _no_status)
        self.deciding = Deciding(self.operations)
        self.told: list[Change] = []
        bench.broker.changes.watch(self.told.append)
        self._sessions: dict[str, Session] = {}

    def kernel(self, kernel_id: str = "k1") -> Session:
        """A kernel's connection: one for each kernel."""
        if kernel_id not in self._sessions:
            self._sessions[kernel_id] = Session(self.operations, kernel_id)
        return self._sessions[kernel_id]

    async def asks(
        self, op: str = "acquire_token_silent", kernel: str = "k1", **fields: Any
    ) -> dict[str, Any]:
        """A request of a kernel."""
        return await self.kernel(kernel).respond({"op": op, **fields})

    async def gets(self, kernel: str = "k1", profile: str = "lake", **fields: Any) -> str:
        """``ok`` where a token comes of it, else the reason why none does."""
        answer = await self.asks(kernel=kernel, profile=profile, **fields)
        return "ok" if "result" in answer else str(answer.get("reason"))

    async def allow(self, kernel: str = "k1", profile: str = "lake", **fields: Any) -> list[dict[str, Any]]:
        """What a person sets in the panel."""
        return await self.deciding.put(kernel, {"profile": profile, **fields})

    def pending(self) -> list[Interaction]:
        """The questions that wait."""
        every = self.bench.broker.interactions.all()
        return [known for known in every if known.state == "pending" and known.sign_in.flow == "consent"]

    async def decide(self, decision: str = "allow", remember: str = "kernel") -> None:
        """Answer the one question that waits."""
        (waiting,) = self.pending()
        said = {"decision": decision, "remember": remember}
        await self.operations.consents.decide(waiting, said)

    async def signs_in(self, username: str, **fields: Any) -> None:
        """Somebody signs in, not by way of a kernel; the token is for whatever scopes are named."""
        await self.bench.sign_in(username=username, **fields)

    async def approves(self, interaction_id: str, username: str = "ada") -> None:
        """A person answers a kernel's sign-in."""
        found = self.bench.broker.interactions.get(interaction_id)
        assert found is not None and isinstance(found.sign_in, DeviceSignIn)
        found.sign_in.interval = 0.02
        code = found.sign_in.user_code
        await asyncio.to_thread(lambda: self.bench.provider.approve(username=username, user_code=code))


async def _no_status() -> dict[str, Any]:
    return {}
