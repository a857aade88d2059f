"""Ending sign-ins: forget here first, always; ask the provider afterwards, only where wanted."""

from collections.abc import Callable, Mapping
from urllib.parse import urlencode

from jupyter_auth.broker import accounts
from jupyter_auth.broker.changes import AccountAction, AccountChanged, CacheChanged, Changes
from jupyter_auth.cache.applications import ApplicationCache, Removed
from jupyter_auth.cache.records import AccountRecord, ClientKey, Kind, RefreshTokenRecord
from jupyter_auth.cache.token_cache import TokenCache
from jupyter_auth.core.errors import AuthError
from jupyter_auth.core.profile import Profile
from jupyter_auth.core.reports import AccountOutcome, ClearReport, Outcome, SignOutReport
from jupyter_auth.core.urls import host_of, is_safe_link
from jupyter_auth.providers.base import Engine, ProviderMetadata


class Ending:
    """Sign-out and clear over the applications in ``profiles``. Every method blocks."""

    def __init__(
        self,
        cache: TokenCache,
        engine: Callable[[Profile], Engine],
        profiles: Mapping[ClientKey, Profile],
        changes: Changes,
    ) -> None:
        self._cache = cache
        self._engine = engine
        self._profiles = profiles
        self._changes = changes
        self.include_unconfigured = False

    def sign_out(self, wanted: str | None, *, revoke: bool) -> SignOutReport:
        """End the accounts that ``wanted`` names (a username or home_account_id), or all."""
        ended = self._remove(wanted, "signed_out" if revoke else "removed")
        return SignOutReport(accounts=tuple(self._outcome(a, token, revoke=revoke) for a, token in ended))

    def clear_profile(self, *, revoke: bool) -> ClearReport:
        """Wipe what belongs to the chosen applications."""
        tokens = sum(
            len(self._cache.tokens(account.account_key))
            for client in self._profiles
            for account in self._cache.accounts(client)
        )
        ended = self._remove(None, "removed")
        apps = self._remove_apps()
        for profile in self._profiles.values():
            self._changes.tell(CacheChanged(action="cleared", profile=profile.name))
        return ClearReport(
            accounts=tuple(self._outcome(a, token, revoke=revoke) for a, token in ended),
            access_tokens=tokens + sum(app.access_tokens for app in apps),
            refresh_tokens=sum(token is not None for _, token in ended)
            + sum(app.refresh_token is not None for app in apps),
        )

    def _remove_apps(self) -> list[Removed]:
        """Forget what the chosen applications hold for no account. Nothing of it is revoked: an access token
        of an application ends by itself, and whoever began a long-running session has its assertion."""
        held = ApplicationCache(self._cache)
        return [held.remove(key) for key in held.all() if key.client in self._profiles]

    def clear_all(self, *, revoke: bool) -> ClearReport:
        """Wipe everything, whatever profiles there are now; a locked store as well."""
        cleared = self._cache.clear()
        for account, _ in cleared.accounts:
            self._tell(account, "removed")
        self._changes.tell(CacheChanged(action="cleared"))
        return ClearReport(
            accounts=tuple(self._outcome(a, token, revoke=revoke) for a, token in cleared.accounts),
            access_tokens=cleared.counts.get(Kind.ACCESS_TOKEN, 0),
            refresh_tokens=cleared.counts.get(Kind.REFRESH_TOKEN, 0),
        )

    def _remove(
        self, wanted: str | None, action: AccountAction
    ) -> list[tuple[AccountRecord, RefreshTokenRecord | None]]:
        """Forget accounts, and tell of it before the provider is asked, which may take its time."""
        if self.include_unconfigured:
            known = list(self._cache.all_accounts())
        else:
            known = [account for client in self._profiles for account in self._cache.accounts(client)]
        chosen = accounts.matching(known, wanted)
        removed = []
        for account in chosen:
            removed.append((account, self._cache.remove_account(account.account_key)))
            self._tell(account, action)
        return removed

    def _tell(self, account: AccountRecord, action: AccountAction) -> None:
        profile = self._profiles.get(account.account_key.client)
        name = profile.name if profile else ""
        who = account.home_account_id
        self._changes.tell(AccountChanged(home_account_id=who, profile=name, action=action))

    def _outcome(
        self, account: AccountRecord, token: RefreshTokenRecord | None, *, revoke: bool
    ) -> AccountOutcome:
        profile = self._profiles.get(account.account_key.client)
        outcome = self._fate(profile, token, revoke=revoke)
        asks = revoke and outcome != "failed"  # who did not answer is not asked again
        metadata = self._metadata(profile) if asks and profile else None
        if outcome == "nothing_to_revoke" and metadata and metadata.revocation_endpoint is None:
            outcome = "unsupported"  # what access tokens there were are good there until they end, if ever
        return AccountOutcome(
            home_account_id=account.home_account_id,
            username=account.username,
            profile=profile.name if profile else "",
            host=host_of(account.environment),
            outcome=outcome,
            end_session_uri=_end_session(profile, metadata) if profile and metadata else "",
        )

    def _metadata(self, profile: Profile) -> ProviderMetadata | None:
        """None where it cannot be had now."""
        try:
            return self._engine(profile).discover()
        except AuthError:
            return None

    def _fate(self, profile: Profile | None, token: RefreshTokenRecord | None, *, revoke: bool) -> Outcome:
        if not revoke:
            return "not_asked"
        if token is None:
            return "nothing_to_revoke"
        if profile is None:
            return "failed"  # its profile is gone: nobody knows where to ask
        try:
            return self._engine(profile).revoke(token.secret, "refresh_token")
        except AuthError:
            return "failed"


def _end_session(profile: Profile, metadata: ProviderMetadata) -> str:
    """Without ``id_token_hint``: an id token in an address would be in histories and logs. So the provider
    asks the person, and shows its own page at the end."""
    endpoint = metadata.end_session_endpoint
    if not endpoint or not is_safe_link(endpoint, profile.issuer):
        return ""
    return f"{endpoint}{'&' if '?' in endpoint else '?'}{urlencode({'client_id': profile.client_id})}"
