"""What a person must do: one pending request per thing asked, joined by everyone who waits for it."""

import asyncio
import logging
import secrets
from collections.abc import Callable, Coroutine
from typing import Any, cast

from jupyter_auth.broker.changes import Changes, InteractionChanged, InteractionState
from jupyter_auth.broker.clock import Clock
from jupyter_auth.broker.request import Resolved
from jupyter_auth.broker.signing_in.consent import Consent
from jupyter_auth.broker.signing_in.flows import LEAD_ON
from jupyter_auth.broker.signing_in.interaction import Interaction, Requester
from jupyter_auth.broker.signing_in.limits import MAX_PENDING, refuse_more
from jupyter_auth.broker.signing_in.sign_in import SignIn
from jupyter_auth.broker.signing_in.starts import Start
from jupyter_auth.broker.signing_in.ways import Begun, Ways, after, begin, offered
from jupyter_auth.cache.records import AccountRecord, ClientKey
from jupyter_auth.core.errors import (
    AuthError,
    InteractionCancelledError,
    InteractionDeclinedError,
    InteractionError,
    InteractionExpiredError,
    PolicyError,
)
from jupyter_auth.core.faults import where

__all__ = ["Interaction", "Interactions", "Requester"]

log = logging.getLogger(__name__)

KEPT_AFTER_END = 300.0  # seconds for which an ended interaction can still be asked about
MAX_ENDED = 50
CLOSE_TIMEOUT = 1.0  # seconds

_STATES: dict[type[AuthError], str] = {
    InteractionDeclinedError: "declined",
    InteractionExpiredError: "expired",
    InteractionCancelledError: "cancelled",
}


