"""The values of a profile's keys, one check each. A check raises ``ValueError`` that says what is wrong."""

from collections.abc import Callable
from typing import Any

from jupyter_auth.core.grant import ACCESS
from jupyter_auth.core.presets import PRESETS
from jupyter_auth.core.scopes import parse_scopes
from jupyter_auth.core.urls import checked_split, is_loopback

#: What a profile may name.
PROVIDERS = ("oidc", "entra", "client_credentials", "managed_identity", "jupyterhub")
FLOWS = ("authorization_code", "device_code")
#: Endpoints that a profile may name where discovery does not, or has them wrong.
ENDPOINTS = (
    "token_endpoint",
    "authorization_endpoint",
    "device_authorization_endpoint",
    "revocation_endpoint",
    "userinfo_endpoint",
    "jwks_uri",
)


def did_you_mean(word: str, known: Any) -> str:
    """``; did you mean "…"?`` for the nearest of ``known``, or nothing."""
    import difflib  # noqa: PLC0415 -- paid by who has mistyped something

    near = difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f'; did you mean "{near[0]}"?' if near else ""


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError("must be a non-empty string")
    if not value.isprintable():
        raise ValueError("holds control characters")
    return value


def _issuer(value: Any) -> str:
    url = _url(value)
    if "?" in url or "#" in url:
        raise ValueError("must have no query and no fragment (OpenID Connect Discovery §3)")
    return url


def _url(value: Any) -> str:
    parts = checked_split(_text(value))
    if parts is None:
        raise ValueError("is not an absolute https URL")
    if parts.scheme == "http" and not is_loopback(parts.hostname):
        raise ValueError("plain http is accepted only for a loopback issuer; use https")
    return str(value)


def _service_url(value: Any) -> str:
    """Plain http may do inside a cluster: where that is, only the server knows (``providers.jupyterhub``)."""
    if checked_split(_text(value)) is None or "?" in value or "#" in value:
        raise ValueError("is not an absolute URL without query and fragment")
    return str(value)


def _tenant(value: Any) -> str:
    tenant = _text(value)
    if not all(char.isascii() and (char.isalnum() or char in ".-") for char in tenant):
        raise ValueError("is no tenant: give its domain, its id, common or organizations")
    return tenant.lower()


def _scopes(value: Any) -> tuple[str, ...]:
    if not isinstance(value, str | list):
        raise ValueError("must be a list of strings")
    scopes = parse_scopes(value)
    if not scopes:
        raise ValueError("is empty; leave it out for the default")
    return scopes


def _flows(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not value:
        raise ValueError(f"must be a list of {' and '.join(FLOWS)}")
    for flow in value:
        if flow not in FLOWS:
            raise ValueError(f"{str(flow)[:40]!r} is not a flow{did_you_mean(str(flow), FLOWS)}")
    return tuple(value)


def _yes_or_no(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError("must be true or false")
    return value


def _strings(value: Any) -> dict[str, str]:
    if not isinstance(value, dict) or not all(isinstance(v, str) for v in value.values()):
        raise ValueError("must be a table of strings")
    return dict(value)


def _provider(value: Any) -> str:
    if value not in PROVIDERS:
        raise ValueError(f"{str(value)[:40]!r} is not a provider{did_you_mean(str(value), PROVIDERS)}")
    return str(value)


def _kernel_access(value: Any) -> str:
    if value not in ACCESS:
        raise ValueError(f"must be {', '.join(ACCESS[:-1])} or {ACCESS[-1]}")
    return str(value)


def _preset(value: Any) -> str:
    if value not in PRESETS:
        raise ValueError(f"{str(value)[:40]!r} is not a preset{did_you_mean(str(value), PRESETS)}")
    return str(value)


CHECKS: dict[str, Callable[[Any], Any]] = {
    "provider": _provider,
    "preset": _preset,
    "issuer": _issuer,
    "tenant": _tenant,
    "authority": _text,
    "client_id": _text,
    "scopes": _scopes,
    "title": _text,
    "scope_titles": _strings,
    "resource": _text,
    "audience": _text,
    "service_url": _service_url,
    "flows": _flows,
    "own_callback": _yes_or_no,
    "client_secret_file": _text,
    "client_secret_env": _text,
    "client_certificate_file": _text,
    "client_key_file": _text,
    "client_assertion_file": _text,
    **dict.fromkeys(ENDPOINTS, _url),
    "ca_bundle": _text,
    "proxies": _strings,
    "kernel_access": _kernel_access,
}
