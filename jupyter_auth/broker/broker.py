"""The broker: the one place that talks to identity providers and holds refresh tokens."""

import asyncio
import gc
import logging
from collections.abc import Callable
from typing import Any, TypeVar

from jupyter_auth.broker import ending, listing
from jupyter_auth.broker.accounts import switch
from jupyter_auth.broker.apps.app_request import no_people, resolve_any
from jupyter_auth.broker.auditing.audit import Audit
from jupyter_auth.broker.changes import Changes
from jupyter_auth.broker.clock import Clock
from jupyter_auth.broker.config.configuration import Configuration, ConfigurationFiles
from jupyter_auth.broker.config.watching import heed_files
from jupyter_auth.broker.grants.book import Grants
from jupyter_auth.broker.request import Resolved, TokenRequest
from jupyter_auth.broker.signing_in.answers import Answers
from jupyter_auth.broker.signing_in.interactions import Interaction, Interactions, Requester
from jupyter_auth.broker.signing_in.redirects import PasteBack, Redirects
from jupyter_auth.broker.signing_in.sign_ins import SignIns
from jupyter_auth.broker.storage import open_store
from jupyter_auth.broker.tenants import client_of
from jupyter_auth.broker.tokens.attempt import result
from jupyter_auth.broker.tokens.renewing import Renewing
from jupyter_auth.broker.tokens.silent import Silent
from jupyter_auth.broker.workers import Workers
from jupyter_auth.cache.store import Store
from jupyter_auth.cache.token_cache import TokenCache
from jupyter_auth.core.account import Account
from jupyter_auth.core.errors import CacheError, InteractionRequiredError
from jupyter_auth.core.faults import where
from jupyter_auth.core.profile import Profile
from jupyter_auth.core.reports import ClearReport, SignOutReport
from jupyter_auth.core.result import AuthenticationResult, Provenance
from jupyter_auth.core.statistics import Statistics
from jupyter_auth.providers.registry import Engines

log = logging.getLogger(__name__)
T = TypeVar("T")

SETTLE = 35.0  # seconds that a stop waits for refreshes under way: a provider call's limit and a little