class Interactions:
    """All interactions of one broker. Used on its event loop only."""

    def __init__(
        self,
        in_thread: Callable[[Callable[[], Any]], Coroutine[Any, Any, Any]],
        clock: Clock,
        changes: Changes,
        limit: int = MAX_PENDING,
    ) -> None:
        self._limit = limit
        self._in_thread = in_thread
        self._clock = clock
        self._changes = changes
        self._all: dict[str, Interaction] = {}
        self._starting: dict[ClientKey, Start] = {}

    def get(self, interaction_id: str) -> Interaction | None:
        """The interaction of that id, pending or ended lately."""
        self._prune()
        return self._all.get(interaction_id)

    def all(self) -> list[Interaction]:
        """Pending ones and those that ended lately, oldest first."""
        self._prune()
        return list(self._all.values())

    async def join_or_start(
        self, resolved: Resolved, requester: Requester, ways: Ways
    ) -> tuple[Interaction, bool]:
        """The pending interaction that answers ``resolved``, or a new one; True where it is new.

        Raises what the provider's start raises.
        """
        while True:  # two that ask at once must find one another
            for known in self._all.values():
                if known.state == "pending" and known.answers(resolved):
                    return known, False
            start = self._starting.get(resolved.client)
            if start is None:
                return await self._start(resolved, requester, ways), True
            problem = await asyncio.shield(start.end)
            if problem is not None and start.fails_for(resolved, problem):
                raise problem

    async def _start(self, resolved: Resolved, requester: Requester, ways: Ways) -> Interaction:
        waiting = [known for known in self._all.values() if known.state == "pending"]
        sign_ins = [known for known in waiting if not isinstance(known.sign_in, Consent)]
        refuse_more(resolved, requester, sign_ins, self._starting.values(), limit=self._limit)
        end = asyncio.get_running_loop().create_future()
        start = Start(resolved=resolved, requester=requester, end=end)
        self._starting[resolved.client] = start
        problem = None
        try:
            begun = await begin(ways, self._in_thread)
            try:
                choice = await offered(ways, self._in_thread)
            except BaseException:
                begun.sign_in.close()
                raise
            return self.open(resolved, requester, ways, begun, choice)
        except AuthError as failure:
            problem = failure
            raise
        finally:
            del self._starting[resolved.client]
            start.end.set_result(problem)

    def open(
        self, resolved: Resolved, requester: Requester, ways: Ways, begun: Begun, choice: tuple[str, ...] = ()
    ) -> Interaction:
        """What waits for a person from now on."""
        self._prune()
        now = self._clock.now()
        interaction = Interaction(
            id=secrets.token_urlsafe(16),
            resolved=resolved,
            requester=requester,
            sign_in=begun.sign_in,
            ways=ways,
            offered=choice,
            flow_reason=begun.why,
            created_on=int(now),
            expires_on=int(now + begun.sign_in.expires_in),
            outcome=asyncio.get_running_loop().create_future(),
        )
        interaction.outcome.add_done_callback(lambda f: f.cancelled() or f.exception())
        self._all[interaction.id] = interaction
        self._tell(interaction)
        interaction.task = asyncio.ensure_future(self._pursue(interaction, begun.sign_in))
        return interaction

    def join(self, interaction: Interaction, waiter: object) -> None:
        """``waiter`` waits too."""
        interaction.waiters.add(waiter)
        if interaction.state == "pending":
            self._tell(interaction)

    def leave(self, interaction: Interaction, waiter: object) -> None:
        """``waiter`` has gone; when it was the last one, the request ends."""
        interaction.waiters.discard(waiter)
        if not interaction.waiters and not interaction.held:
            self.cancel(interaction)
        elif interaction.state == "pending":
            self._tell(interaction)

    def cancel(self, interaction: Interaction, reason: str = "cancelled") -> None:
        """End a pending interaction; everyone who waits gets ``InteractionCancelledError``."""
        if isinstance(interaction.sign_in, Consent):
            self.end(interaction, interaction.sign_in.cancelled(reason))
        elif interaction.state == "pending":
            profile = interaction.resolved.profile.name
            self.end(
                interaction,
                InteractionCancelledError(
                    "Sign-in cancelled.",
                    reason=reason,
                    hint="Run the cell again to sign in.",
                    profile=profile,
                    scopes=list(interaction.resolved.scopes),
                ),
            )

    async def close(self) -> None:
        """Cancel all. A poll under way ends in its thread, and gives back what it gets."""
        for interaction in list(self._all.values()):
            self.cancel(interaction, "server_stopped")
        tasks = [i.task for i in self._all.values() if i.task is not None]
        if tasks:
            await asyncio.wait(tasks, timeout=CLOSE_TIMEOUT)

    async def _pursue(self, interaction: Interaction, sign_in: SignIn | Consent) -> None:
        """Look at the sign-in's pace until the person has answered or the time is over."""
        try:
            while interaction.state == "pending" and interaction.sign_in is sign_in:
                left = interaction.expires_on - self._clock.now()
                if left <= 0:
                    self.end(interaction, sign_in.expired())
                    return
                await asyncio.wait([interaction.outcome], timeout=min(sign_in.wait, left))
                if interaction.state != "pending" or interaction.sign_in is not sign_in:
                    return  # it was cancelled, or is done in another way: nothing must be asked for any more
                await self.attempt(interaction, sign_in, sign_in.look)
                interaction.slow = interaction.sign_in.slowed_down
        except asyncio.CancelledError:
            self.cancel(interaction, "server_stopped")
            raise

    async def attempt(
        self, interaction: Interaction, sign_in: SignIn | Consent, work: Callable[[], AccountRecord | None]
    ) -> None:
        """Do what may end the interaction, for good or bad, where it is still about ``sign_in``."""
        try:
            # shielded: an answer that redeems the code must be saved, whoever has left meanwhile
            account = await asyncio.shield(self._in_thread(work))
            if account is not None:
                self.succeed(interaction, account)
        except AuthError as problem:
            if interaction.sign_in is sign_in and not await self._lead_on(interaction, problem):
                self.end(interaction, problem)
        except Exception as problem:  # noqa: BLE001 -- a fault of ours: those who wait must hear of it
            log.error("A sign-in failed: %s", where(problem))
            failure = AuthError("The sign-in failed.", reason="internal", hint="The server's log says where.")
            self.end(interaction, failure)

    # -- another way -----------------------------------------------------------------

    async def switch(self, interaction: Interaction, flow: str) -> None:
        """Go on in another way, of those that the request allows; whoever waits goes on waiting.

        Raises ``PolicyError`` for one that it does not, and what the provider's start raises.
        """
        if interaction.state != "pending" or flow not in interaction.offered:
            raise PolicyError(
                "This request cannot be answered in that way.",
                reason="flow_unavailable",
                hint="Start a new one.",
            )
        if flow != interaction.sign_in.flow:
            self._replace(interaction, await begin({flow: interaction.ways[flow]}, self._in_thread), None)

    async def _lead_on(self, interaction: Interaction, problem: AuthError) -> bool:
        """Where this way turns out to be barred, try those after it; True if one begins."""
        if problem.reason not in LEAD_ON or interaction.state != "pending":
            return False
        later = after(interaction.ways, interaction.sign_in.flow)
        if not later:
            return False
        try:
            begun = await begin(later, self._in_thread)
        except AuthError:
            return False
        self._replace(interaction, begun, problem.reason)
        return True

    def _replace(self, interaction: Interaction, begun: Begun, why: str | None) -> None:
        sign_in = begun.sign_in
        if interaction.state != "pending":
            sign_in.close()
            return
        interaction.sign_in.abandon()
        interaction.sign_in, interaction.flow_reason, interaction.slow = sign_in, why, False
        interaction.expires_on = int(self._clock.now() + sign_in.expires_in)
        interaction.task = asyncio.ensure_future(self._pursue(interaction, sign_in))
        self._tell(interaction)

    def succeed(self, interaction: Interaction, account: AccountRecord | None = None) -> None:
        """It has ended well; for a sign-in, ``account`` is who has signed in."""
        if interaction.state == "pending":
            interaction.state = "succeeded"
            interaction.sign_in.close()
            interaction.username = account.username if account else None
            interaction.ended_on = self._clock.now()
            interaction.outcome.set_result(account)
            self._tell(interaction)

    def end(self, interaction: Interaction, problem: AuthError) -> None:
        """It has ended with ``problem``, where it has not ended yet."""
        if interaction.state != "pending":
            return
        interaction.state = _STATES.get(type(problem), "failed")
        interaction.error = problem
        interaction.ended_on = self._clock.now()
        interaction.sign_in.abandon()
        if isinstance(problem, InteractionError):
            problem.profile = interaction.resolved.profile.name
            problem.scopes = list(interaction.resolved.scopes)
        interaction.outcome.set_exception(problem)
        self._tell(interaction)

    def _tell(self, interaction: Interaction) -> None:
        self._changes.tell(
            InteractionChanged(
                id=interaction.id,
                profile=interaction.resolved.profile.name,
                state=cast(InteractionState, interaction.state),
                waiting=len(interaction.waiters),
            )
        )

    def _prune(self) -> None:
        now = self._clock.now()
        ended = [i for i in self._all.values() if i.ended_on is not None]
        for position, interaction in enumerate(ended):
            too_old = now - (interaction.ended_on or now) > KEPT_AFTER_END
            if too_old or position < len(ended) - MAX_ENDED:
                del self._all[interaction.id]
