"""The functions people write: ``jupyter_auth.get_token`` and its companions.

Names and meaning follow MSAL; docs/reference says more of each.
"""

from __future__ import annotations

from time import time
from typing import TYPE_CHECKING, Any

from jupyter_auth.core.result import AuthenticationResult
from jupyter_auth.kernel import acquiring, memory
from jupyter_auth.kernel.client import client
from jupyter_auth.kernel.connection import part
from jupyter_auth.kernel.memory import hits

if TYPE_CHECKING:
    from jupyter_auth.core.account import Account
    from jupyter_auth.core.reports import ClearReport, SignOutReport
    from jupyter_auth.kernel.acquiring import Interactive, Scopes


def get_token(
    profile: str | None = None,
    *,
    scopes: Scopes = None,
    account: str | Account | None = None,
    interactive: Interactive = "auto",
    force_refresh: bool = False,
    claims_challenge: str | None = None,
    flow: str | None = None,
    timeout: float | None = None,
    tenant: str | None = None,
    login_hint: str | None = None,
    prompt: str | None = None,
    acr_values: str | None = None,
    max_age: int | None = None,
) -> AuthenticationResult:
    """An access token: from the cache, else by a refresh, else a person is asked in the cell.

    :param profile: the profile's name; None for the default one.
    :param scopes: a list, or OAuth's space-delimited form; None for the profile's own.
    :param account: a username, a ``home_account_id`` or an ``Account``; needed where several are signed in.
    :param interactive: ``"auto"`` asks only where a person can answer; False never asks; True always may.
    :param force_refresh: get a new token although a good one is cached.
    :param claims_challenge: the claims a resource demanded with a 401; skips cached access tokens.
    :param flow: how to sign in, ``"authorization_code"`` or ``"device_code"``; None for the best here.
    :param timeout: seconds to wait for a person; None for as long as the request lives.
    :param tenant: the tenant to ask, by its domain or id, in place of the profile's (Entra only).
    :param login_hint: the account to propose at the provider (OpenID Connect Core §3.1.2.1).
    :param prompt: ``"none"`` never asks; other values (``login``, ``consent``, …) demand a new sign-in.
    :param acr_values: demanded authentication context; needs a new sign-in.
    :param max_age: seconds since the person last signed in at the provider, at most; needs a new sign-in.
    :raises InteractionRequiredError: a person is needed and cannot be asked here.
    :raises InteractionError: the person declined, cancelled, or did not answer in time.
    :raises AuthError: anything else, each with a hint that says what to do.
    """
    try:
        since, until, generation, kept = memory.entries[profile, scopes, account, tenant]
        if (
            since <= time() < until
            and generation == memory.cells[0]
            and not (force_refresh or claims_challenge or prompt or acr_values)
            and max_age is None
        ):
            hits[0] += 1
            return kept
        del kept  # the traceback of what is raised below would hold it, after a clear as well
    except (KeyError, TypeError):
        pass
    __tracebackhide__ = True
    asked = acquiring.Asked(
        profile=profile,
        scopes=scopes,
        account=account,
        tenant=tenant,
        interactive=interactive,
        timeout=timeout,
        force_refresh=force_refresh or None,
        claims_challenge=claims_challenge,
        flow=flow,
        login_hint=login_hint,
        prompt=prompt,
        acr_values=acr_values,
        max_age=max_age,
    )
    return acquiring.acquire(asked)


async def aget_token(
    profile: str | None = None,
    *,
    scopes: Scopes = None,
    account: str | Account | None = None,
    interactive: Interactive = "auto",
    force_refresh: bool = False,
    claims_challenge: str | None = None,
    flow: str | None = None,
    timeout: float | None = None,
    tenant: str | None = None,
    login_hint: str | None = None,
    prompt: str | None = None,
    acr_values: str | None = None,
    max_age: int | None = None,
) -> AuthenticationResult:
    """``get_token`` for asynchronous code: nothing blocks the event loop, cancelling ends the prompt."""
    asked = acquiring.Asked(
        profile=profile,
        scopes=scopes,
        account=account,
        tenant=tenant,
        interactive=interactive,
        timeout=timeout,
        force_refresh=force_refresh or None,
        claims_challenge=claims_challenge,
        flow=flow,
        login_hint=login_hint,
        prompt=prompt,
        acr_values=acr_values,
        max_age=max_age,
    )
    kept = asked.kept()
    return kept if kept is not None else await acquiring.acquire_async(asked)


