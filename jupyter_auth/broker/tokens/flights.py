"""One refresh in flight per (issuer, client, account): everyone else waits for it or adopts its result."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from jupyter_auth.broker.tokens.refresh import Refreshed
from jupyter_auth.cache.records import Holder, Target


@dataclass(frozen=True, slots=True, kw_only=True)
class Flight:
    """A refresh under way, and what it asks for."""

    target: Target
    claims: str | None
    task: "asyncio.Task[Refreshed]"

    def answers(self, target: Target, claims: str | None) -> bool:
        """True if its outcome, good or bad, is the outcome of a request for ``target``."""
        same_place = (self.target.resource, self.target.realm) == (target.resource, target.realm)
        return same_place and self.claims == claims and target.scopes <= self.target.scopes


class Flights:
    """The flights of one broker. Used on its event loop only."""

    def __init__(self) -> None:
        self._flights: dict[Holder, Flight] = {}

    def get(self, account: Holder) -> Flight | None:
        """The refresh under way for ``account``, if there is one."""
        return self._flights.get(account)

    def start(
        self,
        account: Holder,
        target: Target,
        claims: str | None,
        work: Callable[[], Coroutine[Any, Any, Refreshed]],
    ) -> Flight:
        """Begin a refresh; the caller has seen that there is none. It outlives every waiter: a rotated
        refresh token must be saved even if nobody waits any more."""
        task = asyncio.ensure_future(work())
        flight = Flight(target=target, claims=claims, task=task)
        self._flights[account] = flight

        def landed(done: "asyncio.Task[Refreshed]") -> None:
            if self._flights.get(account) is flight:
                del self._flights[account]
            if not done.cancelled():
                done.exception()  # seen: waiters get it, and a refresh behind a stale token has none

        task.add_done_callback(landed)
        return flight

    async def settle(self, timeout: float) -> None:
        """Wait until every refresh has ended and been saved, ``timeout`` seconds at most."""
        tasks = [flight.task for flight in self._flights.values()]
        if tasks:
            await asyncio.wait(tasks, timeout=timeout)
