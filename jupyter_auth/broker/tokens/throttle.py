"""Patience with a provider: what it has just refused is not asked again at once."""

import math
from collections.abc import Hashable

from jupyter_auth.broker.clock import Clock
from jupyter_auth.core.errors import AuthError, OAuthError, TransportError, error_from_wire, error_to_wire

#: Refusals of how this client proves itself, which a corrected secret mends at once.
_OF_THE_CLIENT = frozenset({"invalid_client", "unauthorized_client"})
REPEAT_AFTER = 60.0  # seconds before an identical request that was refused is sent again (as in MSAL)


class Throttle:
    """Answers for the provider while it wants to be left alone. Used in threads."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._refused: dict[Hashable, tuple[float, AuthError]] = {}

    def check(self, *requests: Hashable) -> None:
        """Raise the error that one of ``requests`` got last, where it is too early to ask again."""
        now = self._clock.now()
        for request in requests:
            until, problem = self._refused.get(request, (0.0, None))
            # a clock that has stepped back is no reason to wait for longer than was asked
            if problem is not None and now < until <= now + 3600.0:
                raise _again(problem, until - now)

    def note(self, *, request: Hashable, sender: Hashable, problem: AuthError) -> None:
        """Remember a refusal: of this very ``request`` or, with Retry-After, of all that ``sender`` asks."""
        now = self._clock.now()
        self._refused = {key: kept for key, kept in self._refused.items() if kept[0] > now}
        if isinstance(problem, OAuthError) and problem.error not in _OF_THE_CLIENT:
            self._refused[request] = (now + REPEAT_AFTER, problem)
        elif isinstance(problem, TransportError) and problem.retry_after:
            self._refused[sender] = (now + problem.retry_after, problem)


def _again(problem: AuthError, left: float) -> AuthError:
    """The same error anew, so that no traceback grows."""
    copy = error_from_wire(error_to_wire(problem))
    copy.hint = f"{copy.hint} The provider is asked again in {math.ceil(left)} s.".strip()
    if isinstance(copy, TransportError):
        copy.retry_after = left
    return copy
