"""REST under ``{base_url}jupyter_auth/v1/``: what a browser page may see and do. Never a token."""

from tornado import web

from jupyter_auth.broker import listing
from jupyter_auth.broker.request import TokenRequest
from jupyter_auth.broker.signing_in.consent import Consent
from jupyter_auth.broker.signing_in.interactions import Requester
from jupyter_auth.core.errors import ProfileError
from jupyter_auth.server.resource import BrokerHandler, guarded

PREFIX = r"/jupyter_auth/v1"


class StatusHandler(BrokerHandler):
    """Versions, store, configuration."""

    @guarded
    async def get(self) -> None:
        """What is in use, and what is wrong; with ``peek=1`` a store that is not open stays so."""
        given = self.get_query_arguments("peek", strip=False)
        if given not in ([], ["1"]):
            raise ProfileError("peek must be 1.", reason="bad_argument", hint="Or leave it out.")
        self.answer(await self.service.status(self.desk, peeks=bool(given)))


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


async def _nothing(handler: BrokerHandler, *_: str) -> None:
    raise web.HTTPError(404)


class UnknownHandler(BrokerHandler):
    """What is below our address and is nothing: our own answer, closed like the others."""

    # each is guarded by itself, since Jupyter's ``authorized`` keeps the action that it was first asked for
    get = guarded(_nothing)
    post = guarded(_nothing)
    put = guarded(_nothing)
    delete = guarded(_nothing)


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
