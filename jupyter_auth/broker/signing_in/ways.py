"""The ways to sign in that a request allows: the first that begins is taken, the others can be chosen."""

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from jupyter_auth.broker.signing_in.consent import Consent
from jupyter_auth.broker.signing_in.flows import LEAD_ON
from jupyter_auth.broker.signing_in.sign_in import SignIn
from jupyter_auth.core.errors import AuthError

#: By flow, in the order in which they are tried.
Ways = Mapping[str, Callable[[], SignIn]]
InThread = Callable[[Callable[[], Any]], Coroutine[Any, Any, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """A sign-in that has begun. ``why``: the reason for which it is not the way that comes first."""

    sign_in: SignIn | Consent
    why: str | None = None


async def begin(ways: Ways, in_thread: InThread) -> Begun:
    """The first of ``ways`` that begins; where none does, raises what the first one said."""
    first: AuthError | None = None
    for make in ways.values():
        sign_in = make()
        try:
            await _started(sign_in, in_thread)
        except AuthError as refused:
            if refused.reason not in LEAD_ON:
                raise
            first = first or refused
        else:
            return Begun(sign_in=sign_in, why=first.reason if first else None)
    raise first or ValueError("no way to sign in was named")


async def _started(sign_in: SignIn, in_thread: InThread) -> None:
    """Begin it. Where nobody waits for that any more, it is closed as soon as it has begun: it may listen."""
    starting = asyncio.ensure_future(in_thread(sign_in.start))
    try:
        await asyncio.shield(starting)
    except asyncio.CancelledError:
        starting.add_done_callback(partial(_close, sign_in))
        raise


def _close(sign_in: SignIn, begun: "asyncio.Future[None]") -> None:
    if not begun.cancelled():
        begun.exception()  # seen: nobody is left to hear of it
    sign_in.close()


async def offered(ways: Ways, in_thread: InThread) -> tuple[str, ...]:
    """Those of ``ways`` that a person may choose; none where that cannot be found out."""
    if len(ways) < 2:
        return ()
    made = [make() for make in ways.values()]
    try:
        found: tuple[str, ...] = await in_thread(lambda: tuple(way.flow for way in made if way.is_offered()))
    except AuthError:
        return ()
    return found


def after(ways: Ways, flow: str) -> Ways:
    """The ways that come after ``flow``."""
    flows = list(ways)
    return {later: ways[later] for later in flows[flows.index(flow) + 1 :]}
