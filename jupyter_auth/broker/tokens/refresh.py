"""One refresh, from the refresh token in the store to the new one saved there. Runs in a thread."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter
from typing import Any

from jupyter_auth.broker.changes import AccountChanged, CacheChanged, Changes
from jupyter_auth.broker.clock import Clock
from jupyter_auth.broker.request import Resolved
from jupyter_auth.broker.tenants import home_tenant
from jupyter_auth.broker.tokens.attempt import is_permitted
from jupyter_auth.broker.tokens.judging import is_spent, is_the_same, rotated_by
from jupyter_auth.broker.tokens.throttle import Throttle
from jupyter_auth.cache.leases import Lease
from jupyter_auth.cache.records import (
    AccessTokenRecord,
    AccountKey,
    AccountRecord,
    AppKey,
    Holder,
    RefreshTokenRecord,
)
from jupyter_auth.cache.token_cache import TokenCache
from jupyter_auth.core.errors import InteractionRequiredError, OAuthError, PolicyError, TransportError
from jupyter_auth.core.freshness import DEFAULT_LIFETIME, freshness, refresh_time
from jupyter_auth.core.scopes import RESERVED, union
from jupyter_auth.core.statistics import Statistics
from jupyter_auth.core.urls import host_of
from jupyter_auth.providers.base import TOKEN_STAYS, Engine, TokenResponse

#: What to do where a long-running session has ended, or never was.
BEGIN_AGAIN = "Begin it with a new user_assertion: initiate_long_running_on_behalf_of."
LEASE_TIMEOUT = 80.0  # seconds to wait for another process's refresh; the kernel's call waits longer
_OF_SCOPES = frozenset({"invalid_scope", "invalid_target"})
#: OAuth errors of a refresh that only a person can mend (MSAL's, and at a generic provider those of scopes).
_PERSON_NEEDED = frozenset({"interaction_required", "login_required", "consent_required"}) | _OF_SCOPES
#: What the Hub's sign-in does not cover: it is as good as before.
_OF_THE_REQUEST = frozenset({"hub_invalid_scope", "hub_invalid_target"})


def token_record(
    answer: TokenResponse, resolved: Resolved, sent: tuple[str, ...], issued_on: int, clock: Clock
) -> AccessTokenRecord:
    """The access token of ``answer`` with its times worked out; ``sent`` are the scopes of the request,
    which are granted where the answer names none (RFC 6749 §5.1)."""
    expires_on = issued_on + (answer.expires_in or DEFAULT_LIFETIME)
    asked_realm = resolved.target.realm
    realm = answer.realm.lower() or asked_realm
    token = AccessTokenRecord(
        secret=answer.access_token,
        token_type=answer.token_type,
        issued_on=issued_on,
        expires_on=expires_on,
        refresh_on=refresh_time(issued_on, expires_on, answer.refresh_in, clock.jitter()),
        granted=answer.scope or sent,
        asked=resolved.scopes,
        resource=resolved.target.resource,
        realm=realm,
        asked_realm=None if realm == asked_realm else asked_realm,
        token_endpoint=answer.token_endpoint,
        correlation_id=answer.correlation_id,
    )
    clock.note(token.version)
    return token


@dataclass(frozen=True, slots=True, kw_only=True)
class Refreshed:
    """What a refresh gave. ``is_adopted``: another process had got it while this one waited its turn."""

    token: AccessTokenRecord
    is_adopted: bool = False


class _LeaseLostError(Exception):
    """Somebody else may be asking by now."""


class OvertakenError(Exception):
    """What was to be renewed behind its use has been cleared. No provider was asked: whoever has wanted a
    token since then has to ask anew."""

    reason = "cleared"


@dataclass(frozen=True, slots=True, kw_only=True)
class Refresh:
    """The work of one flight. ``seen``: the version of the best token there was when it took off;
    ``behind``: that one is still handed out. ``account`` may be a long-running session, which is none."""

    engine: Callable[[], Engine]
    cache: TokenCache
    account: Holder
    resolved: Resolved
    clock: Clock
    throttle: Throttle
    changes: Changes
    statistics: Statistics
    seen: str | None = None
    behind: bool = False

    def run(self) -> Refreshed:
        """Ask the provider and save the answer, alone among all processes that share the store.

        Raises ``InteractionRequiredError`` where a person is needed. No failure but the provider's
        ``invalid_grant`` removes a refresh token.
        """
        while True:
            with self.cache.store.lease(self.account.lease, LEASE_TIMEOUT) as lease:
                newer = self._came_meanwhile()
                if newer is not None:
                    return Refreshed(token=newer, is_adopted=True)
                try:
                    return Refreshed(token=self._refresh(lease))
                except _LeaseLostError:
                    continue  # look again before asking

    def _refresh(self, lease: Lease) -> AccessTokenRecord:
        epoch = self.cache.store.epoch()
        used = self._refresh_token()
        try:
            return self._ask(used, epoch, lease)
        except InteractionRequiredError as required:
            if self.resolved.profile.is_signed_in_elsewhere and required.reason not in _OF_THE_REQUEST:
                self._tell_needs_sign_in()
            raise
        except OAuthError as refused:
            if not is_spent(refused):
                raise self._judged(refused, used) from None
        if not lease.renew():
            raise _LeaseLostError
        # Read once more: what holds no lease may have replaced it between our reading and our asking.
        current = self.cache.refresh_token(self.account)
        if current is not None and current.version != used.version:
            try:
                return self._ask(current, epoch, lease)
            except OAuthError as refused:
                if not is_spent(refused):
                    raise self._judged(refused, current) from None
                used = current
        if self.cache.drop_refresh_token(self.account, used):
            self._tell_needs_sign_in()
        raise self._person_needed("invalid_grant", "The provider no longer accepts this sign-in.")

    def _tell_needs_sign_in(self) -> None:
        if isinstance(self.account, AccountKey):
            who, profile = self.account.home_account_id, self.resolved.profile.name
            self.changes.tell(AccountChanged(home_account_id=who, profile=profile, action="needs_sign_in"))

    def _came_meanwhile(self) -> AccessTokenRecord | None:
        """A token that another process got since this refresh was wanted: none is refreshed twice."""
        request = self.resolved.request
        if request.claims_challenge is not None:
            return None  # what claims a token was given for, the store does not tell
        fold = self.resolved.profile.folds_case
        found = self.cache.find_token(self.account, self.resolved.target, fold=fold)
        if found is None or found.version in (self.seen, request.have):
            return None
        if not is_permitted(found, self.resolved.profile):
            return None
        found = self.clock.in_time(found)
        state = freshness(found.issued_on, found.expires_on, found.refresh_on, self.clock.now())
        return found if state == "fresh" or (state == "stale" and not self.behind) else None

    def _refresh_token(self) -> RefreshTokenRecord:
        found = self.cache.refresh_token(self.account)
        if found is None:
            raise self._person_needed("no_refresh_token", "The sign-in has run out.")
        resource, profile = self.resolved.target.resource, self.resolved.profile
        if resource and resource not in found.resources and not profile.is_signed_in_elsewhere:
            # Not even asked: a provider may burn the refresh token over a resource it never granted.
            raise self._person_needed("resource_not_granted", "This sign-in does not cover that resource.")
        return found

    def _ask(self, used: RefreshTokenRecord, epoch: int, lease: Lease) -> AccessTokenRecord:
        # The reserved scopes that the grant holds go along, as in MSAL: a provider that narrows by
        # scope would else leave offline_access out of the next refresh token. Of one that is known to
        # narrow, all are asked.
        held = [scope for scope in used.scopes if used.whole or scope in RESERVED]
        fold = self.resolved.profile.folds_case
        scopes = union(self.resolved.scopes, self.resolved.profile.policy.permitted(held, fold=fold))
        known = self._known()  # before: between the answer and the saving of it nothing may fail
        issued_on = math.floor(self.clock.now())
        answer = self._answer(used, scopes)
        rotated = rotated_by(answer, used, scopes, issued_on)
        saved: dict[str, Any] = {"epoch": epoch, "lease": lease}
        is_safe = answer.later is not None and rotated is not None
        if is_safe:  # the refresh token: what takes longer waited for that
            self._save(token=None, used=used, rotated=rotated, claims=None, **saved)
            used, rotated = rotated or used, None
        if answer.later is not None:
            answer = answer.later()
        token = token_record(answer, self.resolved, scopes, issued_on, self.clock)
        try:
            newer = self._claims_of_the_same_person(answer, known)
        except PolicyError:
            if is_safe:
                self.cache.drop_refresh_token(self.account, used)
            raise
        self._save(token=token, used=used, rotated=rotated, claims=newer, **saved)
        who, profile = self.account.home_account_id, self.resolved.profile.name
        self.changes.tell(CacheChanged(action="refreshed", profile=profile, home_account_id=who))
        return token

    def _save(self, *, rotated: RefreshTokenRecord | None, **saved: Any) -> None:
        """Save what the answer gave, unless somebody has signed out meanwhile."""
        if self.cache.save_refresh(self.account, rotated=rotated, **saved):
            return
        if rotated is not None:  # nobody will ever use it
            self.engine().revoke(rotated.secret, "refresh_token")
        raise self._person_needed("signed_out", "This account was signed out meanwhile.")

    def _answer(self, used: RefreshTokenRecord, scopes: tuple[str, ...]) -> TokenResponse:
        """Ask, unless the provider has just refused that."""
        claims, target = self.resolved.request.claims_challenge, self.resolved.target
        tenant = self.resolved.request.tenant or home_tenant(self.resolved.profile, self.account)
        extra = {"claims": claims, "tenant": tenant}
        request = (used.version, scopes, claims, target.resource, tenant or target.realm)
        self.throttle.check(request, self.account)
        engine, started = self.engine(), perf_counter()
        try:
            return engine.refresh(used.secret, scopes, {k: v for k, v in extra.items() if v})
        except (OAuthError, TransportError) as problem:
            self.throttle.note(request=request, sender=self.account, problem=problem)
            raise
        finally:
            self.statistics.asked(perf_counter() - started)

    def _known(self) -> AccountRecord | None:
        """Whose sign-in it is."""
        return None if isinstance(self.account, AppKey) else self.cache.account(self.account)

    def _claims_of_the_same_person(
        self, answer: TokenResponse, known: AccountRecord | None
    ) -> dict[str, object] | None:
        """The new id token's claims, if it has any. Of somebody else nothing is kept, the access token
        least of all (OpenID Connect Core §12.2). In another tenant a person has another ``sub``: those claims
        are checked by the account's id, and not kept."""
        if known is None or (answer.claims is None and not answer.home_account_id):
            return None
        is_elsewhere = known.realm != answer.realm.lower()
        if not is_the_same(known, answer, by_subject=not is_elsewhere):
            raise PolicyError(
                f"{host_of(self.account.issuer)} gave a token for another person than {known.username}.",
                reason="another_person",
                hint="Nothing was stored. Tell the administrator of the provider.",
            )
        return None if is_elsewhere or answer.claims is None else dict(answer.claims)

    def _judged(self, refused: OAuthError, used: RefreshTokenRecord) -> Exception:
        if refused.error in _OF_SCOPES and self.resolved.profile.provider == "entra":
            return refused  # a request that it never grants, to nobody: no sign-in mends that
        if refused.error == "invalid_scope" and set(self.resolved.scopes) <= set(used.scopes):
            self.cache.ask_whole(self.account, used)  # granted once: an earlier refresh has cost it
        if refused.error == "invalid_grant" and refused.reason not in TOKEN_STAYS:
            return self._person_needed(refused.reason, refused.message, refused.claims)
        if refused.error in _PERSON_NEEDED:
            return self._person_needed(str(refused.error), refused.message, refused.claims)
        if refused.reason == "no_oauth_error" and refused.status in (400, 401):
            return self._person_needed("refresh_refused", refused.message)
        return refused

    def _person_needed(
        self, reason: str, message: str, claims: str | None = None
    ) -> InteractionRequiredError:
        profile = self.resolved.profile.name
        is_session = self.resolved.app is not None
        hint = BEGIN_AGAIN if is_session else f"Sign in again with: %get_token {profile}"
        return InteractionRequiredError(
            message,
            reason="no_session" if is_session and reason == "no_refresh_token" else reason,
            hint=hint,
            profile=profile,
            scopes=list(self.resolved.scopes),
            claims=claims or self.resolved.request.claims_challenge,
        )
