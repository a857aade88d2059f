"""Tokens in use are renewed before they end although nobody asks just then, so that a cell of hours never
meets one that has ended. One task for all of them, which waits for the next that is due."""

import asyncio
import logging
from collections.abc import Callable, Container
from contextlib import suppress
from dataclasses import replace
from functools import partial

from jupyter_auth.broker.changes import AccountChanged, CacheChanged, Change, Changes
from jupyter_auth.broker.clock import STEP, Clock
from jupyter_auth.broker.config.configuration import Configuration
from jupyter_auth.broker.request import Resolved, TokenRequest
from jupyter_auth.broker.tenants import client_of
from jupyter_auth.broker.tokens.in_use import InUse, TokensInUse, User
from jupyter_auth.broker.tokens.refresh import OvertakenError, Refreshed
from jupyter_auth.broker.tokens.silent import InThread, Silent
from jupyter_auth.cache.records import AccessTokenRecord, AccountKey, AccountRecord, Holder, Target
from jupyter_auth.cache.token_cache import TokenCache
from jupyter_auth.core.errors import AuthError, InteractionRequiredError
from jupyter_auth.core.faults import where
from jupyter_auth.core.grant import stricter
from jupyter_auth.core.result import AuthenticationResult, TokenData
from jupyter_auth.core.scopes import resource_scopes

log = logging.getLogger(__name__)

AT_ONCE = 4  # renewals under way
LOOK = 15.0  # seconds between two looks at the clocks: after a machine's sleep they are much later
AGAIN = 1.0  # seconds before another try while some other refresh of the same account is under way
PAUSE = 30.0  # seconds between two renewals of one token, or a quarter of a shorter life


