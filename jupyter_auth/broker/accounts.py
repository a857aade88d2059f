"""Choosing the account a request is for; saying who there is when that is not clear."""

from collections.abc import Sequence

from jupyter_auth.broker.request import Resolved
from jupyter_auth.cache.records import AccountRecord
from jupyter_auth.core.account import make_home_account_id
from jupyter_auth.core.errors import InteractionRequiredError
from jupyter_auth.core.text import clean
from jupyter_auth.providers.base import TokenResponse


def matches(account: AccountRecord, wanted: str) -> bool:
    """``wanted`` is a home_account_id (exact) or a username (people write it in any case)."""
    return account.home_account_id == wanted or account.username.casefold() == wanted.casefold()


def matching(accounts: Sequence[AccountRecord], wanted: str | None) -> list[AccountRecord]:
    """The accounts that ``wanted`` names; an id counts before a name, since people choose their names."""
    if wanted is None:
        return list(accounts)
    exact = [account for account in accounts if account.home_account_id == wanted]
    return exact or [account for account in accounts if matches(account, wanted)]


def choose(accounts: Sequence[AccountRecord], resolved: Resolved) -> AccountRecord:
    """The account for ``resolved``; raises ``InteractionRequiredError`` where there is none or several."""
    wanted = resolved.request.account
    found = matching(accounts, wanted)
    if len(found) == 1:
        return found[0]
    name = resolved.profile.name
    common = {
        "profile": name,
        "scopes": list(resolved.scopes),
        "claims": resolved.request.claims_challenge,
    }
    if not found:
        who = f" as {clean(wanted)}" if wanted else ""
        raise InteractionRequiredError(
            f"Nobody is signed in to {name}{who}.",
            reason="no_account",
            hint=f"Sign in with: %get_token {name}",
            accounts=[a.username for a in accounts] or None,
            **common,
        )
    usernames = [a.username or a.home_account_id for a in found]
    if len(set(usernames)) < len(usernames):
        usernames = [a.home_account_id for a in found]  # two people may bear one name
    raise InteractionRequiredError(
        f"{len(found)} accounts are signed in to {name}: {', '.join(usernames)}.",
        reason="ambiguous_account",
        hint=f"Say which one: account={usernames[0]!r}.",
        accounts=usernames,
        **common,
    )


def account_record(answer: TokenResponse, resolved: Resolved, now: int) -> AccountRecord:
    """The account that signed in: from the id token's claims, or a nameless one where the provider
    tells nothing (it then has one slot per application)."""
    claims = dict(answer.claims or {})
    subject = str(claims.get("sub") or "")
    names = (claims.get(key) for key in ("preferred_username", "upn", "email", "name"))
    username = next((shown for name in names if isinstance(name, str) and (shown := clean(name))), "")
    return AccountRecord(
        home_account_id=make_home_account_id(subject, resolved.client.issuer),
        environment=resolved.client.issuer,
        client_id=resolved.client.client_id,
        username=username or clean(subject),
        name=clean(claims.get("name")),
        claims=claims,
        signed_in_on=now,
    )
