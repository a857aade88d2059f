"""What the service answers: JSON for servers, and the one address that a provider sends people back to."""

import json
import logging
import re
from base64 import urlsafe_b64decode
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from jupyterhub.services.auth import HubOAuth, HubOAuthCallbackHandler, HubOAuthenticated
from tornado import web

from jupyter_auth.broker.auditing.actors import Actor, acting_for
from jupyter_auth.broker.signing_in.answers import MAX_ADDRESS, MAX_PARAMETERS, single
from jupyter_auth.broker.signing_in.callback_page import HEADERS, STATUS, page
from jupyter_auth.broker.signing_in.redirects import MARK, PATH
from jupyter_auth.core.audit import Via
from jupyter_auth.core.errors import AuthError, PolicyError, ProfileError, TransportError, error_to_wire
from jupyter_auth.core.faults import where
from jupyter_auth.core.known import note
from jupyter_auth.hub.keeper import Keeper
from jupyter_auth.hub.keeping import Wanted
from jupyter_auth.hub.people import People
from jupyter_auth.hub.waiting import Waiting

log = logging.getLogger(__name__)

MAX_BODY = 64 * 1024  # bytes
MAX_LOGIN = 2048  # characters of an answer of the Hub's login
MOST = 50_000  # logins under way at once, some hundred bytes each
_BACK, _ID = "back", re.compile(r"[A-Za-z0-9_-]{1,64}")
_CLOSED = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


class Closed(web.RequestHandler):
    """Nothing is kept, embedded or told on by a browser."""

    def set_default_headers(self) -> None:
        for name, value in _CLOSED.items():
            self.set_header(name, value)
        self.clear_header("Server")

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """Nothing of the request is said back."""
        self.finish(json.dumps({"error": "http", "message": f"HTTP {status_code}", "hint": ""}))


class HealthHandler(Closed):
    """``GET health``: that the service runs, to anybody."""

    SUPPORTED_METHODS = ("GET",)  # type: ignore[assignment]

    def get(self) -> None:
        """Tell nothing else."""
        self.set_header("Content-Type", "application/json")
        self.finish(json.dumps({"ok": True}))


class ServerHandler(Closed):
    """What a person's server asks, with its own Hub API token in ``Authorization``. No cookie counts."""

    SUPPORTED_METHODS = ("POST",)  # type: ignore[assignment]

    def initialize(self, keeper: Keeper, people: People) -> None:
        self._keeper, self._people = keeper, people

    def check_xsrf_cookie(self) -> None:
        """A browser sends no such header by itself."""

    async def post(self) -> None:
        """Answer in JSON, errors too."""
        self.set_header("Content-Type", "application/json")
        person: str | None = None
        try:
            person = await self._people.whose(self.request.headers.get("Authorization", ""))
            with acting_for(Actor(via=Via.REST, person=person)):
                answer = await self.answer(person)
            self.finish(json.dumps(answer))
        except AuthError as problem:
            self._keeper.refused(problem, person)
            self._refuse(problem)
        except Exception as problem:  # noqa: BLE001 -- its text may hold anything
            log.error("A request could not be answered: %s", where(problem))
            self._refuse(TransportError("The Hub service has failed.", reason="hub_service", retryable=True))

    async def answer(self, person: str) -> Mapping[str, Any]:
        """The answer for ``person``."""
        raise NotImplementedError

    def body(self) -> dict[str, Any]:
        """The JSON object that was sent, or an empty one where nothing was."""
        if not self.request.body:
            return {}
        try:
            value = json.loads(self.request.body) if len(self.request.body) <= MAX_BODY else None
        except (ValueError, RecursionError):
            value = None
        if not isinstance(value, dict):
            raise ProfileError("The body is no JSON object.", reason="bad_body")
        return value

    def _refuse(self, problem: AuthError) -> None:
        self.set_status(problem.http_status)
        self.finish(json.dumps(error_to_wire(problem)))


class TokenHandler(ServerHandler):
    """``POST token``: an access token of the person whose API token that is."""

    async def answer(self, person: str) -> Mapping[str, Any]:
        return await self._keeper.token(person, Wanted.from_wire(self.body()))


class CheckHandler(ServerHandler):
    """``POST check``: whether a token could be asked for, so far as nobody has to ask the provider."""

    async def answer(self, person: str) -> Mapping[str, Any]:
        if self.body():
            raise ProfileError("Send nothing.", reason="bad_argument")
        await self._keeper.check(person)
        return {"ok": True}