class Broker:
    """Tokens for kernels. Create it on the event loop it is to live on; ``await start()`` opens the store.

    All methods raise errors of ``core.errors``.
    """

    def __init__(
        self,
        configuration: ConfigurationFiles | None = None,
        store: Callable[[], Store] = open_store,
        clock: Clock | None = None,
        redirects: Redirects | None = None,
    ) -> None:
        self._files = configuration or ConfigurationFiles()
        self._open = store
        self.clock = clock or Clock()
        self._workers = Workers()
        self.in_thread, self.calling = self._workers.in_thread, self._workers.calling
        self._engines = Engines()
        self._configured: Configuration | None = None
        self._starting: asyncio.Task[TokenCache] | None = None
        self._watching: asyncio.Task[None] | None = None
        self.changes = Changes()  # told to whoever watches
        self.statistics = Statistics()
        limit = self._files.settings.pending_sign_in_limit
        self.interactions = Interactions(self.calling, self.clock, self.changes, limit)
        self.answers = Answers(self.interactions)
        self.sign_ins = SignIns(
            self._engines.of,
            lambda: list(self.configuration.profiles.values()),
            self.clock,
            self.changes,
            redirects or PasteBack(),
        )
        to = self._files.settings.audit_file
        self.audit = Audit(self.clock, self.statistics, self.interactions.get, to)
        self.changes.watch(self.audit.heed)
        self.grants = Grants(self.changes, self._let_go, self.audit)
        self.silent: Silent | None = None
        self.renewing: Renewing | None = None
        self.cache: TokenCache | None = None

    # -- life -----------------------------------------------------------------------------------

    async def start(self) -> TokenCache:
        """Open the store, once; whoever comes first does it and the others wait."""
        if self._starting is None or (self._starting.done() and self.cache is None):
            self._starting = asyncio.ensure_future(self._start())
        return await asyncio.shield(self._starting)

    async def _start(self) -> TokenCache:
        store = await self.in_thread(self._open)
        known = self.configuration
        self.cache = TokenCache(store, self.clock.now, known.settings.memory_limits, self.statistics)
        self._watching = asyncio.ensure_future(heed_files(known, lambda: self.configuration, self._let_go))
        ways = self.in_thread, self.calling, self.clock
        self.silent = Silent(self.cache, self._engines.of, *ways, changes=self.changes, audit=self.audit)
        self.renewing = Renewing(
            silent=self.silent,
            cache=self.cache,
            in_thread=self.in_thread,
            configuration=lambda: self.configuration,
            clock=self.clock,
            changes=self.changes,
            unused=self.configuration.settings.renew_for,
        )
        return self.cache

    async def _let_go(self) -> None:
        """Have kernels let go of what they keep: profiles have changed, or what a kernel may use."""
        try:
            cache = await self.start()
            await self.in_thread(cache.store.generation.bump)
        except Exception as problem:  # noqa: BLE001 -- what changed holds here all the same
            told = problem if isinstance(problem, CacheError) else where(problem)
            log.warning("Others could not be told of changed profiles or grants: %s", told)

    async def close(self) -> None:
        """End interactions, let refreshes under way be saved, close the store."""
        if self._starting is not None:
            await asyncio.wait([self._starting])
        if self._watching is not None:
            self._watching.cancel()
        if self.renewing is not None:
            self.renewing.close()
        await self.interactions.close()
        if self.silent is not None:
            await self.silent.flights.settle(SETTLE)
        await self._workers.close()
        await self.audit.close()
        self._engines.close()
        if self.cache is not None:
            self.cache.close()

    # -- configuration --------------------------------------------------------------------------

    @property
    def configuration(self) -> Configuration:
        """The configuration as the files have it now."""
        current = self._files.current()
        if current is not self._configured:
            self._configured = current
            self.grants.heed(current.restricts)
        return current

    def resolve(self, request: TokenRequest) -> Resolved:
        """The request with its profile."""
        return resolve_any(request, self.configuration.profile(request.profile))

    # -- tokens ---------------------------------------------------------------------------------

    def peek(self, request: TokenRequest) -> AuthenticationResult | None:
        """A token from memory, at once; None where more is needed."""
        if self.silent is None or request.demands_person:
            return None
        return self.silent.peek(self.resolve(request))

    def hit_again(self, found: AuthenticationResult) -> None:
        """What ``peek`` gave was handed out once more."""
        if self.silent is not None:
            self.silent.hit_again(found._token.version)

    async def acquire_silent(self, request: TokenRequest) -> AuthenticationResult:
        """MSAL's ``acquire_token_silent``: raises ``InteractionRequiredError`` where a person is needed."""
        await self.start()
        resolved = self.resolve(request)
        if request.demands_person:
            raise InteractionRequiredError(
                "A new sign-in was asked for.",
                reason="sign_in_demanded",
                hint=f"Sign in with: %get_token {resolved.profile.name}",
                profile=resolved.profile.name,
                scopes=list(resolved.scopes),
                claims=request.claims_challenge,
            )
        if self.silent is None:
            raise RuntimeError("the broker has not started")
        return await self.silent.acquire(resolved)

    async def interact(
        self, request: TokenRequest, requester: Requester, *, adopts: bool = False
    ) -> tuple[Interaction, bool]:
        """The interaction that answers ``request``: the pending one, or a new one (then True).

        ``adopts``: a sign-in that another process makes meanwhile will do as well.
        """
        cache = await self.start()
        resolved = self.resolve(request)
        if resolved.app is not None:
            raise no_people(resolved.profile)
        ways = self.sign_ins.ways(resolved, cache, adopts=adopts)
        interaction, is_new = await self.interactions.join_or_start(resolved, requester, ways)
        interaction.sign_in.adopts &= adopts
        self.statistics.prompts += is_new
        return interaction, is_new

    async def result_of(self, interaction: Interaction, *, first: bool) -> AuthenticationResult:
        """The result for one who waited; only the first to ask was served by the provider.

        Raises what ended the interaction, and ``InteractionRequiredError`` where the account was signed
        out, or the cache cleared, before this waiter came for its token.
        """
        account, resolved = interaction.outcome.result(), interaction.resolved
        if account is None:
            raise TypeError("nobody signs in by a consent")
        cache, fold = await self.start(), resolved.profile.folds_case
        token = await self.in_thread(
            lambda: cache.find_token(account.account_key, resolved.target, fold=fold)
        )
        if token is None:
            raise InteractionRequiredError(
                "This account was signed out meanwhile.",
                reason="signed_out",
                hint="Run the cell again to sign in.",
                profile=resolved.profile.name,
                scopes=list(resolved.scopes),
            )
        by_provider = Provenance("identity_provider", None, "no_cached_access_token")
        served = first and not interaction.sign_in.is_adopted
        return result(token, account, resolved, by_provider if served else Provenance("cache", "memory"))

    # -- accounts -------------------------------------------------------------------------------

    async def accounts(self, profile: str | None = None) -> list[Account]:
        """Who is signed in (MSAL: ``get_accounts``): to one profile, or to every configured one."""
        cache = await self.start()
        found: list[Account] = []
        for chosen in self._profiles(profile):
            client = client_of(chosen)
            records = await self.in_thread(lambda client=client: cache.known_accounts(client))  # type: ignore[misc]
            found += [record.account(chosen.name) for record in records]
        return found

    async def switch_account(self, profile: str | None, account: str) -> Account:
        """Use an account by default where a request of the profile names none; raises
        ``InteractionRequiredError`` where ``account`` names nobody who is signed in, or several."""
        cache, resolved = await self.start(), self.resolve(TokenRequest(profile=profile, account=account))
        return await self.in_thread(lambda: switch(cache, resolved, self.changes))

    async def remove_account(self, profile: str | None, account: str | None) -> SignOutReport:
        """Forget locally; the provider is not asked (MSAL: ``remove_account``)."""
        return await self._end_accounts(profile, account, revoke=False)

    async def sign_out(self, profile: str | None, account: str | None) -> SignOutReport:
        """Forget locally, then revoke the refresh token at the provider (RFC 7009)."""
        return await self._end_accounts(profile, account, revoke=True)

    async def _end_accounts(self, profile: str | None, account: str | None, *, revoke: bool) -> SignOutReport:
        cache = await self.start()
        chosen = {client_of(p): p for p in self._profiles(profile)}
        work = ending.Ending(cache, self._engines.of, chosen, self.changes)
        work.include_unconfigured = profile is None
        return self.audit.ended(await self.calling(lambda: work.sign_out(account, revoke=revoke)))

    async def clear(self, profile: str | None = None, *, revoke: bool = False) -> ClearReport:
        """Wipe the cache, of one profile or whole; then, only where asked, revoke at the providers."""
        cache = await self.start()
        configured = {client_of(p): p for p in self._profiles(profile)}
        work = ending.Ending(cache, self._engines.of, configured, self.changes)
        wipe = work.clear_all if profile is None else work.clear_profile
        report = self.audit.ended(await self.calling(lambda: wipe(revoke=revoke)))
        await self.in_thread(gc.collect)  # what only refers to itself holds tokens as well, until then
        return report

    def _profiles(self, name: str | None) -> list[Profile]:
        configuration = self.configuration
        return [configuration.profile(name)] if name else list(configuration.profiles.values())

    # -- listing --------------------------------------------------------------------------------

    async def status(self, *, peeks: bool = False) -> dict[str, Any]:
        """Versions, store and configuration: what ``status`` says, wherever this broker lives. Who ``peeks``
        does not have the store opened for that."""
        cache = self.cache if peeks else await self.start()
        told = listing.status(cache, self.configuration, self.statistics)
        return {**told, "audit": self.audit.described()}

    async def entries(self) -> list[dict[str, Any]]:
        """What the cache holds, without secrets: for the REST resource ``cache``."""
        cache = await self.start()
        return await listing.entries(cache, self.silent, self.renewing, self.configuration, self.in_thread)

    async def account_states(self) -> list[dict[str, Any]]:
        """The accounts with their state, for the REST resource ``accounts``."""
        cache, known = await self.start(), await self.accounts()
        return await listing.account_states(cache, known, self.renewing, self.configuration, self.in_thread)
