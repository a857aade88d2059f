"""One silent call: what it found on the way, and what its caller gets."""

from dataclasses import dataclass

from jupyter_auth.broker.request import Resolved
from jupyter_auth.cache.records import AccessTokenRecord, AccountRecord, Holder
from jupyter_auth.core.errors import PolicyError
from jupyter_auth.core.policy import refusal
from jupyter_auth.core.profile import Profile
from jupyter_auth.core.result import AuthenticationResult, Provenance, TokenData


def result(
    token: AccessTokenRecord, account: AccountRecord | None, resolved: Resolved, origin: Provenance
) -> AuthenticationResult:
    """What a caller gets; without an account where the token is for none. Raises ``PolicyError`` for a token
    that opens more than the administrator allows: whatever way it came, it is not handed out."""
    check_granted(token, resolved.profile)
    data = TokenData(
        access_token=token.secret,
        account=account.account(resolved.profile.name).to_wire() if account else None,
        expires_on=token.expires_on,
        id_token_claims=account.claims if account else {},
        issued_on=token.issued_on,
        profile=resolved.profile.name,
        refresh_on=token.refresh_on,
        scopes=token.granted,
        tenant_id=token.realm or None,
        token_endpoint=token.token_endpoint or None,
        token_type=token.token_type,
        version=token.version,
    )
    return AuthenticationResult(data, origin, token.correlation_id)


def is_permitted(token: AccessTokenRecord, profile: Profile) -> bool:
    """False where it was granted scopes that an administrator does not allow. Entra grants all that a person
    has consented to, whatever was asked."""
    return profile.folds_case or not profile.policy.excess(token.granted, fold=False)


def check_granted(token: AccessTokenRecord, profile: Profile) -> None:
    """Raises ``PolicyError`` for a token that is not permitted."""
    if not is_permitted(token, profile):
        excess = ", ".join(profile.policy.excess(token.granted, fold=False))
        raise PolicyError(
            f"The provider has granted more than was asked: {refusal('scope', excess)}.",
            reason="scope_not_allowed",
            hint=f"Sign out and sign in again: %auth logout {profile.name}. If that does not help, tell your "
            "administrator.",
        )


@dataclass(slots=True)
class Attempt:
    """One silent call: what it found on the way."""

    started: float
    key: Holder
    account: AccountRecord | None
    in_hand: AccessTokenRecord | None = None
    seen: str | None = None
    reason: str = "no_cached_access_token"
    in_cache: float = 0.0


def holder_of(account: AccountRecord | None, resolved: Resolved) -> Holder:
    """Whose tokens are meant: an account's, or the application's own."""
    if account is not None:
        return account.account_key
    if resolved.app is None:
        raise TypeError("a request is for an account or for an application")
    return resolved.app