def acquire_token_silent(
    profile: str | None = None,
    *,
    scopes: Scopes = None,
    account: str | Account | None = None,
    force_refresh: bool = False,
    claims_challenge: str | None = None,
    tenant: str | None = None,
) -> AuthenticationResult:
    """A token without a person (MSAL: ``acquire_token_silent``).

    :raises InteractionRequiredError: nobody is signed in, several are, or the sign-in has run out; its
        ``reason`` says which.
    """
    __tracebackhide__ = True
    return get_token(
        profile,
        scopes=scopes,
        account=account,
        interactive=False,
        force_refresh=force_refresh,
        claims_challenge=claims_challenge,
        tenant=tenant,
    )


def get_accounts(profile: str | None = None) -> list[Account]:
    """Who is signed in (MSAL: ``get_accounts``), to ``profile`` or to any."""
    __tracebackhide__ = True
    from jupyter_auth.core.account import Account  # noqa: PLC0415 -- paid by those who list

    answer = client.call("get_accounts", profile=profile)
    return [Account.from_wire(wire) for wire in part(answer, "accounts", list) if isinstance(wire, dict)]


def switch_account(profile: str | None = None, *, account: str | Account) -> Account:
    """Use an account by default: from now on, calls without ``account=`` use it for ``profile``, in every
    notebook, kernel and server over the same store, until another is chosen or it is signed out.

    :param profile: the profile's name; None for the default one.
    :param account: a username, a ``home_account_id`` or an ``Account`` that is signed in.
    :returns: the account, with ``default`` True.
    :raises InteractionRequiredError: nobody of that name is signed in (``no_account``), or several are
        (``ambiguous_account``: use a ``home_account_id``).
    :raises ProfileError: there is no such profile, or ``account`` names nobody.
    """
    __tracebackhide__ = True
    from jupyter_auth.core.account import Account  # noqa: PLC0415 -- paid by those who switch

    try:
        answer = client.call("switch_account", profile=profile, account=acquiring.account_name(account))
    finally:
        memory.forget()  # where no generation file can be mapped, it says nothing
    return Account.from_wire(part(answer, "account", dict))


def remove_account(profile: str | None = None, *, account: str | Account | None = None) -> SignOutReport:
    """Forget an account here, with all its tokens, in every notebook (MSAL: ``remove_account``).

    The provider is not told; ``sign_out`` does that too. Without ``account`` all of the profile go.
    """
    __tracebackhide__ = True
    return _sign_out("remove_account", profile, account)


def sign_out(profile: str | None = None, *, account: str | Account | None = None) -> SignOutReport:
    """Forget an account here and revoke its refresh token at the provider (RFC 7009).

    Without ``account`` all of the profile are signed out, without ``profile`` those of every profile. The
    report says what the provider answered; the browser's own session with it stays.
    """
    __tracebackhide__ = True
    return _sign_out("sign_out", profile, account)


def clear_cache(profile: str | None = None, *, revoke: bool = False) -> ClearReport:
    """Wipe the token cache in memory, in the store and in every kernel, of ``profile`` or whole.

    :param revoke: afterwards also revoke the refresh tokens at their providers.
    """
    __tracebackhide__ = True
    from jupyter_auth.core.reports import ClearReport  # noqa: PLC0415 -- paid by those who clear

    memory.forget()
    answer = client.call("clear_cache", profile=profile, revoke=revoke)
    return ClearReport.from_wire(part(answer, "report", dict))


def status() -> dict[str, Any]:
    """What the broker says of itself, and how it was found: for ``%auth status``."""
    __tracebackhide__ = True
    return {**part(client.call("status"), "status", dict), "found": client.described()}


def _sign_out(op: str, profile: str | None, account: str | Account | None) -> SignOutReport:
    __tracebackhide__ = True
    from jupyter_auth.core.reports import SignOutReport  # noqa: PLC0415 -- paid by those who sign out

    memory.forget()
    answer = client.call(op, profile=profile, account=acquiring.account_name(account))
    return SignOutReport.from_wire(part(answer, "report", dict))
