"""What the service answers: JSON for servers, and the one address that a provider sends people back to."""

import json
import logging
import secrets
import time
from base64 import urlsafe_b64decode
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from jupyterhub.services.auth import HubOAuth, HubOAuthCallbackHandler, HubOAuthenticated
from tornado import web

from jupyter_auth.broker.signing_in.answers import MAX_ADDRESS, MAX_PARAMETERS, single
from jupyter_auth.broker.signing_in.callback_page import HEADERS, STATUS, page
from jupyter_auth.broker.signing_in.redirects import MARK, PATH
from jupyter_auth.core.errors import AuthError, ProfileError, TransportError, error_to_wire
from jupyter_auth.core.faults import where
from jupyter_auth.core.known import note
from jupyter_auth.hub.keeper import Keeper, Wanted
from jupyter_auth.hub.people import People

log = logging.getLogger(__name__)

MAX_BODY = 64 * 1024  # bytes
LIFE = 600.0  # seconds for which an answer waits for its person's login
MOST = 10_000  # answers that wait
_BACK = "back"
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
        try:
            person = await self._people.whose(self.request.headers.get("Authorization", ""))
            self.finish(json.dumps(await self.answer(person)))
        except AuthError as problem:
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


class Waiting:
    """Answers whose person is at the Hub's login. They wait here, so that no address holds them there."""

    def __init__(self) -> None:
        self._kept: dict[str, tuple[float, dict[str, str]]] = {}

    def put(self, answer: dict[str, str]) -> str:
        """Keep it; the id to get it back by. The oldest goes where there are too many."""
        now = time.monotonic()
        self._kept = {back: kept for back, kept in self._kept.items() if now - kept[0] < LIFE}
        while len(self._kept) >= MOST:
            del self._kept[next(iter(self._kept))]
        back = secrets.token_urlsafe(16)
        self._kept[back] = (now, answer)
        return back

    def take(self, back: str) -> dict[str, str] | None:
        """The answer, once."""
        kept = self._kept.pop(back, None)
        return kept[1] if kept and time.monotonic() - kept[0] < LIFE else None


class CallbackHandler(HubOAuthenticated, Closed):  # type: ignore[misc]  # jupyterhub has no types
    """``GET callback``: the redirect URI of everybody's code flows. It sends the browser on to a server of
    whoever is logged in there, which is the only one that knows the state; never anywhere else."""

    SUPPORTED_METHODS = ("GET",)  # type: ignore[assignment]

    def initialize(self, auth: HubOAuth, people: People, waiting: Waiting) -> None:
        self.hub_auth = auth
        self._people, self._waiting = people, waiting

    async def prepare(self) -> None:
        """Put the answer aside, before the request is logged or sent to the Hub's login and back."""
        query, self.request.query = self.request.query, ""
        given = self._given(query)
        self.request.query_arguments.clear()
        self.request.arguments.clear()
        self._back = given.get(_BACK) or (self._waiting.put(given) if _place(given) else None)
        if "code" in given:
            note(given["code"], sent=True)
        back = "?" + urlencode({_BACK: self._back}) if self._back else ""
        self.request.uri = self.request.path + back

    def _given(self, query: str) -> dict[str, str]:
        given = dict(self.request.query_arguments)
        if len(query) > MAX_ADDRESS or len(given) > MAX_PARAMETERS:
            return {}
        return single({n: [v.decode("utf-8", "replace") for v in vs] for n, vs in given.items()}) or {}

    @web.authenticated
    async def get(self, below: str | None = None) -> None:
        """Send the person on to the server that waits; ``below`` is where a profile has a callback of its
        own."""
        answer = self._waiting.take(self._back) if self._back else None
        place = _place(answer or {})
        person = (self.current_user or {}).get("name")
        running: dict[str, str] = {}
        if answer and place and person:
            try:
                running = await self._people.servers(str(person))
            except AuthError as problem:
                log.warning("A sign-in could not be sent on: %s", problem)
        if answer is None or place not in running:  # nobody's, somebody else's, or a server that has stopped
            self._show("unknown")
            return
        self.redirect(f"{running[place].rstrip('/')}/{PATH}{below or ''}?{urlencode(answer)}")

    def _show(self, name: str) -> None:
        self.set_status(STATUS[name])
        for header, value in HEADERS.items():
            self.set_header(header, value)
        self.finish(page(name))

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """Nothing of the request is said back."""
        self._show("refused" if status_code >= 500 else "unknown")


class LoginHandler(HubOAuthCallbackHandler):  # type: ignore[misc]  # jupyterhub has no types
    """``oauth_callback``: the Hub says who the browser is."""

    def initialize(self, auth: HubOAuth) -> None:
        self.hub_auth = auth


def _place(answer: Mapping[str, str]) -> str:
    """The path of the server for which an answer says that it is; empty for none."""
    _, mark, written = answer.get("state", "").partition(MARK)
    try:
        return urlsafe_b64decode(written + "=" * (-len(written) % 4)).decode("ascii") if mark else ""
    except ValueError:
        return ""
