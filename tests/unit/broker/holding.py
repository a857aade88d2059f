"""Kernels that hold tokens of a bench's broker, and time that passes for them."""

import asyncio
from typing import Any

from jupyter_auth.broker.changes import Change
from jupyter_auth.broker.kernels import Consent
from jupyter_auth.broker.operations import Operations, Session
from jupyter_auth.broker.signing_in.interactions import Requester
from jupyter_auth.broker.tokens.renewing import Renewing
from tests.unit.broker.bench import Bench

HOUR = 3600


class Kernels:
    """Every kernel lives; those in ``busy`` run a cell."""

    def __init__(self) -> None:
        self.busy: set[str] = set()

    def lives(self, kernel_id: str) -> bool:
        return True

    def runs(self, kernel_id: str) -> bool:
        return kernel_id in self.busy

    def consent(self) -> Consent:
        return "asked"

    def have_front_end(self) -> bool:
        return False

    async def describe(self, kernel_id: str) -> Requester:
        return Requester(kernel_id=kernel_id)

    async def path(self, kernel_id: str) -> str | None:
        return None


class Held:
    """What the kernels of a broker hold."""

    def __init__(self, bench: Bench) -> None:
        self.bench, self.kernels = bench, Kernels()
        self.operations = Operations(bench.broker, self.kernels, _no_status)
        self.seen: list[Change] = []
        bench.broker.changes.watch(self.seen.append)

    @property
    def renewing(self) -> Renewing:
        assert self.bench.broker.renewing is not None
        return self.bench.broker.renewing

    async def by(self, kernel_id: str, op: str = "get_token", **fields: Any) -> Session:
        """A kernel that has just been handed a token, and holds its connection."""
        session = Session(self.operations, kernel_id)
        await ask(session, op, **fields)
        return session

    async def pass_time(self, seconds: float, step: float = 60) -> None:
        """Time passes, with the looks that the broker has in it."""
        while seconds > 0:
            self.bench.advance(min(step, seconds))
            seconds -= step
            await self.look()

    async def look(self) -> None:
        """What the broker does at its next look, up to the end of the renewals it begins."""
        self.renewing.look()
        await self.bench.settled()
        for _ in range(5):
            await asyncio.sleep(0)
        while self.renewing._telling:
            await asyncio.sleep(0.01)


async def ask(session: Session, op: str = "get_token", **fields: Any) -> dict[str, Any]:
    """A token, as a kernel asks for it."""
    answer = await session.respond({"op": op, "profile": "lake", **fields})
    assert answer.get("ok"), answer
    found: dict[str, Any] = answer["result"]
    return found


async def _no_status() -> dict[str, Any]:
    return {}