class ForgetHandler(ServerHandler):
    """``POST forget``: the person has logged out."""

    async def answer(self, person: str) -> Mapping[str, Any]:
        if self.body():
            raise ProfileError("Send nothing.", reason="bad_argument")
        await self._keeper.forget(person)
        return {"ok": True}


class Shown(Closed):
    """What people see: a plain page, whatever goes wrong."""

    def show(self, name: str) -> None:
        self.set_status(STATUS[name])
        for header, value in HEADERS.items():
            self.set_header(header, value)
        self.finish(page(name))

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """Nothing of the request is said back."""
        self.show("refused" if status_code >= 500 else "unknown")

    def log_exception(self, typ: Any, value: Any, tb: Any) -> None:
        """Without the request, whose address may hold a code, and without what somebody wrote into it."""
        if not isinstance(value, web.HTTPError):
            log.error("A page could not be shown: %s", where(value))


class CallbackHandler(HubOAuthenticated, Shown):  # type: ignore[misc]  # jupyterhub has no types
    """``GET callback``: the redirect URI of everybody's code flows. It sends the browser on to a server of
    whoever is logged in there, which is the only one that knows the state; never anywhere else."""

    SUPPORTED_METHODS = ("GET",)  # type: ignore[assignment]

    def initialize(self, auth: HubOAuth, people: People, keeper: Keeper, waiting: Waiting) -> None:
        self.hub_auth = auth
        self._people, self._keeper, self._waiting = people, keeper, waiting

    async def prepare(self) -> None:
        """Put the answer aside, before the request is logged or sent to the Hub's login and back."""
        query, self.request.query = self.request.query, ""
        given = self._given(query)
        self.request.query_arguments.clear()
        self.request.arguments.clear()
        self.request.headers.pop("Authorization", None)  # no browser's: the Hub is not asked about it
        self.request.uri = self.request.path
        if back := given.get(_BACK):
            given = (self._waiting.take(self, back) if _ID.fullmatch(back) else None) or {}
        self._answer = given if _place(given) else None
        if self._answer and "code" in self._answer:
            note(self._answer["code"], sent=True)

    def get_login_url(self) -> str:
        """The Hub's login, from which the browser comes back here with what it keeps meanwhile."""
        if self._answer and (back := self._waiting.put(self, self._answer)):
            self.request.uri = f"{self.request.path}?{urlencode({_BACK: back})}"
        address: str = super().get_login_url()
        _bound(getattr(self.hub_auth, "_oauth_states", {}))
        return address

    def _given(self, query: str) -> dict[str, str]:
        given = dict(self.request.query_arguments)
        if len(query) > MAX_ADDRESS or len(given) > MAX_PARAMETERS:
            return {}
        return single({n: [v.decode("utf-8", "replace") for v in vs] for n, vs in given.items()}) or {}

    @web.authenticated
    async def get(self, below: str | None = None) -> None:
        """Send the person on to the server that waits; ``below`` is where a profile has a callback of its
        own."""
        answer, place = self._answer, _place(self._answer or {})
        person = (self.current_user or {}).get("name")
        running: dict[str, str] = {}
        if answer and person:
            try:
                running = await self._people.servers(str(person))
            except AuthError as problem:
                log.warning("A sign-in could not be sent on: %s", problem)
        if answer is None or place not in running:  # nobody's, somebody else's, or a server that has stopped
            self._keeper.refused(PolicyError("Nobody waits for it.", reason="unknown_state"), person)
            self.show("unknown")
            return
        self.redirect(f"{running[place].rstrip('/')}/{PATH}{below or ''}?{urlencode(answer)}")


class LoginHandler(Shown, HubOAuthCallbackHandler):  # type: ignore[misc]  # jupyterhub has no types
    """``oauth_callback``: the Hub says who the browser is."""

    def initialize(self, auth: HubOAuth) -> None:
        self.hub_auth = auth

    async def prepare(self) -> None:
        """What a stranger writes is no long line of the log."""
        if len(self.request.query) > MAX_LOGIN:
            raise web.HTTPError(400)


def _bound(states: Any) -> None:
    """JupyterHub keeps a little of each login under way, for ten minutes, and counts none: anybody could have
    memory filled with them. The oldest go."""
    while len(states) > MOST:
        states.pop(next(iter(states.values)), None)


def _place(answer: Mapping[str, str]) -> str:
    """The path of the server for which an answer says that it is; empty for none."""
    _, mark, written = answer.get("state", "").partition(MARK)
    try:
        return urlsafe_b64decode(written + "=" * (-len(written) % 4)).decode("ascii") if mark else ""
    except ValueError:
        return ""
