"""What travels between a kernel and its broker: the one place where a token is put into JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jupyter_auth.core.errors import TransportError
from jupyter_auth.core.known import note
from jupyter_auth.core.result import AuthenticationResult, Provenance, TokenData
from jupyter_auth.core.secret import Secret

_PLAIN: dict[str, Any] = {
    "account": dict | None,
    "expires_on": int,
    "id_token_claims": dict,
    "issued_on": int,
    "profile": str,
    "refresh_on": int,
    "tenant_id": str | None,
    "token_endpoint": str | None,
    "token_type": str,
    "version": str,
}


def result_to_wire(result: AuthenticationResult) -> dict[str, Any]:
    """The frame's ``result``, token included: for a proven kernel only."""
    token, origin = result._token, result._origin
    wire: dict[str, Any] = {name: getattr(token, name) for name in _PLAIN}
    wire["access_token"] = token.access_token.reveal()
    wire["scopes"] = list(token.scopes)
    wire["correlation_id"] = result.correlation_id
    wire["metadata"] = {
        "token_source": origin.source,
        "cache_level": origin.level,
        "cache_refresh_reason": origin.reason,
        "duration_total": round(origin.duration_total, 6),
        "duration_in_cache": round(origin.duration_in_cache, 6),
        "duration_in_http": round(origin.duration_in_http, 6),
    }
    return wire


def result_from_wire(wire: Mapping[str, Any]) -> AuthenticationResult:
    """The result in a frame; raises ``TransportError`` for a broker that speaks otherwise."""
    __tracebackhide__ = True  # a verbose traceback would show the frame's text
    try:
        metadata = wire["metadata"]
        note(wire["access_token"], wire["expires_on"])  # revealed or not, it is masked while it is good
        token = TokenData(
            access_token=Secret(wire["access_token"]),
            scopes=tuple(str(scope) for scope in _of(list, wire["scopes"])),
            **{name: _of(kind, wire[name]) for name, kind in _PLAIN.items()},
        )
        origin = Provenance(
            _of(str, metadata["token_source"]),
            _of(str | None, metadata["cache_level"]),
            _of(str, metadata["cache_refresh_reason"]),
            total=_of(int | float, metadata["duration_total"]),
            in_cache=_of(int | float, metadata["duration_in_cache"]),
            in_http=_of(int | float, metadata["duration_in_http"]),
        )
    except (KeyError, TypeError):
        raise unreadable("The broker sent a result that cannot be read.") from None
    return AuthenticationResult(token, origin, str(wire.get("correlation_id") or ""))


def request_to_wire(message: Mapping[str, Any]) -> dict[str, Any]:
    """A request as it is sent: an assertion is a ``Secret`` up to here."""
    return {key: value.reveal() if isinstance(value, Secret) else value for key, value in message.items()}


def unreadable(message: str) -> TransportError:
    """The error for an answer that lacks what this version needs."""
    return TransportError(
        message,
        reason="bad_result",
        hint="Install the same version of jupyter-token-broker for the kernel and for the server.",
        retryable=False,
    )


def _of(kind: Any, value: Any) -> Any:
    if not isinstance(value, kind):
        raise TypeError
    return value
