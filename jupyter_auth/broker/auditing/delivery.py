"""Records on their way: completed with what kernels are called, then handed to whoever is to have them."""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace

from jupyter_auth.broker.signing_in.interaction import Requester
from jupyter_auth.core.audit import AuditRecord, Name, Via
from jupyter_auth.core.faults import where
from jupyter_auth.core.statistics import Statistics

log = logging.getLogger(__name__)
shipped = logging.getLogger("jupyter_auth.audit")

DRAIN = 2.0  # seconds that a stop waits for records to be completed
MAX_WAITING = 10_000  # records that wait for it; above, the names are left out

Sink = Callable[[AuditRecord], None]
Describe = Callable[[str], Awaitable[Requester]]


def ship(record: AuditRecord) -> None:
    """To the logger ``jupyter_auth.audit``, at INFO, for whoever listens there."""
    shipped.info("%s", record.to_line())


class Delivery:
    """In order, on one event loop. ``describe`` tells what a kernel is called."""

    def __init__(self, statistics: Statistics) -> None:
        self._statistics = statistics
        self.sinks: list[Sink] = [ship]
        self.describe: Describe | None = None
        self.loop: asyncio.AbstractEventLoop | None = None
        self._waiting: deque[AuditRecord] = deque()
        self._task: asyncio.Task[None] | None = None

    def note(self, record: AuditRecord) -> None:
        """Hand a record on; from any thread."""
        try:
            here: asyncio.AbstractEventLoop | None = asyncio.get_running_loop()
        except RuntimeError:
            here = None
        self.loop = self.loop or here
        if here is not None and here is self.loop:
            self._accept(record)
        elif self.loop is not None:
            with suppress(RuntimeError):  # it has ended
                self.loop.call_soon_threadsafe(self._accept, record)

    def _accept(self, record: AuditRecord) -> None:
        self._statistics.decided(record.decision, record.count)
        self._waiting.append(record)
        if self._task is None or self._task.done():
            self._task = asyncio.ensure_future(self._drain())

    async def _drain(self) -> None:
        named: dict[str, Requester | None] = {}
        while self._waiting:
            record = self._waiting.popleft()
            if len(self._waiting) < MAX_WAITING:
                record = await self._completed(record, named)
            for sink in self.sinks:
                try:
                    sink(record)
                except Exception as problem:  # noqa: BLE001 -- sinks of any make
                    log.warning("An audit record could not be handed on: %s", where(problem))

    async def _completed(self, record: AuditRecord, named: dict[str, Requester | None]) -> AuditRecord:
        """With what the kernel and its notebook are called."""
        kernel_id = "" if record.via is Via.PROCESS else record.kernel_id
        if kernel_id is None or self.describe is None:
            return record
        if kernel_id not in named:
            try:
                named[kernel_id] = await self.describe(kernel_id)
            except Exception as problem:  # noqa: BLE001 -- managers of any make; the names are for show
                log.debug("What a kernel is called is not known: %s", where(problem))
                named[kernel_id] = None
        asked = named[kernel_id]
        if asked is None:
            return record
        return replace(record, kernel_name=Name.of(asked.kernel_name), notebook=Name.of(asked.notebook))

    async def close(self) -> None:
        """See what waits handed on, for a little while."""
        if self._task is not None:
            await asyncio.wait([self._task], timeout=DRAIN)
