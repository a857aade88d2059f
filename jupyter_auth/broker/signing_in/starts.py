"""A sign-in that is being started: those who ask at the same time wait for its one answer."""

import asyncio
from dataclasses import dataclass

from jupyter_auth.broker.request import Resolved, demands
from jupyter_auth.broker.signing_in.interaction import Requester
from jupyter_auth.core.errors import AuthError, TransportError


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """An interaction that is being started; ``end`` tells who waits for it how that went."""

    resolved: Resolved
    requester: Requester
    end: "asyncio.Future[AuthError | None]"

    def fails_for(self, resolved: Resolved, problem: AuthError) -> bool:
        """True if a start for ``resolved`` would fail just so."""
        same = self.resolved.target == resolved.target and demands(self.resolved) == demands(resolved)
        return same or isinstance(problem, TransportError)
