"""The front ends of ours that are open: browser pages that show a sign-in request by its id alone.

Each keeps one websocket open for as long as it lives, so nobody has to ask whether it still does. While
there is one, a cell need not hold a code, and so a notebook that is saved meanwhile holds none.
"""

from typing import Any, ClassVar

from jupyter_server.auth.decorator import ws_authenticated
from jupyter_server.base.websocket import WebSocketMixin
from jupyter_server.utils import ensure_async
from tornado import web, websocket

from jupyter_auth.core.errors import PolicyError
from jupyter_auth.server.headers import ClosedHeaders
from jupyter_auth.server.people import person_of
from jupyter_auth.server.refusals import CROSS_SITE

PATH = "frontend"
NOTHING_SAID = 1003  # RFC 6455 §7.4.1: data of a kind that is not accepted


class FrontEnds:
    """Those that are connected now."""

    def __init__(self) -> None:
        self._open: set[object] = set()

    def __len__(self) -> int:
        return len(self._open)

    def add(self, front_end: object) -> None:
        """It is there."""
        self._open.add(front_end)

    def remove(self, front_end: object) -> None:
        """It has gone."""
        self._open.discard(front_end)


class FrontEndSocket(WebSocketMixin, websocket.WebSocketHandler, ClosedHeaders):
    """One page's connection. Nothing is said in it, in either direction, but Jupyter's own pings."""

    auth_resource: ClassVar[str] = "jupyter_auth"
    _front_ends: FrontEnds

    @property
    def max_message_size(self) -> int:
        """Whoever sends anything is no front end of ours."""
        return 1024

    @ws_authenticated
    async def get(self, *args: Any, **kwargs: Any) -> None:
        """Open it, for whoever may read what the card shows."""
        may = self.authorizer.is_authorized(self, self.current_user, "read", self.auth_resource)
        if not await ensure_async(may):
            raise web.HTTPError(403)
        try:
            self._front_ends = self.settings["jupyter_auth_service"].desks.of(person_of(self)).front_ends
        except PolicyError as refused:
            self.refuse(refused)
            raise web.HTTPError(403) from None
        await super().get(*args, **kwargs)

    def on_finish(self) -> None:
        """Tornado refuses a handshake from another origin without an error; all others have said why."""
        if self.get_status() == 403:
            self.refuse(CROSS_SITE)
        super().on_finish()

    def open(self, *args: str, **kwargs: str) -> None:
        """It lives from here on."""
        super().open(*args, **kwargs)
        self._front_ends.add(self)

    def on_message(self, message: str | bytes) -> None:
        """Nothing is to be said here."""
        self.close(NOTHING_SAID)

    def on_close(self) -> None:
        """The page was closed, or its connection lost."""
        self._front_ends.remove(self)
