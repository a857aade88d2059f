"""The functions for no account: an application's own tokens, and tokens on behalf of a person.

Nobody is ever asked. Names and meaning follow MSAL; docs/how-to says when to use which.
"""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Any, NamedTuple

from jupyter_auth.core.errors import ProfileError
from jupyter_auth.core.result import AuthenticationResult
from jupyter_auth.core.secret import Secret, utf8
from jupyter_auth.core.wire import result_from_wire
from jupyter_auth.kernel import acquiring, memory
from jupyter_auth.kernel.client import client
from jupyter_auth.kernel.connection import part

if TYPE_CHECKING:
    from jupyter_auth.kernel.acquiring import Scopes
    from jupyter_auth.kernel.connection import Message


class LongRunningSession(NamedTuple):
    """A session that goes on without the person. Keep ``session_key``: who has it may use the session.

    Its ``reveal()`` is the text to store; other functions take either.
    """

    result: AuthenticationResult
    session_key: Secret


def acquire_token_for_client(
    profile: str | None = None,
    *,
    scopes: Scopes = None,
    force_refresh: bool = False,
    claims_challenge: str | None = None,
    tenant: str | None = None,
    timeout: float | None = None,
) -> AuthenticationResult:
    """A token for the application itself (RFC 6749 §4.4; MSAL: the method of that name).

    From the cache, else from the provider. It never is a person's token, and its ``account`` is None. A
    profile of provider ``client_credentials`` or ``managed_identity`` gets the same from ``get_token``.

    :param profile: a profile whose client has a secret, a certificate or an assertion; None for the default.
    :param scopes: a list, or OAuth's space-delimited form; None for the profile's own. ``openid``,
        ``profile`` and ``offline_access`` are left out: they are for people's sign-ins.
    :param force_refresh: get a new token although a good one is cached.
    :param claims_challenge: the claims a resource demanded with a 401; skips cached access tokens.
    :param tenant: the tenant (Entra only).
    :param timeout: seconds to wait for an answer, 90 at most.
    :raises ProfileError: the profile is that of a public client.
    :raises OAuthError: the provider refused, as with ``invalid_client``.
    :raises AuthError: anything else, each with a hint that says what to do.
    """
    __tracebackhide__ = True
    asked = _asked(
        "acquire_token_for_client",
        profile=profile,
        scopes=scopes,
        tenant=tenant,
        timeout=timeout,
        force_refresh=force_refresh or None,
        claims_challenge=claims_challenge,
    )
    asked.keys = [("acquire_token_for_client", key) for key in asked.keys]  # apart from people's tokens
    return acquiring.acquire(asked, may_ask=False)


def acquire_token_on_behalf_of(
    profile: str | None = None,
    *,
    user_assertion: str | Secret,
    scopes: Scopes = None,
    force_refresh: bool = False,
    claims_challenge: str | None = None,
    tenant: str | None = None,
    timeout: float | None = None,
) -> AuthenticationResult:
    """A token on behalf of the person whose access token ``user_assertion`` is (RFC 8693; Entra: RFC 7523;
    MSAL: the method of that name).

    From the cache, where this very assertion was traded before; else from the provider. The assertion is
    neither stored nor logged, and no refresh token is kept.

    :param user_assertion: the access token that the person's client sent to this application.
    :raises InteractionRequiredError: the provider takes this assertion no longer, or wants the person.

    The other arguments and errors are those of ``acquire_token_for_client``.
    """
    __tracebackhide__ = True
    asked = _asked(
        "acquire_token_on_behalf_of",
        profile=profile,
        scopes=scopes,
        tenant=tenant,
        timeout=timeout,
        force_refresh=force_refresh or None,
        claims_challenge=claims_challenge,
    )
    return _result(_call(asked, user_assertion))


