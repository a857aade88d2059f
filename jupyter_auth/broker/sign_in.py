"""One sign-in by device code (RFC 8628): started, polled and saved, in threads."""

import math
from collections.abc import Callable, Mapping
from contextlib import suppress

from jupyter_auth.broker import accounts
from jupyter_auth.broker.changes import AccountChanged, Changes
from jupyter_auth.broker.clock import Clock
from jupyter_auth.broker.refresh import token_record
from jupyter_auth.broker.request import Resolved
from jupyter_auth.cache.records import AccessTokenRecord, AccountRecord, RefreshTokenRecord
from jupyter_auth.cache.token_cache import TokenCache
from jupyter_auth.core.errors import (
    CacheError,
    InteractionDeclinedError,
    InteractionExpiredError,
    InteractionRequiredError,
    OAuthError,
    TransportError,
)
from jupyter_auth.core.freshness import freshness
from jupyter_auth.core.scopes import RESERVED, union
from jupyter_auth.core.urls import host_of
from jupyter_auth.providers.base import DeviceAuthorization, Engine, NotYet, TokenResponse

SLOW_DOWN = 5  # seconds added, for good, by each slow_down (RFC 8628 §3.5)
_NOT_GRANTED = frozenset({"invalid_scope", "invalid_target"})
MAX_INTERVAL = 60.0  # seconds, when the provider cannot be reached and polls are spaced out


