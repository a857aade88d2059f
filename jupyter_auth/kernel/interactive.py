"""The functions that ask a person whatever the cache holds: MSAL's names for each way to sign in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jupyter_auth.kernel import acquiring
from jupyter_auth.kernel.client import client

if TYPE_CHECKING:
    from jupyter_auth.core.account import Account
    from jupyter_auth.core.result import AuthenticationResult
    from jupyter_auth.kernel.acquiring import Scopes


def acquire_token_by_device_flow(
    profile: str | None = None,
    *,
    scopes: Scopes = None,
    account: str | Account | None = None,
    claims_challenge: str | None = None,
    timeout: float | None = None,
    tenant: str | None = None,
    login_hint: str | None = None,
    prompt: str | None = None,
    acr_values: str | None = None,
    max_age: int | None = None,
) -> AuthenticationResult:
    """Ask a person by device code (RFC 8628), whatever the cache holds (MSAL: the method of that name).

    The account that signs in is added to those signed in already.

    :raises InteractionError: the person declined, cancelled, or did not answer in time.
    """
    __tracebackhide__ = True
    return _ask(
        "acquire_token_by_device_flow",
        profile=profile,
        scopes=scopes,
        account=account,
        tenant=tenant,
        timeout=timeout,
        claims_challenge=claims_challenge,
        login_hint=login_hint,
        prompt=prompt,
        acr_values=acr_values,
        max_age=max_age,
    )


def acquire_token_interactive(
    profile: str | None = None,
    *,
    scopes: Scopes = None,
    account: str | Account | None = None,
    claims_challenge: str | None = None,
    timeout: float | None = None,
    tenant: str | None = None,
    login_hint: str | None = None,
    prompt: str | None = None,
    acr_values: str | None = None,
    max_age: int | None = None,
) -> AuthenticationResult:
    """Ask a person by authorization code with PKCE in their browser (RFC 6749 §4.1, RFC 7636), whatever the
    cache holds (MSAL: the method of that name). The card has the link; nothing opens by itself.

    The account that signs in is added to those signed in already.

    :raises InteractionError: the person declined, cancelled, or did not answer in time.
    :raises PolicyError: the profile or the provider does not allow this flow (``flow_unavailable``,
        ``no_code_flow``).
    """
    __tracebackhide__ = True
    return _ask(
        "acquire_token_interactive",
        profile=profile,
        scopes=scopes,
        account=account,
        tenant=tenant,
        timeout=timeout,
        claims_challenge=claims_challenge,
        flow="authorization_code",
        login_hint=login_hint,
        prompt=prompt,
        acr_values=acr_values,
        max_age=max_age,
    )


def log_in(
    profile: str | None = None,
    *,
    scopes: Scopes = None,
    account: str | Account | None = None,
    flow: str | None = None,
    tenant: str | None = None,
    login_hint: str | None = None,
    timeout: float | None = None,
) -> AuthenticationResult:
    """Ask a person in the way that works best here, whatever the cache holds: for ``%auth login`` and
    ``jupyter auth login``."""
    __tracebackhide__ = True
    return _ask(
        "acquire_token_interactive",
        profile=profile,
        scopes=scopes,
        account=account,
        tenant=tenant,
        timeout=timeout,
        flow=flow,
        login_hint=login_hint,
    )


def _ask(op: str, **arguments: Any) -> AuthenticationResult:
    __tracebackhide__ = True
    asked = acquiring.Asked(op, **arguments)
    client.prepare()
    return acquiring.ask(asked)
