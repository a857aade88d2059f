"""The silent contract: cache first, refresh ahead of expiry, never a person."""

import asyncio
from collections.abc import Callable, Coroutine
from time import perf_counter
from typing import Any

from jupyter_auth.broker import accounts
from jupyter_auth.broker.apps.app_tokens import AppRequestWork
from jupyter_auth.broker.auditing.audit import Audit
from jupyter_auth.broker.changes import Changes
from jupyter_auth.broker.clock import Clock
from jupyter_auth.broker.request import Resolved
from jupyter_auth.broker.tokens.attempt import Attempt, holder_of, is_permitted, result
from jupyter_auth.broker.tokens.elsewhere import SignedInElsewhere
from jupyter_auth.broker.tokens.flights import Flight, Flights
from jupyter_auth.broker.tokens.patience import Patience
from jupyter_auth.broker.tokens.refresh import OvertakenError, Refresh, Refreshed
from jupyter_auth.broker.tokens.throttle import Throttle
from jupyter_auth.cache.applications import ApplicationCache
from jupyter_auth.cache.records import AccessTokenRecord, AccountRecord, AppKey, Holder
from jupyter_auth.cache.token_cache import TokenCache
from jupyter_auth.core.errors import AuthError, CacheError, InteractionRequiredError, TransportError
from jupyter_auth.core.freshness import freshness
from jupyter_auth.core.profile import Profile
from jupyter_auth.core.result import AuthenticationResult, Provenance
from jupyter_auth.providers.base import Engine

InThread = Callable[[Callable[[], Any]], Coroutine[Any, Any, Any]]

ADOPTION_WINDOW = 5  # seconds in which another's token counts as the fresh one that was asked for
MAX_USES = 4096  # tokens of which it is remembered when they were last used


