"""Reading what providers send: every field may be absent, of another type, or hostile."""

import base64
import re
import time
import urllib.parse
from collections.abc import Mapping
from typing import Any

import requests

from jupyter_auth.core.errors import AuthError, OAuthError, PolicyError, TransportError
from jupyter_auth.core.freshness import usable_seconds
from jupyter_auth.core.reports import Outcome
from jupyter_auth.core.scopes import parse_scopes
from jupyter_auth.core.secret import Secret
from jupyter_auth.core.text import clean
from jupyter_auth.core.urls import host_of, is_safe_link
from jupyter_auth.providers.base import DeviceAuthorization, NotYet, TokenResponse
from jupyter_auth.providers.repeated import redacted
from jupyter_auth.providers.transport import json_object, retry_after

DEFAULT_INTERVAL = 5  # seconds, RFC 8628 §3.5
MAX_INTERVAL = 300
DEFAULT_CODE_LIFETIME = 600
MAX_CODE_LIFETIME = 3600
MAX_CREDENTIAL = 32 * 1024  # characters; a frame must hold the token and its description
MAX_USER_CODE = 120  # characters

_PASSING_ERRORS = frozenset({"temporarily_unavailable", "server_error"})
_PASSING_STATUSES = frozenset({408, 425, 429})
_FORM = re.compile(
    rb"[A-Za-z0-9%&=+._~*!'()-]{1,4096}"
)  # neither spaces nor markup: no page is taken for one
_SECRET_FIELDS = (
    "refresh_token", "device_code", "code", "code_verifier", "token", "subject_token", "assertion",
    "client_secret", "client_assertion", "state", "nonce",
)  # fmt: skip
#: RFC 6749 §4.1.2.1 and §5.2, RFC 8628 §3.5, RFC 8707 §2, OpenID Connect Core §3.1.2.6: decided by, so never
#: redacted, whatever a provider has put into a token.
_REGISTERED = frozenset(
    {"invalid_request", "invalid_client", "invalid_grant", "unauthorized_client", "unsupported_grant_type"}
    | {"invalid_scope", "access_denied", "unsupported_response_type", "expired_token", "invalid_target"}
    | {"interaction_required", "login_required", "account_selection_required", "consent_required"}
)


def oauth_body(response: requests.Response) -> dict[str, Any]:
    """The body of an error answer: JSON, or form data as some providers send it, or nothing."""
    body = json_object(response)
    if body is not None:
        return body
    raw = response.content.strip()
    if not _FORM.fullmatch(raw):
        return {}
    return dict(urllib.parse.parse_qsl(raw.decode("ascii")))


def is_refusal(response: requests.Response, body: Mapping[str, Any]) -> bool:
    """Whether that is no success. An ``error`` of null is none: who writes every field there is means nothing
    by it, and to throw such an answer away would lose the rotated refresh token in it."""
    return not 200 <= response.status_code < 300 or body.get("error") not in (None, "")


_HINTS = {
    "invalid_client": "See that client_id is right, and the secret or certificate beside it.",
    "invalid_scope": "See that the scopes are ones that the provider and this client know.",
    "unauthorized_client": "The provider does not let this client sign in so: ask its administrator.",
}


def refusal(response: requests.Response, issuer: str) -> Exception:
    """The exception for an answer that is not a success: never a JSON error, never a secret."""
    body = oauth_body(response)
    host = host_of(issuer)
    error = body.get("error")
    if error == "authorization_pending":
        return NotYet()
    if error == "slow_down":
        return NotYet(slow_down=True)
    if not isinstance(error, str):
        error = ""
    is_passing = error in _PASSING_ERRORS or response.status_code in _PASSING_STATUSES
    if is_passing or response.status_code >= 500 or (response.status_code < 400 and not error):
        return broken_answer(response, host)
    if not error:
        return OAuthError(
            f"{host} refused the request with HTTP {response.status_code} and gave no reason.",
            reason="no_oauth_error",
            status=response.status_code,
        )
    sent = _secrets_sent(response.request)

    def said(name: str, limit: int = 120) -> str:
        value = body.get(name)
        return redacted(clean(value, limit), sent) if isinstance(value, str) else ""

    code = error if error in _REGISTERED else said("error")
    description = said("error_description", 300)
    return OAuthError(
        f"{host} refused the request: {code}" + (f" ({description})" if description else "") + ".",
        hint=_HINTS.get(error, ""),
        error=code,
        error_description=description or None,
        error_uri=said("error_uri", 300) or None,
        status=response.status_code,
        correlation_id=said("correlation_id") or None,
        trace_id=said("trace_id") or None,
    )


def _secrets_sent(request: requests.PreparedRequest) -> list[str]:
    """What a provider might repeat in its words, plain or encoded, and must not be shown."""
    body = request.body or ""
    form = urllib.parse.parse_qs(body.decode() if isinstance(body, bytes) else str(body))
    sent = [value for name in _SECRET_FIELDS for value in form.get(name, ())]
    scheme, _, credentials = request.headers.get("Authorization", "").partition(" ")
    if scheme == "Basic":
        pair = base64.b64decode(credentials).decode()
        sent += [urllib.parse.unquote_plus(pair.partition(":")[2]), credentials]
    return sent


