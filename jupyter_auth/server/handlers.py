"""REST under ``{base_url}jupyter_auth/v1/``: what a browser page may see and do. Never a token."""

import json
from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Any, ClassVar

from jupyter_server.auth.decorator import authorized
from jupyter_server.base.handlers import APIHandler
from tornado import web

from jupyter_auth.broker import listing
from jupyter_auth.broker.auditing.actors import acting_for
from jupyter_auth.broker.broker import Broker
from jupyter_auth.broker.request import TokenRequest
from jupyter_auth.broker.signing_in.consent import Consent
from jupyter_auth.broker.signing_in.interactions import Requester
from jupyter_auth.core.errors import AuthError, ProfileError, error_to_wire
from jupyter_auth.server.desks import Desk
from jupyter_auth.server.headers import ClosedHeaders
from jupyter_auth.server.people import actor_of, person_of
from jupyter_auth.server.service import BrokerService

PREFIX = r"/jupyter_auth/v1"
MAX_BODY = 64 * 1024  # bytes

Method = Callable[..., Awaitable[None] | None]


def guarded(method: Method) -> Method:
    """Authentication, authorization, and errors as ``{"error", "message", "hint"}``."""

    @wraps(method)
    async def answered(self: "BrokerHandler", *args: str) -> None:
        who = actor_of(self)
        try:
            with acting_for(who):
                await method(self, *args)  # type: ignore[misc]  # ours are all coroutines
        except AuthError as problem:
            self.service.desks.denied(problem, who)
            self.set_status(problem.http_status)
            self.answer(error_to_wire(problem))

    return web.authenticated(authorized(answered))


def _is_a_front_end_s(name: str) -> bool:
    """The server's own token, and the time that JupyterLab adds so that no answer comes from a cache."""
    return name == "token" or name.isdecimal()


class BrokerHandler(ClosedHeaders, APIHandler):
    """What all resources share: closed headers, small JSON bodies, typed errors."""

    auth_resource: ClassVar[str] = "jupyter_auth"

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

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """Errors of the framework (401, 403, 404, 405) in the same shape as ours."""
        self.set_header("Content-Type", "application/json")
        message = self._reason if status_code < 500 else "The server failed; its log says more."
        self.finish(json.dumps({"error": f"http_{status_code}", "message": message, "hint": ""}))

    def body(self) -> dict[str, Any]:
        """The JSON object that was sent, or an empty one where nothing was."""
        if not self.request.body:
            return {}
        kind = self.request.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        if kind != "application/json":
            raise web.HTTPError(415, reason="Send application/json")
        if len(self.request.body) > MAX_BODY:
            raise web.HTTPError(413)
        try:
            value = json.loads(self.request.body)
        except (ValueError, RecursionError):
            value = None
        if not isinstance(value, dict):
            raise ProfileError("The body is no JSON object.", reason="bad_body")
        return value

    def flag(self, name: str) -> bool:
        """A switch, in the body or the query."""
        said: Any = self.body().get(name, self.get_query_argument(name, "false"))
        if isinstance(said, bool):
            return said
        if said not in ("true", "1", "false", "0"):
            raise ProfileError(f"{name} must be true or false.", reason="bad_argument")
        return said in ("true", "1")

    def narrowed_to(self, *more: str) -> str | None:
        """The profile that is meant, in the query or the body; None for all. No slip widens it to all, so
        beside ``more`` nothing else may be named."""
        named = {name for name in self.request.query_arguments if not _is_a_front_end_s(name)}
        unknown = sorted({*named, *self.body()} - {"profile", *more})
        if unknown:
            raise ProfileError(f"There is no argument {unknown[0][:40]!r}.", reason="unknown_argument")
        profile: Any = self.get_query_argument("profile", self.body().get("profile"))
        if profile is not None and (not isinstance(profile, str) or not profile):
            raise ProfileError("profile must be the name of a profile.", reason="bad_argument")
        return profile


class StatusHandler(BrokerHandler):
    """Versions, store, configuration."""

    @guarded
    async def get(self) -> None:
        """What is in use, and what is wrong."""
        self.answer(await self.service.status(self.desk))


class ProfilesHandler(BrokerHandler):
    """The profiles, the faulty ones with their faults."""

    @guarded
    async def get(self) -> None:
        """All profiles."""
        self.answer(listing.profiles(self.broker.configuration, self.broker.sign_ins.flows))


class AccountsHandler(BrokerHandler):
    """Who is signed in."""

    @guarded
    async def get(self) -> None:
        """All accounts with their state."""
        self.answer(await self.broker.account_states())


