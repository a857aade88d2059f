"""Whose broker it is: one for the server, or (``people = "many"``) one for each person who uses it.

Everything that could mix people up, the store, memory, requests, answers and pages, is a broker's own, so
that each person has theirs. A kernel belongs to whoever started it. Where the server cannot tell who somebody
is, there is no broker for them.
"""

import logging
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import replace
from functools import partial
from typing import Any

from jupyter_auth.broker.auditing.actors import Actor
from jupyter_auth.broker.auditing.audit import Audit
from jupyter_auth.broker.broker import Broker
from jupyter_auth.broker.clock import Clock
from jupyter_auth.broker.config.configuration import ConfigurationFiles
from jupyter_auth.broker.config.settings import Settings
from jupyter_auth.broker.grants.deciding import Deciding
from jupyter_auth.broker.operations import Message, Operations
from jupyter_auth.broker.storage import open_store
from jupyter_auth.core.audit import Via
from jupyter_auth.core.errors import AuthError, PolicyError
from jupyter_auth.core.statistics import Statistics
from jupyter_auth.providers.credential_files import withhold
from jupyter_auth.server.addresses import ServerRedirects
from jupyter_auth.server.callback import KeptAnswers
from jupyter_auth.server.events import ServerEvents
from jupyter_auth.server.front_ends import FrontEnds
from jupyter_auth.server.kernels import ServerKernels
from jupyter_auth.server.metrics import metrics
from jupyter_auth.server.owners import Owners

log = logging.getLogger(__name__)

MAX_PEOPLE = 500  # each has a store that is open, and threads

Status = Callable[["Desk"], Coroutine[Any, Any, dict[str, Any]]]


class Desk:
    """One broker with what belongs to it; ``person`` is None where it is the server's."""

    def __init__(
        self,
        serverapp: Any,
        settings: Settings,
        *,
        redirects: ServerRedirects,
        events: ServerEvents,
        status: Status,
        person: str | None = None,
    ) -> None:
        configuration = ConfigurationFiles(settings=settings, heard=withhold)
        self.person = person
        self.broker = Broker(configuration, partial(open_store, settings), redirects=redirects)
        self.broker.changes.watch(events)
        self.broker.audit.delivery.sinks.append(events.audit)
        self.broker.audit.owner = person
        metrics.add(self.broker)
        self.answers = KeptAnswers(self.broker)
        self.front_ends = FrontEnds()
        self.kernels = ServerKernels(serverapp, self.front_ends)
        self.operations = Operations(self.broker, self.kernels, partial(status, self))
        self.consents = self.operations.consents
        self.deciding = Deciding(self.operations)

    async def close(self) -> None:
        """Save what is under way, close the store."""
        try:
            await self.broker.close()
        finally:
            metrics.remove(self.broker)


class Desks:
    """All of one server. Used on its event loop."""

    def __init__(
        self, serverapp: Any, settings: Settings, redirects: ServerRedirects, status: Status
    ) -> None:
        self._settings = settings
        self._events = ServerEvents(serverapp.event_logger)
        self._make = partial(Desk, serverapp, redirects=redirects, events=self._events, status=status)
        self.is_shared = settings.people == "many"
        self._owners = Owners(serverapp.kernel_manager) if self.is_shared else None
        self._people: dict[str, Desk] = {}
        self._only = None if self.is_shared else self._make(settings=settings)
        self._audit = self._audit_of_nobody() if self.is_shared else None

    def __iter__(self) -> Iterator[Desk]:
        return iter([self._only] if self._only is not None else [*self._people.values()])

    def of(self, person: str | None) -> Desk:
        """The desk of who makes a request. Raises ``PolicyError`` where nobody knows who that is."""
        if self._only is not None:
            return self._only
        if person is None:
            raise _unknown("This Jupyter server cannot tell who you are, and several people use it.")
        found = self._people.get(person)
        if found is None:
            if len(self._people) >= MAX_PEOPLE:
                raise PolicyError(
                    "Too many people use this Jupyter server.",
                    reason="too_many_people",
                    hint="Tell your administrator.",
                )
            settings = replace(self._settings, person=person)
            found = self._people[person] = self._make(settings=settings, person=person)
        return found

    def of_kernel(self, kernel_id: str) -> Desk:
        """The desk of who started a kernel. Raises ``PolicyError`` where nobody knows who did."""
        if self._only is not None or self._owners is None:
            return self.of(None)
        owner = self._owners.of(kernel_id)
        if owner is None:
            raise _unknown("Nobody knows who has started this kernel, and several people use this server.")
        return self.of(owner)

    def owns(self, desk: Desk, kernel_id: str) -> bool:
        """True where that kernel belongs to the person of that desk."""
        return self._owners is None or (desk.person is not None and self._owners.of(kernel_id) == desk.person)

    def denied(self, problem: AuthError, by: Actor) -> None:
        """Write down that somebody was refused who is at no desk, or whose desk it is."""
        audit = self._only.broker.audit if self._only is not None else self._audit
        if by.person is not None and by.person in self._people:
            audit = self._people[by.person].broker.audit
        if audit is not None:
            audit.denied(problem, by=by)

    def _audit_of_nobody(self) -> Audit:
        audit = Audit(Clock(), Statistics(), lambda _: None, self._settings.audit_file)
        audit.delivery.sinks.append(self._events.audit)
        return audit

    async def close(self) -> None:
        """Close them all."""
        for desk in self:
            await desk.close()
        if self._audit is not None:
            await self._audit.close()


class RefusedSession:
    """The connection of a kernel that belongs to nobody: each request is answered with the reason."""

    def __init__(self, desks: Desks, kernel_id: str, refused: PolicyError) -> None:
        self.kernel_id = kernel_id
        self._desks = desks
        self._refused = refused

    def ready(self, body: bytes) -> bytes | None:
        """None: nothing is."""
        return None

    def at_once(self, message: Message, body: bytes = b"") -> Message | None:
        """None: nothing is at hand."""
        return None

    async def answer(self, message: Message) -> Message:
        """Raises ``PolicyError``."""
        self._desks.denied(self._refused, Actor(via=Via.KERNEL, kernel_id=self.kernel_id))
        raise self._refused

    def close(self) -> None:
        """There is nothing to end."""


def _unknown(message: str) -> PolicyError:
    return PolicyError(
        message,
        reason="people_unknown",
        hint='c.JupyterAuth.people = "many" needs a Jupyter login that knows people by their names (an '
        "identity provider, or JupyterHub), and kernels that they start themselves. A token or a password "
        "tells nobody apart.",
    )
