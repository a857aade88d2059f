"""Whose broker it is: one for the server, or (``people = "many"``) one for each person who uses it.

Everything that could mix people up, the store, memory, requests, answers and pages, is a broker's own, so
that each person has theirs. A kernel belongs to whoever started it. Where the server cannot tell who somebody
is, there is no broker for them.
"""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import replace
from functools import partial
from time import monotonic
from typing import Any

from jupyter_auth.broker.auditing.actors import Actor
from jupyter_auth.broker.auditing.audit import Audit
from jupyter_auth.broker.auditing.file import AuditFile
from jupyter_auth.broker.broker import Broker
from jupyter_auth.broker.clock import Clock
from jupyter_auth.broker.config.configuration import ConfigurationFiles
from jupyter_auth.broker.config.environment import ServerEnvironment
from jupyter_auth.broker.config.settings import Settings
from jupyter_auth.broker.grants.deciding import Deciding
from jupyter_auth.broker.operations import Operations
from jupyter_auth.broker.storage import open_store
from jupyter_auth.core.errors import AuthError, PolicyError
from jupyter_auth.core.faults import where
from jupyter_auth.core.statistics import Statistics
from jupyter_auth.server.addresses import ServerRedirects
from jupyter_auth.server.callback import KeptAnswers
from jupyter_auth.server.events import ServerEvents
from jupyter_auth.server.front_ends import FrontEnds
from jupyter_auth.server.kernels import ServerKernels
from jupyter_auth.server.metrics import metrics
from jupyter_auth.server.owners import Owners

log = logging.getLogger(__name__)

MAX_PEOPLE = 500  # each has a store that is open, and threads
UNUSED = 300.0  # seconds after which the desk of somebody may be let go of, for another's

Status = Callable[["Desk"], Coroutine[Any, Any, dict[str, Any]]]


class Desk:
    """One broker with what belongs to it; ``person`` is None where it is the server's."""

    def __init__(
        self,
        serverapp: Any,
        settings: Settings,
        *,
        environment: ServerEnvironment,
        redirects: ServerRedirects,
        events: ServerEvents,
        status: Status,
        person: str | None = None,
        audit_file: AuditFile | None = None,
    ) -> None:
        configuration = ConfigurationFiles(settings=settings, environment=environment)
        self.person = person
        self.used = monotonic()
        self.broker = Broker(configuration, partial(open_store, settings), redirects=redirects)
        self.broker.changes.watch(events)
        self.broker.audit.delivery.sinks.append(events.audit)
        self.broker.audit.owner = person
        if audit_file is not None:
            self.broker.audit.share(audit_file)
        metrics.add(self.broker)
        self.answers = KeptAnswers(self.broker)
        self.front_ends = FrontEnds()
        self.kernels = ServerKernels(serverapp, self.front_ends)
        self.operations = Operations(self.broker, self.kernels, partial(status, self))
        self.consents = self.operations.consents
        self.deciding = Deciding(self.operations)

    @property
    def is_idle(self) -> bool:
        """True where nothing would be missed: no request and no page of late, nobody who is asked something,
        and no decision about a notebook, which memory alone knows."""
        is_asking = any(known.state == "pending" for known in self.broker.interactions.all())
        is_needed = is_asking or bool(self.front_ends) or self.broker.grants.are_by_notebook
        return not is_needed and monotonic() - self.used > UNUSED

    async def close(self) -> None:
        """Save what is under way, close the store."""
        try:
            await self.broker.close()
        finally:
            metrics.remove(self.broker)


class Desks:
    """All of one server. Used on its event loop."""

    def __init__(
        self,
        serverapp: Any,
        settings: Settings,
        environment: ServerEnvironment,
        redirects: ServerRedirects,
        status: Status,
    ) -> None:
        self._settings = settings
        self.is_shared = settings.people == "many"
        self._events = ServerEvents(serverapp.event_logger, is_shared=self.is_shared)
        self._make = partial(
            Desk,
            serverapp,
            environment=environment,
            redirects=redirects,
            events=self._events,
            status=status,
        )
        self._owners = Owners(serverapp.kernel_manager) if self.is_shared else None
        self._people: dict[str, Desk] = {}  # the longest unused first
        self._leaving: set[asyncio.Task[None]] = set()
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
        found = self._people.pop(person, None)
        if found is None:
            if len(self._people) >= MAX_PEOPLE:
                self._make_room()
            settings = replace(self._settings, person=person)
            shared = self._audit.file if self._audit is not None else None
            found = self._make(settings=settings, person=person, audit_file=shared)
        found.used = monotonic()
        self._people[person] = found
        return found

    def _make_room(self) -> None:
        """Let go of the desk that was used longest ago. Raises ``PolicyError`` where all are in use."""
        for person, desk in self._people.items():
            if desk.is_idle and self._owners is not None and not self._owners.has_kernels(person):
                del self._people[person]
                task = asyncio.ensure_future(self._let_go(desk))
                self._leaving.add(task)
                task.add_done_callback(self._leaving.discard)
                return
        raise PolicyError(
            "Too many people use this Jupyter server.",
            reason="too_many_people",
            hint="Come back when some of them have closed their notebooks, or tell your administrator.",
        )

    async def _let_go(self, desk: Desk) -> None:
        try:
            await desk.close()
        except Exception as problem:  # noqa: BLE001 -- a store of any make
            log.error("The store of somebody who has gone could not be closed: %s", where(problem))

    def known(self, person: str | None) -> Desk | None:
        """The desk of somebody, if there is one already."""
        return self._only if self._only is not None else self._people.get(person or "")

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
        audit = self._audit
        if (desk := self.known(by.person)) is not None:
            audit = desk.broker.audit
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
        await asyncio.gather(*self._leaving)
        if self._audit is not None:
            await self._audit.close()


def _unknown(message: str) -> PolicyError:
    return PolicyError(
        message,
        reason="people_unknown",
        hint='c.JupyterAuth.people = "many" needs a Jupyter login that knows people by their names (an '
        "identity provider, or JupyterHub), and kernels that they start themselves. A token or a password "
        "tells nobody apart.",
    )