def broken_answer(response: requests.Response, host: str) -> TransportError:
    """The error for an answer that says nothing about the request: 5xx, a captive portal, no JSON."""
    throttled = response.status_code == 429
    return TransportError(
        f"{host} is busy (HTTP 429)."
        if throttled
        else f"{host} gave no usable answer (HTTP {response.status_code}).",
        reason="throttled" if throttled else "bad_answer",
        hint="Try again in a moment; behind a captive portal or proxy, log in there first.",
        retryable=True,
        retry_after=retry_after(response, time.time()),
    )


def read_token_response(response: requests.Response, issuer: str) -> tuple[TokenResponse, str | None]:
    """The usable part of a token answer, and its raw id token if it has one.

    Raises ``TransportError`` where there is no JSON object, ``OAuthError`` where there is an ``error``
    whatever the status, ``NotYet`` for a pending device code.
    """
    body = json_object(response)
    if body is None or is_refusal(response, body):
        raise refusal(response, issuer)
    access_token = _credential(body.get("access_token"))
    if access_token is None:
        raise broken_answer(response, host_of(issuer))
    token_type = body.get("token_type") or "Bearer"
    if not isinstance(token_type, str) or token_type.lower() != "bearer":
        raise PolicyError(
            f"{host_of(issuer)} gave a token of type {clean(token_type, 20)!r}; only Bearer is supported.",
            reason="token_type",
        )
    id_token = body.get("id_token")
    answer = TokenResponse(
        access_token=access_token,
        token_type="Bearer",  # noqa: S106 -- a type, not a password
        expires_in=usable_seconds(body.get("expires_in")),
        refresh_in=usable_seconds(body.get("refresh_in")),
        scope=_granted(body.get("scope")),
        refresh_token=_credential(body.get("refresh_token")),
        correlation_id=clean(response.headers.get("x-ms-request-id") or response.headers.get("x-request-id")),
        token_endpoint=response.url.partition("?")[0],
    )
    return answer, id_token if isinstance(id_token, str) and id_token else None


def read_device_authorization(response: requests.Response, issuer: str) -> DeviceAuthorization:
    """The device authorization answer; an address that is not safe to open is refused (RFC 8628 §3.2)."""
    body = json_object(response)
    if body is None or is_refusal(response, body):
        problem = refusal(response, issuer)
        raise problem if isinstance(problem, AuthError) else broken_answer(response, host_of(issuer))
    device_code = _credential(body.get("device_code"))
    user_code = _user_code(body.get("user_code"))
    address = body.get("verification_uri") or body.get("verification_url")  # Google's older name
    if device_code is None or not user_code:
        raise broken_answer(response, host_of(issuer))
    if not is_safe_link(address, issuer):
        raise PolicyError(
            "The provider sent an address that is not safe to open, so it is not shown.",
            reason="unsafe_address",
            hint=f"Do not continue. Tell the administrator of {host_of(issuer)}.",
        )
    complete = body.get("verification_uri_complete")
    return DeviceAuthorization(
        device_code=device_code,
        user_code=user_code,
        verification_uri=str(address),
        verification_uri_complete=complete if is_safe_link(complete, issuer) else None,
        expires_in=min(usable_seconds(body.get("expires_in")) or DEFAULT_CODE_LIFETIME, MAX_CODE_LIFETIME),
        interval=min(usable_seconds(body.get("interval")) or DEFAULT_INTERVAL, MAX_INTERVAL),
    )


def revocation_outcome(response: requests.Response) -> Outcome:
    """What a revocation did (RFC 7009 §2.2): 200 means revoked, or unknown there, which is as good. The
    page of a captive portal is no 200 of the provider's."""
    error = oauth_body(response).get("error")
    if error == "unsupported_token_type":
        return "unsupported"
    is_page = response.content.lstrip().startswith(b"<")
    return "revoked" if response.status_code in (200, 204) and not error and not is_page else "failed"


def _user_code(value: Any) -> str:
    """The code to show; empty where there is none that a person could type."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return ""
    code = clean(value, MAX_USER_CODE + 1)
    return code if len(code) <= MAX_USER_CODE else ""


def _credential(value: Any) -> Secret | None:
    """A token or code that can travel in a header and a form, else None."""
    if not isinstance(value, str) or not value or len(value) > MAX_CREDENTIAL:
        return None
    return Secret(value) if value.isascii() and value.isprintable() and " " not in value else None


def _granted(value: Any) -> tuple[str, ...] | None:
    """``scope`` as granted; None where it is absent or unreadable, which means "as asked" (RFC 6749 §5.1)."""
    try:
        scopes = parse_scopes(value if isinstance(value, str | list) else None)
    except ValueError:
        return None
    return scopes or None
