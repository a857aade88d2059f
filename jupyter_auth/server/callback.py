"""The redirect URI of the authorization code flow (RFC 6749 §3.1.2): takes an answer, shows a static page.

The answer is put aside before anything else happens to the request, so that neither a log nor the way over
Jupyter's login holds it: what travels there is an opaque id. Nothing is put aside for a ``state`` that nobody
waits for.
"""

import secrets
from typing import Any, ClassVar
from urllib.parse import urlencode

from jupyter_server.auth.decorator import authorized
from jupyter_server.base.handlers import JupyterHandler
from tornado import web

from jupyter_auth.broker.auditing.actors import acting_for
from jupyter_auth.broker.broker import Broker
from jupyter_auth.broker.signing_in.answers import MAX_ADDRESS, MAX_PARAMETERS, single
from jupyter_auth.broker.signing_in.callback_page import HEADERS, STATUS, page, page_for
from jupyter_auth.core.errors import PolicyError
from jupyter_auth.core.known import note
from jupyter_auth.server.headers import ClosedHeaders
from jupyter_auth.server.people import actor_of
from jupyter_auth.server.refusals import UNKNOWN_STATE

_BACK = "back"  # the parameter with the opaque id


class KeptAnswers:
    """Answers on their way, each with the interaction that waits for it: at most one for each of those."""

    def __init__(self, broker: Broker) -> None:
        self._answers = broker.answers
        self._kept: dict[str, tuple[str, dict[str, str], str]] = {}

    def put(self, answer: dict[str, str], place: str) -> str | None:
        """Keep ``answer``, if something waits for it; the id to get it back by. ``place``: the profile at
        whose own address it came, empty at the common one."""
        waiting = self._answers.awaiting(answer.get("state", ""))
        if waiting is None:
            return None
        self._kept = {
            back: (interaction_id, kept, where)
            for back, (interaction_id, kept, where) in self._kept.items()
            if interaction_id != waiting.id and self._answers.awaiting(kept["state"])
        }
        note(answer.get("code", ""), sent=True)
        back = secrets.token_urlsafe(16)
        self._kept[back] = (waiting.id, answer, place)
        return back

    async def redeem(self, back: str) -> str:
        """Give the answer to who waits for it, once; the name of the page that says how that went."""
        _, answer, place = self._kept.pop(back, ("", {}, ""))
        return page_for(await self._answers.take(answer, place))


class CallbackHandler(ClosedHeaders, JupyterHandler):
    """``GET {base_url}jupyter_auth/v1/callback``; below it ``/PROFILE`` for one with a place of its own."""

    auth_resource: ClassVar[str] = "jupyter_auth"
    SUPPORTED_METHODS = ("GET",)  # type: ignore[assignment]

    async def prepare(self, **more: Any) -> Any:
        """Put the answer aside, before the request is logged, or sent to Jupyter's login and back."""
        query, self.request.query = self.request.query, ""
        given = single(
            {n: [v.decode("utf-8", "replace") for v in vs] for n, vs in self._given(query).items()}
        )
        self.request.query_arguments.clear()
        self.request.arguments.clear()
        self._back = (given or {}).get(_BACK) or (self._put(given) if given else None)
        self.request.uri = self.request.path
        if self._back is not None:
            self.request.uri += "?" + urlencode({_BACK: self._back})
        return await super().prepare(**more)

    def _given(self, query: str) -> dict[str, list[bytes]]:
        given = dict(self.request.query_arguments)
        return given if len(query) <= MAX_ADDRESS and len(given) <= MAX_PARAMETERS else {}

    @web.authenticated
    @authorized
    async def get(self, place: str = "") -> None:
        """Take the answer. Who is not logged in to Jupyter is sent to its login first, and back."""
        who = actor_of(self)
        with acting_for(who):
            name = await self._redeemed(self._back, who.person) if self._back else "unknown"
        if name == "unknown":
            self.refuse(UNKNOWN_STATE)
        self.set_status(STATUS[name])
        self.set_header("Content-Type", HEADERS["Content-Type"])
        self.finish(page(name))

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """Nothing of the request is said back."""
        self.set_header("Content-Type", HEADERS["Content-Type"])
        self.finish(page("refused" if status_code >= 500 else "unknown"))

    @property
    def _place(self) -> str:
        return str(self.path_args[0] or "") if self.path_args else ""

    def _put(self, answer: dict[str, str]) -> str | None:
        """Keep it for whoever waits for it, whoever brings it: nobody has logged in yet."""
        desks = self.settings["jupyter_auth_service"].desks
        kept = (desk.answers.put(answer, self._place) for desk in desks)
        return next((back for back in kept if back is not None), None)

    async def _redeemed(self, back: str, person: str | None) -> str:
        """Only who began the sign-in may bring its answer."""
        try:
            answers: KeptAnswers = self.settings["jupyter_auth_service"].desks.of(person).answers
        except PolicyError as refused:
            self.refuse(refused)
            return "unknown"
        return await answers.redeem(back)
