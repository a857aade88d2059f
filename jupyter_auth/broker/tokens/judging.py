"""What an answer to a refresh means: whose it is, and which refresh token is left."""

from jupyter_auth.cache.records import AccountRecord, RefreshTokenRecord
from jupyter_auth.core.errors import OAuthError
from jupyter_auth.core.scopes import union
from jupyter_auth.providers.base import TOKEN_SPENT, TokenResponse

#: Reasons of an ``invalid_grant`` for which the refresh token goes; without a reason it goes too.
_SPENT = frozenset({OAuthError.default_reason, *TOKEN_SPENT})


def rotated_by(
    answer: TokenResponse, used: RefreshTokenRecord, sent: tuple[str, ...], issued_on: int
) -> RefreshTokenRecord | None:
    """The refresh token of ``answer``, which takes the place of the one that was used."""
    if answer.refresh_token is None:
        return None
    return RefreshTokenRecord(
        secret=answer.refresh_token,
        scopes=union(used.scopes, answer.scope or sent),
        saved_on=issued_on,
        resources=used.resources,
        whole=used.whole,
    )


def is_spent(refused: OAuthError) -> bool:
    """True where the refresh token itself is no good any more. Where a provider tells that it is something
    else (a rule, a missing consent, another tenant), it may still do for others (as in MSAL)."""
    return refused.error == "invalid_grant" and refused.reason in _SPENT


def is_the_same(account: AccountRecord, answer: TokenResponse, *, by_subject: bool) -> bool:
    """True if ``answer`` is for ``account``, as far as it tells."""
    if answer.home_account_id and answer.home_account_id != account.home_account_id:
        return False
    if answer.claims is None or (answer.home_account_id and not by_subject):
        return True
    return account.claims.get("sub") in (None, answer.claims.get("sub"))