class Renewing:
    """Renews what was handed to kernels, ``unused`` seconds beyond its last use; never, where that is 0.

    On the event loop it is made on. What somebody is asked for to renew it, an assertion or a sign-in, is not
    renewed here: who uses it is told when they ask, and people by ``AccountChanged``.
    """

    def __init__(
        self,
        *,
        silent: Silent,
        cache: TokenCache,
        in_thread: InThread,
        configuration: Callable[[], Configuration],
        clock: Clock,
        changes: Changes,
        unused: float,
    ) -> None:
        self._silent = silent
        self._cache = cache
        self._in_thread = in_thread
        self._configuration = configuration
        self._clock = clock
        self._changes = changes
        self._unused = unused
        self._tokens = TokensInUse()
        self._ahead = clock.ahead()
        self._under_way = 0
        self._woken = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self._task: asyncio.Task[None] | None = None
        self._telling: set[asyncio.Task[None]] = set()
        self._refused: set[tuple[str | None, str | None]] = set()  # accounts, for a profile at the Hub
        if unused > 0:
            changes.watch(self._heed)

    # -- what is in use ----------------------------------------------------------------------------

    def used(self, user: User, found: AuthenticationResult, resolve: Callable[[], Resolved]) -> None:
        """A token was handed out. On the way of every hit: ``resolve`` is called for a new one only."""
        entry = self._tokens.with_version(found._token.version)
        if entry is None and self._unused > 0:
            entry = self._new(found, resolve)
        if entry is not None:
            entry.users[user] = self._clock.elapsed()

    def left(self, user: User, profiles: Container[str] | None = None) -> None:
        """A kernel has ended, or may use some ``profiles`` no more: what it alone was handed of them is
        renewed no more."""
        for entry in self._tokens:
            if profiles is None or entry.resolved.profile.name in profiles:
                entry.users.pop(user, None)
            if not entry.users:
                self._tokens.drop([entry])

    def is_renewing(self, version: str) -> bool:
        """True where that token is due and is being renewed, be it at the first try or at a later one."""
        entry = self._tokens.with_version(version)
        return entry is not None and not entry.needs_person and self._clock.elapsed() >= entry.stale

    def needs_person(self, account: AccountKey, profile: str) -> bool:
        """True where a token cannot be renewed before somebody signs in."""
        return (account.home_account_id, profile) in self._refused or any(
            entry.needs_person and entry.key == account and entry.resolved.profile.name == profile
            for entry in self._tokens
        )

    def _new(self, found: AuthenticationResult, resolve: Callable[[], Resolved]) -> InUse | None:
        try:
            resolved = resolve()
        except AuthError:  # the configuration has changed meanwhile
            return None
        key = _holder(found, resolved)
        fold = resolved.profile.folds_case
        if key is None:
            return None
        token, data = self._cache.held_token(key, resolved.target, fold=fold), found._token
        request = TokenRequest(tenant=resolved.request.tenant, within=resolved.request.within)
        resolved = replace(resolved, request=request, assertion=None)
        if token is not None and token.version == data.version:
            # as it was asked for when it was given, which may be more than is asked now
            scopes = resource_scopes(token.asked, fold=fold)
            target = Target(scopes, token.resource, token.realms[-1], request.within)
            resolved = replace(resolved, scopes=token.asked, target=target)
        entry = self._tokens.at(key, resolved)
        self._take(entry, data)
        if self._task is None or self._task.done():
            self._task = self._loop.create_task(self._run())
        return entry

    def _take(self, entry: InUse, token: TokenData | AccessTokenRecord) -> None:
        """``token`` is the one in use now."""
        entry.needs_person = False
        self._refused.discard((entry.key.home_account_id, entry.resolved.profile.name))
        entry.life = token.expires_on - token.issued_on
        self._tokens.renewed(entry, token.version)
        now = self._clock.elapsed()
        entry.stale = now + max(token.refresh_on - self._clock.now(), min(PAUSE, entry.life / 4), 1.0)
        self._schedule(entry, entry.stale)

    def _schedule(self, entry: InUse, due: float) -> None:
        self._tokens.schedule(entry, due)
        self._woken.set()

    # -- renewing ----------------------------------------------------------------------------------

    async def _run(self) -> None:
        """Until nothing is in use any more."""
        while len(self._tokens):
            wait = LOOK
            if self._under_way < AT_ONCE:
                wait = min(LOOK, max(0.0, self._tokens.next_due() - self._clock.elapsed()))
            with suppress(TimeoutError):
                async with asyncio.timeout(wait):
                    await self._woken.wait()
            self._woken.clear()
            try:
                self.look()
            except Exception as problem:  # noqa: BLE001 -- a fault of ours must not end all renewing
                log.error("A token in use was not renewed: %s", where(problem))

    def look(self) -> None:
        """Begin what is due, as far as there is room."""
        ahead, before = self._clock.ahead(), self._ahead
        self._ahead = ahead
        if ahead - before > STEP:  # set forward, or paused unseen: in its time, everything is later
            self._tokens.bring_forward(ahead - before)
        now = self._clock.elapsed()
        while self._under_way < AT_ONCE and (entry := self._tokens.pop_due(now)) is not None:
            self._begin(entry)

    def _begin(self, entry: InUse) -> None:
        resolved = self._as_configured(entry)
        if resolved is None or not entry.is_used(self._clock.elapsed(), self._unused):
            self._tokens.drop([entry])
            return
        flight = self._silent.renew(entry.key, resolved, version=entry.version, life=entry.life)
        if flight is None:
            wait = self._silent.patience.left(entry.identity) or AGAIN
            self._schedule(entry, self._clock.elapsed() + wait)
            return
        entry.is_renewing = True
        self._under_way += 1
        flight.task.add_done_callback(partial(self._landed, entry))

    def _as_configured(self, entry: InUse) -> Resolved | None:
        """What to ask for, with its profile as it is now; None where that is another's by now, or is not open
        any more to those that it was handed to: whoever may still have it asks anew."""
        before = entry.resolved.profile
        try:
            profile = self._configuration().profile(before.name)
        except AuthError:
            return None
        is_closed = stricter(before.kernel_access, profile.kernel_access) != before.kernel_access
        if is_closed or client_of(profile) != entry.key.client:
            return None
        return replace(entry.resolved, profile=profile)

    def _landed(self, entry: InUse, task: "asyncio.Task[Refreshed]") -> None:
        self._under_way -= 1
        self._woken.set()
        entry.is_renewing = False
        if entry not in self._tokens or task.cancelled():
            return
        problem = task.exception()
        if problem is None:
            self._take(entry, self._clock.in_time(task.result().token))
        elif isinstance(problem, InteractionRequiredError):
            entry.needs_person = True
            telling = self._loop.create_task(self._tell(entry, problem))
            self._telling.add(telling)
            telling.add_done_callback(self._telling.discard)
        elif isinstance(problem, OvertakenError):
            self._tokens.drop([entry])
        else:
            wait = self._silent.patience.left(entry.identity)
            self._schedule(entry, self._clock.elapsed() + wait)

    async def _tell(self, entry: InUse, required: InteractionRequiredError) -> None:
        """Say that somebody has to sign in; where there is nobody any more, it was a sign-out elsewhere."""
        key, profile = entry.key, entry.resolved.profile.name
        known: tuple[AccountRecord, ...] = ()
        if isinstance(key, AccountKey):
            with suppress(AuthError):
                known = await self._in_thread(lambda: self._cache.known_accounts(key.client))
        if not any(account.account_key == key for account in known):
            self._tokens.drop([entry])
        elif (key.home_account_id, profile) in self._refused:
            pass  # that was told when it was refused
        elif required.reason != "invalid_grant" and key.home_account_id:  # as that was
            who = key.home_account_id
            self._changes.tell(AccountChanged(home_account_id=who, profile=profile, action="needs_sign_in"))

    # -- changes -----------------------------------------------------------------------------------

    def _heed(self, change: Change) -> None:
        """From any thread."""
        if isinstance(change, AccountChanged | CacheChanged):
            with suppress(RuntimeError):  # the loop has ended
                self._loop.call_soon_threadsafe(self._changed, change)

    def _changed(self, change: AccountChanged | CacheChanged) -> None:
        if isinstance(change, CacheChanged):
            if change.action == "cleared":
                self._tokens.drop([entry for entry in self._tokens if self._is_of(entry, change.profile)])
            self._refused.discard((change.home_account_id, change.profile))
            return
        profile = self._configuration().profiles.get(change.profile)
        if change.action != "needs_sign_in":
            self._refused.discard((change.home_account_id, change.profile))
        elif profile is not None and profile.is_signed_in_elsewhere:
            # with a sign-in of our own it shows: no refresh token is left
            self._refused.add((change.home_account_id, change.profile))
        entries = [entry for entry in self._tokens if entry.key.home_account_id == change.home_account_id]
        if change.action in {"signed_out", "removed"}:
            self._tokens.drop(entries)
        elif change.action == "signed_in":
            for entry in entries:  # they take what came with it, or go on
                entry.needs_person = False
                self._silent.patience.heed(entry.identity, None, entry.life)
                if not entry.is_renewing:
                    self._schedule(entry, min(entry.due, entry.stale))

    def _is_of(self, entry: InUse, profile: str | None) -> bool:
        if profile is None or entry.resolved.profile.name == profile:
            return True
        known = self._configuration().profiles.get(profile)
        return known is not None and client_of(known) == entry.key.client

    def close(self) -> None:
        """Renew nothing any more; what is under way is the flights'."""
        self._unused = 0.0
        self._tokens.drop(self._tokens)
        for task in (self._task, *self._telling):
            if task is not None:
                task.cancel()


def _holder(found: AuthenticationResult, resolved: Resolved) -> Holder | None:
    """Whose token it is; None for one that cannot be renewed without what the caller brought."""
    if resolved.app is not None:
        return None if resolved.app.kind == "on_behalf_of" else resolved.app
    account = found._token.account
    return AccountKey(*resolved.client, account["home_account_id"]) if account is not None else None
