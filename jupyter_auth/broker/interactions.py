"""What a person must do: one pending request per thing asked, joined by everyone who waits for it."""

import asyncio
import logging
import secrets
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any, cast

from jupyter_auth.broker.changes import Changes, InteractionChanged, InteractionState
from jupyter_auth.broker.clock import Clock
from jupyter_auth.broker.request import Resolved, demands
from jupyter_auth.broker.sign_in import DeviceSignIn
from jupyter_auth.broker.starts import Start
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
from jupyter_auth.core.scopes import resource_scopes

log = logging.getLogger(__name__)

KEPT_AFTER_END = 300.0  # seconds for which an ended interaction can still be asked about
MAX_ENDED = 50
MAX_PENDING = 20  # nobody answers more; each is asked about at the provider all the while
CLOSE_TIMEOUT = 1.0  # seconds

_STATES: dict[type[AuthError], str] = {
    InteractionDeclinedError: "declined",
    InteractionExpiredError: "expired",
    InteractionCancelledError: "cancelled",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Requester:
    """Who asked, as the server knows it. The names come from the kernel's side and are not verified."""

    kernel_id: str | None = None
    kernel_name: str | None = None
    notebook: str | None = None
    in_process: bool = False  # the broker, and so the refresh token, is in the kernel's own process


@dataclass(slots=True, kw_only=True, eq=False)
class Interaction:
    """One request for a person. Lives on the event loop; ``outcome`` ends it."""

    id: str
    resolved: Resolved
    requester: Requester
    sign_in: DeviceSignIn
    created_on: int
    expires_on: int
    outcome: "asyncio.Future[AccountRecord]"  # who signed in; their tokens are in the cache alone
    state: str = "pending"
    slow: bool = False
    held: bool = False  # asked for over REST: no waiter's leaving ends it
    waiters: set[object] = field(default_factory=set)
    error: AuthError | None = None
    username: str | None = None
    ended_on: float | None = None
    task: "asyncio.Task[None] | None" = None

    def answers(self, resolved: Resolved) -> bool:
        """True if its success gives what ``resolved`` asks for."""
        asked = resource_scopes(self.sign_in.scopes, fold=self.resolved.profile.folds_case)
        return demands(self.resolved) == demands(resolved) and resolved.target.scopes <= asked

    def to_wire(self) -> dict[str, Any]:
        """What may be shown. A code or address is in it only while it is of use."""
        profile, pending = self.resolved.profile, self.state == "pending"
        error = self.error
        return {
            "id": self.id,
            "profile": profile.name,
            "title": profile.title or None,
            "client_id": profile.client_id,
            "issuer": profile.issuer,
            "tenant": None,
            "scopes": list(self.sign_in.scopes),
            "scope_titles": dict(profile.scope_titles),
            "flow": "device_code",
            "state": self.state,
            "slow": self.slow and pending,
            "user_code": self.sign_in.user_code if pending else None,
            "verification_uri": self.sign_in.verification_uri if pending else None,
            "verification_uri_complete": self.sign_in.verification_uri_complete if pending else None,
            "authorization_uri": None,
            "created_on": self.created_on,
            "expires_on": self.expires_on,
            "username": self.username,
            "reason": error.reason if error else None,
            "message": error.message if error else None,
            "hint": error.hint or None if error else None,
            "requested_by": {
                "notebook": self.requester.notebook,
                "kernel_id": self.requester.kernel_id,
                "kernel_name": self.requester.kernel_name,
                "waiting": len(self.waiters),
            }
            | ({"in_process": True} if self.requester.in_process else {}),
        }


class Interactions:
    """All interactions of one broker. Used on its event loop only."""

    def __init__(
        self,
        in_thread: Callable[[Callable[[], Any]], Coroutine[Any, Any, Any]],
        clock: Clock,
        changes: Changes,
    ) -> None:
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
        self, resolved: Resolved, requester: Requester, sign_in: DeviceSignIn
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
                return await self._start(resolved, requester, sign_in), True
            problem = await asyncio.shield(start.end)
            if problem is not None and start.fails_for(resolved, problem):
                raise problem

    async def _start(self, resolved: Resolved, requester: Requester, sign_in: DeviceSignIn) -> Interaction:
        if sum(known.state == "pending" for known in self._all.values()) >= MAX_PENDING:
            raise PolicyError(
                f"{MAX_PENDING} sign-ins wait already.",
                reason="too_many_sign_ins",
                hint="Answer or cancel some of them first.",
            )
        start = Start(resolved=resolved, end=asyncio.get_running_loop().create_future())
        self._starting[resolved.client] = start
        problem = None
        try:
            await self._in_thread(sign_in.start)
            return self._open(resolved, requester, sign_in)
        except AuthError as failure:
            problem = failure
            raise
        finally:
            del self._starting[resolved.client]
            start.end.set_result(problem)

    def _open(self, resolved: Resolved, requester: Requester, sign_in: DeviceSignIn) -> Interaction:
        self._prune()
        now = self._clock.now()
        interaction = Interaction(
            id=secrets.token_urlsafe(16),
            resolved=resolved,
            requester=requester,
            sign_in=sign_in,
            created_on=int(now),
            expires_on=int(now + sign_in.expires_in),
            outcome=asyncio.get_running_loop().create_future(),
        )
        interaction.outcome.add_done_callback(lambda f: f.cancelled() or f.exception())
        self._all[interaction.id] = interaction
        self._tell(interaction)
        interaction.task = asyncio.ensure_future(self._pursue(interaction))
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
        if interaction.state == "pending":
            profile = interaction.resolved.profile.name
            self._end(
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

    async def _pursue(self, interaction: Interaction) -> None:
        """Ask the provider at its pace until the person has answered or the time is over."""
        sign_in = interaction.sign_in
        try:
            while interaction.state == "pending":
                left = interaction.expires_on - self._clock.now()
                if left <= 0:
                    raise sign_in.expired()
                await asyncio.wait([interaction.outcome], timeout=min(sign_in.wait, left))
                if interaction.state != "pending":
                    return  # it was cancelled: nothing must be asked for any more
                # shielded: an answer that redeems the code must be saved, whoever has left meanwhile
                account = await asyncio.shield(self._in_thread(sign_in.poll))
                interaction.slow = sign_in.slowed_down
                if account is not None:
                    self._succeed(interaction, account)
                    return
        except AuthError as problem:
            self._end(interaction, problem)
        except asyncio.CancelledError:
            self.cancel(interaction, "server_stopped")
            raise
        except Exception as problem:  # noqa: BLE001 -- a fault of ours: those who wait must hear of it
            log.error("A sign-in failed: %s", where(problem))
            failure = AuthError("The sign-in failed.", reason="internal", hint="The server's log says where.")
            self._end(interaction, failure)

    def _succeed(self, interaction: Interaction, account: AccountRecord) -> None:
        if interaction.state == "pending":
            interaction.state = "succeeded"
            interaction.username = account.username
            interaction.ended_on = self._clock.now()
            interaction.outcome.set_result(account)
            self._tell(interaction)

    def _end(self, interaction: Interaction, problem: AuthError) -> None:
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