class DeviceSignIn:
    """The work behind an interaction. ``start`` and ``poll`` block."""

    def __init__(
        self,
        engine: Callable[[], Engine],
        cache: TokenCache,
        resolved: Resolved,
        extra: Mapping[str, str],
        clock: Clock,
        *,
        changes: Changes,
        adopts: bool = False,
    ) -> None:
        self._engine = engine
        self._cache = cache
        self._resolved = resolved
        self._extra = extra
        self._clock = clock
        self._changes = changes
        self._authorization: DeviceAuthorization | None = None
        self._abandoned = False
        self._seen: str | None = None  # the version of the token that did not do
        self.adopts = adopts
        self.is_adopted = False  # somebody signed in elsewhere: no answer to this request
        self.scopes = resolved.scopes
        self._resources: tuple[str, ...] = ()
        self._whole = False  # what the account's refresh token had to be asked for
        self.interval: float = 0  # the provider's pace
        self.slowed_down = False
        self._pause: float = 0  # longer than that, while the provider cannot be reached

    # -- what may be shown ----------------------------------------------------------------------

    @property
    def _started(self) -> DeviceAuthorization:
        if self._authorization is None:
            raise RuntimeError("not started")
        return self._authorization

    @property
    def user_code(self) -> str:
        """What the person types."""
        return self._started.user_code

    @property
    def verification_uri(self) -> str:
        """Where the person types it."""
        return self._started.verification_uri

    @property
    def verification_uri_complete(self) -> str | None:
        """The same with the code in it, where the provider gives that."""
        return self._started.verification_uri_complete

    @property
    def expires_in(self) -> int:
        """Seconds for which the code is good, from the start."""
        return self._started.expires_in

    @property
    def wait(self) -> float:
        """Seconds until the next poll."""
        return max(self.interval, self._pause)

    # -- the work -------------------------------------------------------------------------------

    def start(self) -> None:
        """Ask for a code; also for the scopes that the account holds already, so that the new refresh
        token serves what the old one did (incremental consent). Where the provider refuses those, since
        what it granted once may be gone, only for what is wanted now."""
        account, token = self._found()
        self._seen = token.version if token else None
        held = self._cache.refresh_token(account.account_key) if account else None
        self._whole = held is not None and held.whole
        try:
            self._start(held)
        except OAuthError as refused:
            if held is None or refused.error not in _NOT_GRANTED:
                raise
            self._start(None)

    def _start(self, held: RefreshTokenRecord | None) -> None:
        reserved = [scope for scope in self._resolved.profile.scopes if scope in RESERVED]
        resource = self._resolved.target.resource
        self.scopes = union(self._resolved.scopes, reserved, held.scopes if held else ())
        self._resources = union([resource] if resource else [], held.resources if held else ())
        self._authorization = self._engine().start_device(self.scopes, self._resources, self._extra)
        self.interval = self._authorization.interval

    def poll(self) -> AccountRecord | None:
        """Ask once; None while the person has not finished, else who signed in. What is given is saved before
        it returns."""
        issued_on = math.floor(self._clock.now())
        try:
            answer = self._engine().poll_device(self._started.device_code)
        except NotYet as pending:
            self._pause = 0
            if pending.slow_down:
                self.interval += SLOW_DOWN
                self.slowed_down = True
            return self._signed_in_elsewhere()
        except TransportError as passing:
            if passing.retryable is False:
                raise
            # a timeout or a 503 ends nothing: ask again, later and later (RFC 8628 §3.5)
            self._pause = max(min(self.wait * 2, MAX_INTERVAL), passing.retry_after or 0)
            return self._signed_in_elsewhere()
        except OAuthError as refused:
            raise self._judged(refused) from None
        return self._save(answer, issued_on)

    def _signed_in_elsewhere(self) -> AccountRecord | None:
        """The account that another process over the same store has signed in meanwhile, if that does: who has
        answered one notebook need not answer the others."""
        request, account, token = self._resolved.request, None, None
        if self.adopts and not request.demands_person and not request.claims_challenge:
            with suppress(CacheError):  # no reason to end what a person is about to answer
                account, token = self._found()
        if account is None or token is None:
            return None
        is_another = request.login_hint is not None and not accounts.matches(account, request.login_hint)
        is_refused = request.force_refresh and token.version in (self._seen, request.have)
        times = token.issued_on, token.expires_on, token.refresh_on
        if is_another or is_refused or freshness(*times, self._clock.now()) == "expired":
            return None
        self.is_adopted = True
        return account

    def _found(self) -> tuple[AccountRecord | None, AccessTokenRecord | None]:
        """What the cache has for this request, good or not."""
        try:
            account = accounts.choose(self._cache.accounts(self._resolved.client), self._resolved)
        except InteractionRequiredError:
            return None, None
        fold = self._resolved.profile.folds_case
        return account, self._cache.find_token(account.account_key, self._resolved.target, fold=fold)

    def abandon(self) -> None:
        """Nobody waits any more: a token that still arrives is revoked, not kept."""
        self._abandoned = True

    def expired(self) -> InteractionExpiredError:
        """The error for a code that nobody used in time."""
        return InteractionExpiredError("The code expired.", hint="Run the cell again for a new one.")

    def _save(self, answer: TokenResponse, issued_on: int) -> AccountRecord | None:
        if self._abandoned:
            self._give_back(answer)
            return None
        resolved = self._resolved
        account = accounts.account_record(answer, resolved, issued_on)
        wanted = resolved.request.account
        if wanted is not None and not accounts.matches(account, wanted):
            self._give_back(answer)
            raise InteractionDeclinedError(
                f"You signed in as {account.username}, but {wanted} was asked for.",
                reason="wrong_account",
                hint=f"Try again and choose {wanted}.",
            )
        token = token_record(answer, resolved, self.scopes, issued_on, self._clock)
        refresh_token = None
        if answer.refresh_token is not None:
            refresh_token = RefreshTokenRecord(
                secret=answer.refresh_token,
                scopes=token.granted,
                saved_on=issued_on,
                resources=self._resources,
                whole=self._whole,
            )
        account = self._cache.save_sign_in(account, token, refresh_token)
        who, profile = account.home_account_id, resolved.profile.name
        self._changes.tell(AccountChanged(home_account_id=who, profile=profile, action="signed_in"))
        return account

    def _give_back(self, answer: TokenResponse) -> None:
        if answer.refresh_token is not None:
            self._engine().revoke(answer.refresh_token, "refresh_token")

    def _judged(self, refused: OAuthError) -> Exception:
        if refused.error == "access_denied":
            host = host_of(self._resolved.client.issuer)
            return InteractionDeclinedError(
                f"Sign-in was declined at {host}. You are not signed in to {self._resolved.profile.name}.",
                hint="Run the cell again to sign in.",
            )
        if refused.error == "expired_token":
            return self.expired()
        return refused
