"""What all sign-ins have in common: started, saved, given back; a token of somebody else's will do as well.

How a person is asked is ``DeviceSignIn``'s and ``CodeSignIn``'s.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, ClassVar

from jupyter_auth.broker import accounts
from jupyter_auth.broker.changes import AccountChanged, Changes
from jupyter_auth.broker.clock import Clock
from jupyter_auth.broker.request import Resolved
from jupyter_auth.broker.signing_in.flows import LEAD_ON
from jupyter_auth.broker.tokens.refresh import token_record
from jupyter_auth.cache.records import AccessTokenRecord, AccountRecord, RefreshTokenRecord
from jupyter_auth.cache.token_cache import TokenCache
from jupyter_auth.core.errors import (
    CacheError,
    InteractionDeclinedError,
    InteractionExpiredError,
    InteractionRequiredError,
    OAuthError,
)
from jupyter_auth.core.freshness import freshness
from jupyter_auth.core.scopes import RESERVED, union
from jupyter_auth.core.urls import host_of
from jupyter_auth.providers.base import Engine, TokenResponse

_NOT_GRANTED = frozenset({"invalid_scope", "invalid_target"})


class SignIn(ABC):
    """The work behind an interaction. ``start`` and ``look`` block; so does what takes an answer."""

    flow: ClassVar[str]
    slowed_down = False

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
        self._abandoned = False
        self._seen: str | None = None  # the version of the token that did not do
        self.adopts = adopts
        self.is_adopted = False  # somebody signed in elsewhere: no answer to this request
        self.scopes = resolved.scopes
        self._resources: tuple[str, ...] = ()
        self._whole = False  # what the account's refresh token had to be asked for

    # -- what each flow has of its own ------------------------------------------------------------

    @abstractmethod
    def _ask(self) -> None:
        """Ask the provider to begin, for ``scopes`` and ``_resources``."""

    @property
    @abstractmethod
    def expires_in(self) -> int:
        """Seconds for which the request is good, from the start."""

    @property
    @abstractmethod
    def wait(self) -> float:
        """Seconds until the next ``look``."""

    @abstractmethod
    def look(self) -> AccountRecord | None:
        """None while the person has not finished, else who signed in, which is saved by then."""

    @abstractmethod
    def shown(self) -> dict[str, Any]:
        """What of it a person is to see, with the names of the wire."""

    @abstractmethod
    def expired(self) -> InteractionExpiredError:
        """The error for a request that nobody answered in time."""

    @abstractmethod
    def is_offered(self) -> bool:
        """True where a person may choose this way in place of another; blocks."""

    def close(self) -> None:  # noqa: B027 -- most have nothing to close
        """Nobody is expected any more."""

    # -- the work -------------------------------------------------------------------------------

    def start(self) -> None:
        """Ask for a sign-in; also for the scopes that the account holds already, so that the new refresh
        token serves what the old one did (incremental consent). Where the provider refuses those, since
        what it granted once may be gone, only for what is wanted now."""
        account, token = self._found()
        self._seen = token.version if token else None
        # Entra's refresh token serves all that was consented to, and a request names one resource's scopes
        is_whole = self._resolved.profile.provider == "entra"
        held = self._cache.refresh_token(account.account_key) if account and not is_whole else None
        self._whole = held is not None and held.whole
        try:
            self._start(held)
        except OAuthError as refused:
            if held is None or refused.error not in _NOT_GRANTED:
                raise
            self._start(None)

    def _start(self, held: RefreshTokenRecord | None) -> None:
        profile = self._resolved.profile
        reserved = [scope for scope in profile.scopes if scope in RESERVED]
        kept = profile.policy.permitted(held.scopes if held else (), fold=profile.folds_case)
        resource = self._resolved.target.resource
        self.scopes = union(self._resolved.scopes, reserved, kept)
        self._resources = union([resource] if resource else [], held.resources if held else ())
        self._ask()

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
        token = self._cache.find_token(account.account_key, self._resolved.target, fold=fold)
        return account, None if token is None else self._clock.in_time(token)

    def abandon(self) -> None:
        """Nobody waits any more: a token that still arrives is revoked, not kept."""
        self._abandoned = True
        self.close()

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
        if refused.reason in LEAD_ON:
            return refused
        if refused.error == "access_denied":
            host = host_of(self._resolved.client.issuer)
            return InteractionDeclinedError(
                f"Sign-in was declined at {host}. You are not signed in to {self._resolved.profile.name}.",
                hint="Run the cell again to sign in.",
            )
        if refused.error == "expired_token":
            return self.expired()
        return refused
