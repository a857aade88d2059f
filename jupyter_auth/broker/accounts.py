"""Choosing the account a request is for; saying who there is when that is not clear."""

import shlex
from collections.abc import Sequence
from typing import TypeVar

from jupyter_auth.broker.changes import AccountChanged, Changes
from jupyter_auth.broker.request import Resolved
from jupyter_auth.cache.records import AccountKey, AccountRecord
from jupyter_auth.cache.token_cache import TokenCache
from jupyter_auth.core.account import Account, make_home_account_id
from jupyter_auth.core.errors import CacheError, InteractionRequiredError
from jupyter_auth.core.profile import did_you_mean
from jupyter_auth.core.text import clean
from jupyter_auth.providers.base import TokenResponse

MAX_NAMED = 10  # accounts that a message lists


A = TypeVar("A", AccountRecord, Account)


def matches(account: AccountRecord | Account, wanted: str) -> bool:
    """``wanted`` is a home_account_id (exact) or a username (people write it in any case)."""
    return account.home_account_id == wanted or account.username.casefold() == wanted.casefold()


def matching(accounts: Sequence[A], wanted: str | None) -> list[A]:
    """The accounts that ``wanted`` names; an id counts before a name, since people choose their names."""
    if wanted is None:
        return list(accounts)
    exact = [account for account in accounts if account.home_account_id == wanted]
    return exact or [account for account in accounts if matches(account, wanted)]


def choose(accounts: Sequence[AccountRecord], resolved: Resolved) -> AccountRecord:
    """The account for ``resolved``: the one it names, else the only one, else the profile's default.

    Raises ``InteractionRequiredError`` where there is none, or several and nobody has chosen.
    """
    wanted, profile = resolved.request.account, resolved.profile.name
    found = matching(accounts, wanted)
    if wanted is None and len(found) > 1:
        found = [account for account in found if profile in account.default_for] or found
    if len(found) == 1:
        return found[0]
    raise _ambiguous(found, resolved) if found else _nobody(accounts, resolved)


def find(cache: TokenCache, resolved: Resolved) -> AccountRecord:
    """The same, from the store; where there are many accounts, an id is looked up by itself. Blocks."""
    wanted = resolved.request.account
    if wanted is not None and cache.has_many_accounts(resolved.client):
        try:
            found = cache.account(AccountKey(*resolved.client, wanted))
        except CacheError:
            found = None  # memory may know
        if found is not None:
            return found
    return choose(cache.known_accounts(resolved.client), resolved)


def switch(cache: TokenCache, resolved: Resolved, changes: Changes) -> Account:
    """Use the account that ``resolved`` names by default from now on. Blocks; raises as ``choose`` does."""
    profile = resolved.profile.name
    wanted = choose(cache.accounts(resolved.client), resolved)
    chosen = cache.use_by_default(wanted.account_key, profile)
    if chosen is None:  # signed out meanwhile
        raise _nobody(cache.accounts(resolved.client), resolved)
    changes.tell(AccountChanged(home_account_id=chosen.home_account_id, profile=profile, action="switched"))
    return chosen.account(profile)


def _nobody(accounts: Sequence[AccountRecord], resolved: Resolved) -> InteractionRequiredError:
    wanted, profile, names = resolved.request.account, resolved.profile.name, _names(accounts)
    message, hint = f"Nobody is signed in to {profile}.", f"Sign in with: %get_token {profile}"
    if wanted:
        near = _near(wanted, names)
        message = f"Nobody is signed in to {profile} as {clean(wanted)}{near or '.'}"
        hint = f"{hint} --account {shlex.quote(clean(wanted))}"
        hint = f"Signed in: {_listed(names)}. {hint}" if names else hint
    return _required(message, hint, "no_account", resolved, accounts=names or None)


def _ambiguous(found: Sequence[AccountRecord], resolved: Resolved) -> InteractionRequiredError:
    profile, names = resolved.profile.name, _names(found)
    message = f"{len(found)} accounts are signed in to {profile}"
    hint = f"Say which one: account={names[0]!r}"
    if resolved.request.account is None:
        message = f"{message}, and none is used by default"
        hint = (
            f"{hint}. Or choose one for every notebook: %auth switch {profile} {shlex.quote(names[0])}, or "
            "“Use by default” in the Sign-ins sidebar"
        )
    return _required(
        f"{message}: {_listed(names)}.", f"{hint}.", "ambiguous_account", resolved, accounts=names
    )


def _required(
    message: str, hint: str, reason: str, resolved: Resolved, *, accounts: list[str] | None
) -> InteractionRequiredError:
    return InteractionRequiredError(
        message,
        reason=reason,
        hint=hint,
        accounts=accounts,
        profile=resolved.profile.name,
        scopes=list(resolved.scopes),
        claims=resolved.request.claims_challenge,
    )


def _names(accounts: Sequence[AccountRecord]) -> list[str]:
    """What people call them; their ids where that tells two of them not apart."""
    names = [account.username or account.home_account_id for account in accounts]
    if len({name.casefold() for name in names}) < len(names):
        return [account.home_account_id for account in accounts]
    return names


def _near(wanted: str, names: Sequence[str]) -> str:
    """A question for the name that was meant: one that begins so, as a guest's does (Entra writes
    ``ada_contoso.com#EXT#@…`` for ``ada@contoso.com``), or one that is written alike."""
    begins = _plain(wanted)
    longer = [name for name in names if _plain(name).startswith(begins)]
    return did_you_mean(longer[0], longer[:1]) if longer else did_you_mean(wanted, names)


def _plain(name: str) -> str:
    return name.casefold().replace("@", "_")


def _listed(names: Sequence[str]) -> str:
    more = len(names) - MAX_NAMED
    return ", ".join(names[:MAX_NAMED]) + (f" and {more} more" if more > 0 else "")


def account_record(answer: TokenResponse, resolved: Resolved, now: int) -> AccountRecord:
    """The account that signed in: from the id token's claims, or a nameless one where the provider
    tells nothing (it then has one slot per application)."""
    claims = dict(answer.claims or {})
    subject = str(claims.get("sub") or "")
    names = (claims.get(key) for key in ("preferred_username", "upn", "email", "name"))
    username = next((shown for name in names if isinstance(name, str) and (shown := clean(name))), "")
    return AccountRecord(
        home_account_id=answer.home_account_id or make_home_account_id(subject, resolved.client.issuer),
        environment=resolved.client.issuer,
        client_id=resolved.client.client_id,
        username=username or clean(subject),
        name=clean(claims.get("name")),
        realm=answer.realm.lower(),
        claims=claims,
        signed_in_on=now,
    )