class Silent:
    """Silent acquisition over one cache. All state lives on the event loop."""

    def __init__(
        self,
        cache: TokenCache,
        engine: Callable[[Profile], Engine],
        in_thread: InThread,
        calling: InThread,
        clock: Clock,
        *,
        changes: Changes,
        audit: Audit,
    ) -> None:
        self._audit = audit
        self._cache = cache
        self._engine = engine
        self._in_thread = in_thread
        self._calling = calling
        self._clock = clock
        self._changes = changes
        self._statistics = cache.statistics
        self._throttle = Throttle(clock)
        self.patience = Patience(clock)
        self.flights = Flights()
        self.last_used: dict[str, float] = {}
        ways = in_thread, calling
        self._elsewhere = SignedInElsewhere(cache, engine, *ways, clock=clock, changes=changes)
        self.applications = ApplicationCache(cache, clock.elapsed)

    def peek(self, resolved: Resolved) -> AuthenticationResult | None:
        """The answer from memory, without waiting for anything; None where it takes more than that."""
        if resolved.request.skips_cache:
            return None
        account: AccountRecord | None = None
        if resolved.app is None:
            known = self._cache.peek_accounts(resolved.client)
            if not known:
                return None
            try:
                account = accounts.choose(known, resolved)
            except InteractionRequiredError:
                return None  # memory may not know what another process has saved; the store does
        key = holder_of(account, resolved)
        token = self._peeked(key, resolved)
        if token is None:
            return None
        state = self._state(token)
        if state == "expired":
            return None
        if state == "stale":
            self.renew(key, resolved, version=token.version, life=token.life)
        self.hit_again(token.version)
        return result(token, account, resolved, Provenance("cache", "memory"))

    def hit_again(self, version: str) -> None:
        """A token in memory was handed out."""
        self.note_use(version)
        self._statistics.memory_hits += 1

    def _peeked(self, key: Holder, resolved: Resolved) -> AccessTokenRecord | None:
        token = self._cache.peek_token(key, resolved.target, fold=resolved.profile.folds_case)
        return self._usable(token, resolved)

    async def _found(self, key: Holder, resolved: Resolved) -> AccessTokenRecord | None:
        fold = resolved.profile.folds_case
        token = await self._in_thread(lambda: self._cache.find_token(key, resolved.target, fold=fold))
        return self._usable(token, resolved)

    def _usable(self, token: AccessTokenRecord | None, resolved: Resolved) -> AccessTokenRecord | None:
        """The token with its times as the clock has them; None for one from before the administrator's
        policy, in whose place one with less is asked for."""
        if token is None or not is_permitted(token, resolved.profile):
            return None
        return self._clock.in_time(token)

    async def acquire(self, resolved: Resolved) -> AuthenticationResult:
        """A token without a person; raises ``InteractionRequiredError`` where that cannot be."""
        try:
            return await self._acquired(resolved)
        except AuthError as problem:
            self._statistics.failed(problem.reason)
            raise

    async def _acquired(self, resolved: Resolved) -> AuthenticationResult:
        started = perf_counter()
        account = await self._account(resolved) if resolved.app is None else None
        attempt = Attempt(started, holder_of(account, resolved), account)
        try:
            if not resolved.request.skips_cache:
                hit = await self._cached(attempt, resolved)
                if hit is not None:
                    return hit
                self._statistics.misses += 1
            else:
                attempt.reason = "force_refresh_or_claims"
            return await self._refreshed(attempt, resolved)
        except (TransportError, CacheError):
            token = attempt.in_hand
            if token is None or token.expires_on <= self._clock.now():
                raise
            # the provider or the store cannot be used just now, and this token is still good
            self._statistics.memory_hits += 1
            return result(token, attempt.account, resolved, Provenance("cache", "memory"))

    async def _account(self, resolved: Resolved) -> AccountRecord:
        known = self._cache.peek_accounts(resolved.client)
        if known and len(known) == 1 and resolved.request.account is None:
            return known[0]
        return await self._elsewhere.account(resolved)

    async def _cached(self, attempt: Attempt, resolved: Resolved) -> AuthenticationResult | None:
        key = attempt.key
        token, level = self._peeked(key, resolved), "memory"
        if token is None or self._state(token) == "expired":
            level = "store"  # and where that fails, what memory holds serves, however old
            attempt.in_hand = self._cache.held_token(key, resolved.target, fold=resolved.profile.folds_case)
            token = await self._found(key, resolved)
            attempt.in_hand = None
        attempt.in_cache = perf_counter() - attempt.started
        if token is None:
            return None
        state = self._state(token)
        if state == "expired":
            attempt.in_hand, attempt.reason = token, "expired"
            return None
        if state == "stale":
            self.renew(key, resolved, version=token.version, life=token.life)
        self.note_use(token.version)
        if level == "memory":
            self._statistics.memory_hits += 1
        else:
            self._statistics.store_hits += 1
        origin = Provenance("cache", level, total=attempt.in_cache, in_cache=attempt.in_cache)
        return result(token, attempt.account, resolved, origin)

    def _state(self, token: AccessTokenRecord) -> str:
        return freshness(token.issued_on, token.expires_on, token.refresh_on, self._clock.now())

    def note_use(self, version: str) -> None:
        """The token of this version was handed out."""
        self.last_used.pop(version, None)
        self.last_used[version] = self._clock.now()
        if len(self.last_used) > MAX_USES:
            del self.last_used[next(iter(self.last_used))]

    # -- refreshing -----------------------------------------------------------------------------

    async def _refreshed(self, attempt: Attempt, resolved: Resolved) -> AuthenticationResult:
        """Join the refresh in flight, adopt its result, or make one."""
        key, claims = attempt.key, resolved.request.claims_challenge
        fold = resolved.profile.folds_case
        while True:
            flight = self.flights.get(key)
            if flight is None:
                adopted = await self._look_again(attempt, resolved)
                if adopted is not None:
                    return adopted
                if self.flights.get(key) is not None:
                    continue  # one took off while we looked
                asked_at = perf_counter()
                flight = self._take_off(key, resolved, attempt.reason, seen=attempt.seen)
                done = await asyncio.shield(flight.task)
                if done.is_adopted:
                    self._statistics.adopted += 1
                    return self._joined(attempt, done.token, resolved)
                now = perf_counter()
                origin = Provenance(
                    "identity_provider",
                    None,
                    attempt.reason,
                    total=now - attempt.started,
                    in_cache=attempt.in_cache,
                    in_http=now - asked_at,
                )
                return result(done.token, attempt.account, resolved, origin)
            try:
                token = (await asyncio.shield(flight.task)).token
            except OvertakenError:
                continue  # by a clear, after which this was asked
            except AuthError:
                if flight.answers(resolved.target, claims):
                    raise
                continue
            is_refused = resolved.request.force_refresh and token.version == resolved.request.have
            if flight.claims == claims and not is_refused and token.serves(resolved.target, fold=fold):
                self._statistics.joined += 1
                return self._joined(attempt, token, resolved)

    async def _look_again(self, attempt: Attempt, resolved: Resolved) -> AuthenticationResult | None:
        """A token that somebody else has just got, if it will do: no access token is refreshed twice."""
        request = resolved.request
        if request.claims_challenge is not None:
            return None
        token = await self._found(attempt.key, resolved)
        attempt.seen = token.version if token else None
        if token is None or self._state(token) == "expired":
            return None
        if request.force_refresh:
            is_new = token.version != request.have
            is_recent = 0 <= self._clock.now() - token.issued_on < ADOPTION_WINDOW
            if not (is_new and is_recent):
                return None
        self._statistics.adopted += 1
        return self._joined(attempt, token, resolved)

    def _joined(self, attempt: Attempt, token: AccessTokenRecord, resolved: Resolved) -> AuthenticationResult:
        self.note_use(token.version)
        origin = Provenance(
            "cache", "memory", total=perf_counter() - attempt.started, in_cache=attempt.in_cache
        )
        return result(token, attempt.account, resolved, origin)

    def _take_off(
        self, key: Holder, resolved: Resolved, reason: str, *, seen: str | None, behind: bool = False
    ) -> Flight:
        more = {"seen": seen, "behind": behind}
        # an account and a long-running session have a refresh token; the others ask anew
        has_none = isinstance(key, AppKey) and key.kind != "long_running"
        work = self.app_work(resolved, **more) if has_none else Refresh(**self._work(key, resolved, **more))

        async def run() -> Refreshed:
            done: Refreshed = await self._calling(work.run)
            if not done.is_adopted:
                self._statistics.refreshed(reason)
                self._audit.refreshed(resolved, key, done.token, reason, by_itself=behind)
            return done

        return self.flights.start(key, resolved.target, resolved.request.claims_challenge, run)

    def _work(self, key: Holder, resolved: Resolved, **more: Any) -> dict[str, Any]:
        return {
            "engine": lambda: self._engine(resolved.profile),
            "cache": self._cache,
            "account": key,
            "resolved": resolved,
            "clock": self._clock,
            "throttle": self._throttle,
            "changes": self._changes,
            "statistics": self._statistics,
            **more,
        }

    def app_work(self, resolved: Resolved, **more: Any) -> AppRequestWork:
        """What asks a provider for an application's token, in a thread."""
        key = holder_of(None, resolved)
        return AppRequestWork(apps=self.applications, **self._work(key, resolved, **more))

    def renew(self, key: Holder, resolved: Resolved, *, version: str, life: float) -> Flight | None:
        """Begin to replace a token, which lives for ``life`` seconds, while it is still handed out. None
        where that has to wait: another refresh is under way there, or a failed one was not long ago."""
        what = (key, resolved.target)
        if self.flights.get(key) is not None or self.patience.left(what):
            return None
        flight = self._take_off(key, resolved, "proactively_refreshed", seen=version, behind=True)

        def landed(task: "asyncio.Task[Refreshed]") -> None:
            if not task.cancelled():
                problem = task.exception()
                if problem is not None:
                    self._statistics.failed(getattr(problem, "reason", "unknown"))
                self.patience.heed(what, problem, life)

        flight.task.add_done_callback(landed)
        return flight
