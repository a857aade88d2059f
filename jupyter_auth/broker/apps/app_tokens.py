"""One request of an application to its provider, up to the token in the store. Runs in a thread."""

import logging
import math
from collections.abc import Hashable
from dataclasses import dataclass
from time import perf_counter

from jupyter_auth.broker.apps.app_request import digest
from jupyter_auth.broker.changes import CacheChanged
from jupyter_auth.broker.request import Resolved
from jupyter_auth.broker.tokens.refresh import (
    BEGIN_AGAIN,
    LEASE_TIMEOUT,
    OvertakenError,
    Refresh,
    token_record,
)
from jupyter_auth.cache.applications import ApplicationCache
from jupyter_auth.cache.leases import Lease
from jupyter_auth.cache.records import AccessTokenRecord, AppKey, RefreshTokenRecord
from jupyter_auth.core.errors import CacheError, InteractionRequiredError, OAuthError, TransportError
from jupyter_auth.providers.base import TokenResponse

log = logging.getLogger(__name__)

#: What a provider answers to an assertion that only the person behind it can mend (MSAL: UI required).
_PERSON_NEEDED = frozenset({"invalid_grant", "interaction_required", "login_required", "consent_required"})


@dataclass(frozen=True, slots=True, kw_only=True)
class AppRequestWork(Refresh):
    """The work of one flight where no refresh token is kept: the provider is asked anew each time."""

    apps: ApplicationCache

    def _refresh(self, lease: Lease) -> AccessTokenRecord:
        key = self._key()
        opened = None
        try:
            opened = self.apps.open_again(key) if self.behind else self.apps.open(key)
        except CacheError as problem:  # a store that fails costs requests, not the token
            log.warning("An application's token is not kept. %s", problem)
        else:
            if opened is None:
                raise OvertakenError
        token, _ = self._obtained()
        if opened is not None:
            self.apps.save(key, token, opened, lease)  # after a clear in between it is for its callers alone
        self.changes.tell(CacheChanged(action="refreshed", profile=self.resolved.profile.name))
        return token

    def begin(self) -> AccessTokenRecord:
        """Begin a long-running session, in place of the one its key stood for. What that held, or anybody
        else has just got, is no answer: it may be another person's."""
        key = self._key()
        with self.cache.store.lease(key.lease, LEASE_TIMEOUT):
            opened = self.apps.open(key)
            token, answer = self._obtained(("offline_access",))
            kept = None
            if answer.refresh_token is not None:
                kept = RefreshTokenRecord(
                    secret=answer.refresh_token,
                    scopes=(*token.granted, "offline_access"),
                    saved_on=token.issued_on,
                    resources=(self.resolved.target.resource,) if self.resolved.target.resource else (),
                )
            if not self.apps.begin(key, token, kept, opened):
                if kept is not None:  # nobody will ever use it
                    self.engine().revoke(kept.secret, "refresh_token")
                raise _no_session(self.resolved, "The cache was cleared meanwhile.")
        self.changes.tell(CacheChanged(action="refreshed", profile=self.resolved.profile.name))
        return token

    def _key(self) -> AppKey:
        if self.resolved.app is None:
            raise TypeError("an account is refreshed, not asked for")
        return self.resolved.app

    def _obtained(self, more: tuple[str, ...] = ()) -> tuple[AccessTokenRecord, TokenResponse]:
        issued_on = math.floor(self.clock.now())
        answer = self._unless_refused((*self.resolved.scopes, *more))
        return token_record(answer, self.resolved, self.resolved.scopes, issued_on, self.clock), answer

    def _unless_refused(self, scopes: tuple[str, ...]) -> TokenResponse:
        """Ask, unless the provider has just refused that, or wants this application to be patient."""
        resolved = self.resolved
        claims = resolved.request.claims_challenge
        of = digest(resolved.assertion.reveal()) if resolved.assertion else ""
        request = (resolved.app, of, scopes, claims, resolved.target.resource, resolved.target.realm)
        try:
            self.throttle.check(request, resolved.client)
            return self._noting(request, scopes)
        except OAuthError as refused:
            if resolved.assertion is None or refused.error not in _PERSON_NEEDED:
                raise
            raise _assertion_refused(resolved, refused) from None

    def _noting(self, request: Hashable, scopes: tuple[str, ...]) -> TokenResponse:
        try:
            return self._asked(scopes)
        except (OAuthError, TransportError) as problem:
            self.throttle.note(request=request, sender=self.resolved.client, problem=problem)
            raise

    def _asked(self, scopes: tuple[str, ...]) -> TokenResponse:
        asked = self.resolved.request
        extra = {"claims": asked.claims_challenge, "tenant": asked.tenant}
        named = {name: value for name, value in extra.items() if value is not None}
        resource, assertion = self.resolved.target.resource, self.resolved.assertion
        resources = (resource,) if resource else ()
        engine, started = self.engine(), perf_counter()
        try:
            if assertion is None:
                return engine.client_credentials(scopes, resources, named)
            return engine.exchange(assertion, scopes, resources, named)
        finally:
            self.statistics.asked(perf_counter() - started)


def _assertion_refused(resolved: Resolved, refused: OAuthError) -> InteractionRequiredError:
    return InteractionRequiredError(
        refused.message,
        reason=str(refused.error),
        hint="Have the person sign in again where the user_assertion comes from, and pass the new one.",
        profile=resolved.profile.name,
        scopes=list(resolved.scopes),
        claims=refused.claims or resolved.request.claims_challenge,
    )


def _no_session(resolved: Resolved, message: str) -> InteractionRequiredError:
    return InteractionRequiredError(
        message,
        reason="no_session",
        hint=BEGIN_AGAIN,
        profile=resolved.profile.name,
        scopes=list(resolved.scopes),
        claims=resolved.request.claims_challenge,
    )