class AccountHandler(BrokerHandler):
    """One account."""

    @guarded
    async def get(self, home_account_id: str) -> None:
        """Its rows, one a profile."""
        rows = [r for r in await self.broker.account_states() if r["home_account_id"] == home_account_id]
        if not rows:
            raise web.HTTPError(404)
        self.answer(rows)

    @guarded
    async def put(self, home_account_id: str) -> None:
        """Use it by default, for all profiles it is signed in to (``profile`` narrows)."""
        profile, is_default = self.narrowed_to("default"), self.body().get("default")
        names = [
            a.profile for a in await self.broker.accounts(profile) if a.home_account_id == home_account_id
        ]
        if not names:
            raise web.HTTPError(404)
        if is_default is not True:
            hint = "Another account that is used by default takes its place."
            raise ProfileError('The body must hold {"default": true}.', reason="bad_argument", hint=hint)
        for name in names:
            await self.broker.switch_account(name, home_account_id)
        rows = await self.broker.account_states()
        self.answer([r for r in rows if r["home_account_id"] == home_account_id and r["profile"] in names])

    @guarded
    async def delete(self, home_account_id: str) -> None:
        """Sign it out of all its applications (``profile`` narrows); the report says what was revoked."""
        profile = self.narrowed_to()
        report = await self.broker.sign_out(profile, home_account_id)
        if not report.accounts:
            raise web.HTTPError(404)
        self.answer(report.to_wire())


class CacheHandler(BrokerHandler):
    """The token cache, without the tokens."""

    @guarded
    async def get(self) -> None:
        """Its entries."""
        self.answer(await self.broker.entries())

    @guarded
    async def delete(self) -> None:
        """Wipe it (``profile`` narrows); ``revoke`` asks the providers too, afterwards."""
        profile, revoke = self.narrowed_to("revoke"), self.flag("revoke")
        report = await self.broker.clear(profile, revoke=revoke)
        self.answer(report.to_wire())


class KernelsHandler(BrokerHandler):
    """Which kernels use what."""

    @guarded
    async def get(self) -> None:
        """The kernels that live and have asked, with the profiles of which they were handed tokens."""
        self.answer(await self.service.kernels(self.desk))


class KernelGrantsHandler(BrokerHandler):
    """What one kernel may use. Answered to people only, never to a kernel."""

    def living(self, kernel_id: str) -> str:
        """That kernel, if it lives."""
        if not self.service.has_kernel(kernel_id, self.desk):
            raise web.HTTPError(404)
        return kernel_id

    @guarded
    async def get(self, kernel_id: str) -> None:
        """All of its grants."""
        self.answer(await self.desk.deciding.rows(self.living(kernel_id)))

    @guarded
    async def put(self, kernel_id: str) -> None:
        """Set one; answers all."""
        self.answer(await self.desk.deciding.put(self.living(kernel_id), self.body()))

    @guarded
    async def delete(self, kernel_id: str) -> None:
        """Take them back (``profile`` narrows); answers what is left."""
        self.answer(await self.desk.deciding.revoke(self.living(kernel_id), self.narrowed_to()))


class InteractionsHandler(BrokerHandler):
    """What waits for a person."""

    @guarded
    async def get(self) -> None:
        """Pending interactions, and those that ended lately."""
        self.answer([interaction.to_wire() for interaction in self.broker.interactions.all()])

    @guarded
    async def post(self) -> None:
        """Start one (201), or join the pending one that gives the same (200)."""
        request = TokenRequest.from_wire(self.body())
        interaction, is_new = await self.broker.interact(request, Requester())
        interaction.held = True
        self.set_status(201 if is_new else 200)
        self.answer(interaction.to_wire())


class InteractionHandler(BrokerHandler):
    """One interaction."""

    @guarded
    async def get(self, interaction_id: str) -> None:
        """Its state now."""
        interaction = self.broker.interactions.get(interaction_id)
        if interaction is None:
            raise web.HTTPError(404)
        self.answer(interaction.to_wire())

    @guarded
    async def post(self, interaction_id: str) -> None:
        """Answer it with the ``url`` that the person ended up on, or go on with another ``flow``;
        where it asks for consent, with a ``decision``."""
        interaction = self.broker.interactions.get(interaction_id)
        if interaction is None:
            raise web.HTTPError(404)
        if isinstance(interaction.sign_in, Consent):
            await self.desk.consents.decide(interaction, self.body())
        else:
            await self.broker.answers.heed(interaction, self.body())
        self.answer(interaction.to_wire())

    @guarded
    async def delete(self, interaction_id: str) -> None:
        """Cancel it; whoever waits for it is told."""
        interaction = self.broker.interactions.get(interaction_id)
        if interaction is None:
            raise web.HTTPError(404)
        self.broker.interactions.cancel(interaction)
        self.answer(interaction.to_wire())


def routes() -> list[tuple[str, type[BrokerHandler]]]:
    """Every route, below the server's base_url."""
    return [
        (PREFIX + r"/status", StatusHandler),
        (PREFIX + r"/profiles", ProfilesHandler),
        (PREFIX + r"/accounts", AccountsHandler),
        (PREFIX + r"/accounts/([A-Za-z0-9_.\-]+)", AccountHandler),
        (PREFIX + r"/cache", CacheHandler),
        (PREFIX + r"/kernels", KernelsHandler),
        (PREFIX + r"/kernels/([A-Za-z0-9_\-]+)/grants", KernelGrantsHandler),
        (PREFIX + r"/interactions", InteractionsHandler),
        (PREFIX + r"/interactions/([A-Za-z0-9_\-]+)", InteractionHandler),
    ]