def initiate_long_running_on_behalf_of(
    profile: str | None = None,
    *,
    user_assertion: str | Secret,
    session_key: str | Secret | None = None,
    scopes: Scopes = None,
    claims_challenge: str | None = None,
    tenant: str | None = None,
    timeout: float | None = None,
) -> LongRunningSession:
    """Begin to act on behalf of a person for longer than the assertion lives (MSAL.NET:
    ``InitiateLongRunningProcessInWebApi``).

    The provider is asked in any case, and its refresh token is kept sealed under ``session_key``; where the
    provider gives none, the session ends with its access token.

    :param session_key: a name of your own for the session, hard to guess; what it stood for before is
        replaced. None for a new random one, which the answer holds.

    The other arguments and errors are those of ``acquire_token_on_behalf_of``.
    """
    __tracebackhide__ = True
    asked = _asked(
        "initiate_long_running_on_behalf_of",
        profile=profile,
        scopes=scopes,
        tenant=tenant,
        timeout=timeout,
        claims_challenge=claims_challenge,
        session_key=session_key,
    )
    answer = _call(asked, user_assertion)
    return LongRunningSession(_result(answer), Secret(part(answer, "session_key", str)))


def acquire_token_in_long_running_on_behalf_of(
    profile: str | None = None,
    *,
    session_key: str | Secret,
    scopes: Scopes = None,
    force_refresh: bool = False,
    claims_challenge: str | None = None,
    tenant: str | None = None,
    timeout: float | None = None,
) -> AuthenticationResult:
    """A token of a session that was begun before (MSAL.NET: ``AcquireTokenInLongRunningProcess``): from the
    cache, else by the session's refresh token.

    :raises InteractionRequiredError: there is no such session, or it has ended; begin it again with a new
        assertion.

    The other arguments and errors are those of ``acquire_token_for_client``.
    """
    __tracebackhide__ = True
    asked = _asked(
        "acquire_token_in_long_running_on_behalf_of",
        profile=profile,
        scopes=scopes,
        tenant=tenant,
        timeout=timeout,
        force_refresh=force_refresh or None,
        claims_challenge=claims_challenge,
        session_key=session_key,
    )
    return _result(_call(asked))


def stop_long_running_on_behalf_of(profile: str | None = None, *, session_key: str | Secret) -> bool:
    """Forget a session here, its refresh token too (MSAL.NET: ``StopLongRunningProcessInWebApiAsync``).

    The provider is not told. False where there was no such session.
    """
    __tracebackhide__ = True
    answer = client.call("stop_long_running_on_behalf_of", profile=profile, session_key=session_key)
    return part(answer, "stopped", bool)


def _asked(op: str, *, timeout: float | None, **more: Any) -> acquiring.Asked:
    asked = acquiring.Asked(op, account=None, timeout=timeout, **more)
    if timeout is not None:
        asked.request["timeout"] = timeout  # there is no prompt: it is the broker that waits
    return asked


def _call(asked: acquiring.Asked, user_assertion: str | Secret | None = None) -> Message:
    """Ask the broker. What is got on behalf of somebody is kept there, not in this process, which remembers
    but the version of the token it was given, to say at ``force_refresh`` which one will not do."""
    __tracebackhide__ = True
    if user_assertion is not None and not isinstance(user_assertion, str | Secret):
        raise ProfileError(
            "user_assertion must be an access token.",
            reason="bad_argument",
            hint="Pass its text, or a Secret such as result.access_token.",
        )
    secret = Secret(user_assertion, sent=True) if isinstance(user_assertion, str) else user_assertion
    asked.keys = [
        (asked.request["op"], key, _digest(secret or asked.request.get("session_key"))) for key in asked.keys
    ]
    asked.tell_what_is_held()
    client.prepare()
    answer = client.call(**asked.request, user_assertion=secret)
    memory.note_version(asked.keys, _result(answer))
    return answer


def _digest(secret: object) -> bytes:
    text = secret.reveal() if isinstance(secret, Secret) else str(secret)
    return sha256(utf8(text)).digest()


def _result(answer: Message) -> AuthenticationResult:
    __tracebackhide__ = True
    return result_from_wire(part(answer, "result", dict))
