"""What comes back at the redirect URI: judged before its code is used (RFC 6749 §4.1.2, RFC 9207).

``requests_oauth2client`` and ``msal`` both compare ``state`` as ordinary text and keep the whole answer in
what they raise; so this is done here, for both engines alike.
"""

from collections.abc import Mapping

from jupyter_auth.core.errors import AuthError, OAuthError, PolicyError, TransportError
from jupyter_auth.core.secret import Secret
from jupyter_auth.core.text import clean
from jupyter_auth.core.urls import host_of
from jupyter_auth.providers.base import CodeAuthorization
from jupyter_auth.providers.repeated import redacted

_PASSING_ERRORS = frozenset({"temporarily_unavailable", "server_error"})
_MAX_CODE = 8192  # characters


def code_of(
    started: CodeAuthorization, answer: Mapping[str, str], *, issuer: str, names_issuer: bool
) -> Secret:
    """The authorization code in ``answer``. ``names_issuer``: the provider has announced that it always sends
    ``iss``. Raises what ``Engine.finish_code`` says."""
    host = host_of(issuer)
    if not started.state or not started.state.equals(str(answer.get("state", ""))):
        raise PolicyError(
            "This answer belongs to no sign-in that was started here.",
            reason="state_mismatch",
            hint="Start again from the notebook; if you did not sign in just now, close the page.",
        )
    named = answer.get("iss")
    # some providers leave it out where they refuse; there is no code then that could be stolen by a mix-up
    is_missing = named is None and names_issuer and "error" not in answer
    if is_missing or named not in (None, issuer):
        raise another_issuer(issuer)
    if "error" in answer:
        raise _refusal(answer, host, started)
    code = answer.get("code")
    if not isinstance(code, str) or not 0 < len(code) <= _MAX_CODE or not code.isprintable():
        raise PolicyError(
            f"{host} sent no code.", reason="no_code", hint="Run the cell again to start a new sign-in."
        )
    return Secret(code, sent=True)


def another_issuer(issuer: str) -> PolicyError:
    """The error for an answer that is not ``issuer``'s (RFC 9700 §4.4)."""
    return PolicyError(
        f"The answer comes from another provider than {host_of(issuer)}, so its code was not used.",
        reason="issuer_mismatch",
        hint="Nothing was stored. Start again; if it happens again, tell the administrator.",
    )


def _refusal(answer: Mapping[str, str], host: str, started: CodeAuthorization) -> AuthError:
    """Some providers repeat the request in their words."""
    known = (started.state.reveal(), started.nonce.reveal(), started.code_verifier.reveal())

    def said(name: str, limit: int) -> str:
        return redacted(clean(answer.get(name), limit), known)

    error, description = said("error", 120), said("error_description", 300)
    told = f"{host} refused the sign-in: {error}" + (f" ({description})" if description else "") + "."
    if error in _PASSING_ERRORS:
        return TransportError(told, reason="provider_unavailable", hint="Try again.", retryable=True)
    return OAuthError(
        told,
        error=error,
        error_description=description or None,
        error_uri=said("error_uri", 300) or None,
    )
