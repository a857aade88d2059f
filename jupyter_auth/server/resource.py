"""What all resources of our REST interface share: who may ask, and how; small JSON bodies; typed errors."""

import json
from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Any, ClassVar

from jupyter_server.auth.decorator import authorized
from jupyter_server.base.handlers import APIHandler
from tornado import web

from jupyter_auth.broker.auditing.actors import acting_for
from jupyter_auth.broker.broker import Broker
from jupyter_auth.core.errors import AuthError, ProfileError, error_to_wire
from jupyter_auth.server.desks import Desk
from jupyter_auth.server.headers import ClosedHeaders, methods_of
from jupyter_auth.server.people import actor_of, person_of
from jupyter_auth.server.refusals import CROSS_SITE, XSRF
from jupyter_auth.server.service import BrokerService

MAX_BODY = 64 * 1024  # bytes
_CHANGING = ("POST", "PUT", "DELETE")

_SWITCH = {"true": True, "false": False, "1": True, "0": False}  # in a query

Method = Callable[..., Awaitable[None] | None]


def guarded(method: Method) -> Method:
    """Authentication, authorization, and errors as ``{"error", "message", "hint"}``."""

    @wraps(method)
    async def answered(self: "BrokerHandler", *args: str) -> None:
        try:
            with acting_for(actor_of(self)):
                await method(self, *args)  # type: ignore[misc]  # ours are all coroutines
        except AuthError as problem:
            self.refuse(problem)
            self.set_status(problem.http_status)
            self.answer(error_to_wire(problem))

    return web.authenticated(authorized(answered))


def _is_a_front_end_s(name: str) -> bool:
    """The server's own token, and the time that JupyterLab adds so that no answer comes from a cache."""
    return name == "token" or name.isdecimal()


class BrokerHandler(ClosedHeaders, APIHandler):
    """What all resources share: closed headers, small JSON bodies, typed errors."""

    auth_resource: ClassVar[str] = "jupyter_auth"
    # no OPTIONS: a preflight is sent by a page of another origin, and there is none that has business here
    SUPPORTED_METHODS = ("GET", *_CHANGING)  # type: ignore[assignment]

    @property
    def service(self) -> BrokerService:
        """The broker with its channel."""
        service: BrokerService = self.settings["jupyter_auth_service"]
        return service

    @property
    def desk(self) -> Desk:
        """That of the person who asks; raises ``PolicyError`` where nobody knows who that is."""
        return self.service.desks.of(person_of(self))

    @property
    def broker(self) -> Broker:
        """The broker of the person who asks; raises as ``desk``."""
        return self.desk.broker

    def answer(self, value: Any) -> None:
        """Finish with JSON."""
        self.finish(json.dumps(value))

    async def prepare(self) -> None:  # type: ignore[override]  # as Jupyter's own
        """Before a method is run: who sends a cookie must be a page of this server's, and what changes
        something must be JSON, which no page of another origin can send unless it is allowed to."""
        await super().prepare()
        if not self.token_authenticated and self._is_from_elsewhere():
            self.refuse(CROSS_SITE)
            raise web.HTTPError(403, reason="Sent by a page of another origin")
        self._check_kind()

    def check_xsrf_cookie(self) -> None:
        """Only the header counts: an address or a form is sent by any page that a browser shows."""
        if "_xsrf" in self.request.arguments:
            self.refuse(XSRF)
            raise web.HTTPError(403, reason="Send the XSRF token as X-XSRFToken")
        super().check_xsrf_cookie()

    def _is_from_elsewhere(self) -> bool:
        """As the browser says: by Fetch Metadata, and by the Referer where there is one."""
        if self.request.headers.get("Sec-Fetch-Site", "none") not in {"none", "same-origin"}:
            return True
        return "Referer" in self.request.headers and not self.check_referer()

    def _check_kind(self) -> None:
        method = self.request.method
        if method not in _CHANGING or method not in methods_of(type(self)) or not self.current_user:
            return  # what is not there is told as that, and who is nobody is refused as nobody
        kind = self.request.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        may_be_empty = self.token_authenticated or method == "DELETE"  # no form can send these
        if (self.request.body or not may_be_empty) and kind != "application/json":
            raise web.HTTPError(415, reason="Send application/json")
        if len(self.request.body) > MAX_BODY:
            raise web.HTTPError(413)

    def body(self) -> dict[str, Any]:
        """The JSON object that was sent, or an empty one where nothing was."""
        if not self.request.body:
            return {}
        try:
            value = json.loads(self.request.body)
        except (ValueError, RecursionError):
            value = None
        if not isinstance(value, dict):
            raise ProfileError("The body is no JSON object.", reason="bad_body")
        return value

    def flag(self, name: str) -> bool:
        """A switch, in the body or the query."""
        said, asked = self.body().get(name, False), self.get_query_argument(name, "false")
        if not isinstance(said, bool) or asked not in _SWITCH:
            raise ProfileError(f"{name} must be true or false.", reason="bad_argument")
        return said if name in self.body() else _SWITCH[asked]

    def narrowed_to(self, *more: str) -> str | None:
        """The profile that is meant, in the query or the body; None for all. No slip widens it to all, so
        beside ``more`` nothing else may be named, and whatever stands for a profile must be one's name."""
        asked, body = self.request.query_arguments, self.body()
        named = {name for name in asked if not _is_a_front_end_s(name)}
        unknown = sorted({*named, *body} - {"profile", *more})
        if unknown:
            raise ProfileError(f"There is no argument {unknown[0][:40]!r}.", reason="unknown_argument")
        given: list[Any] = self.get_query_arguments("profile")
        given += [body["profile"]] if "profile" in body else []
        if not all(isinstance(name, str) and name == given[0] != "" for name in given):
            raise ProfileError("profile must be the name of one profile.", reason="bad_argument")
        return given[0] if given else None
