"""The broker's changes as Jupyter events: what this server's browser pages and handlers may hear of.

The schemas beside this file say what an event holds: ids and states. Whoever wants more asks over REST.
"""

import logging
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tornado.ioloop import IOLoop

from jupyter_auth.broker.changes import (
    AccountChanged,
    CacheChanged,
    Change,
    InteractionChanged,
    KernelChanged,
)
from jupyter_auth.core.audit import AuditRecord
from jupyter_auth.core.faults import where

log = logging.getLogger(__name__)

SCHEMAS = tuple(sorted(Path(__file__).parent.glob("*.yaml")))
_ID = "https://events.jupyter.org/jupyter_auth/{}/v1"
AUDIT = _ID.format("audit")
TOPICS: dict[type[Change], str] = {
    InteractionChanged: _ID.format("interactions"),
    AccountChanged: _ID.format("accounts"),
    CacheChanged: _ID.format("cache"),
    KernelChanged: _ID.format("kernels"),
}


class ServerEvents:
    """An observer of the broker that emits on the server's event loop, where alone that is possible.

    Jupyter sends every event to whoever is logged in. Where several people use the server (``is_shared``),
    one says that something changed, but not whose account it is about, and the audit's are not emitted.
    """

    def __init__(self, event_logger: Any, *, is_shared: bool = False) -> None:
        self._logger = event_logger
        self._is_shared = is_shared
        self._loop = IOLoop.current()
        for path in SCHEMAS:  # before any page subscribes: a subscription is to what is registered then
            event_logger.register_event_schema(path)

    def __call__(self, change: Change) -> None:
        """Emit at the loop's next turn; from any thread, in the order of the calls."""
        self._loop.add_callback(self._emit, change)

    def _emit(self, change: Change) -> None:
        data = asdict(change)
        if self._is_shared and data.get("home_account_id"):
            data["home_account_id"] = ""
        self._say(TOPICS[type(change)], data)

    def audit(self, record: AuditRecord) -> None:
        """A decision, for the audit; on the event loop."""
        if not self._is_shared:
            self._say(AUDIT, record.to_event())

    def _say(self, schema_id: str, data: dict[str, Any]) -> None:
        try:
            self._logger.emit(schema_id=schema_id, data=data)
        except Exception as problem:  # noqa: BLE001 -- handlers and listeners of any make
            log.warning("An event could not be emitted: %s", where(problem))
