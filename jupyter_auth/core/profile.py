"""A profile: what people write under ``[profiles.NAME]``, checked as a whole."""

import difflib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from jupyter_auth.core.scopes import parse_scopes
from jupyter_auth.core.urls import checked_split, is_loopback

#: What a profile may name; the ones built so far.
PROVIDERS = ("oidc", "entra", "client_credentials", "managed_identity", "jupyterhub")
BUILT_PROVIDERS = ("oidc",)
FLOWS = ("authorization_code", "device_code")
BUILT_FLOWS = ("device_code",)
DEFAULT_SCOPES = ("openid", "profile", "offline_access")

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing wrong with the configuration: where it stands and what to do."""

    file: str
    key: str
    message: str

    def __str__(self) -> str:
        return f"{self.file}: {self.key}: {self.message}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """A checked profile. ``issuer`` is the full issuer URL, exactly as the provider writes it."""

    name: str
    provider: str = "oidc"
    issuer: str = ""
    client_id: str = ""
    scopes: tuple[str, ...] = DEFAULT_SCOPES
    title: str = ""
    scope_titles: Mapping[str, str] = field(default_factory=dict, hash=False)
    resource: str = ""
    audience: str = ""
    flows: tuple[str, ...] = ()
    client_secret_file: str = ""
    client_secret_env: str = ""
    ca_bundle: str = ""
    proxies: Mapping[str, str] = field(default_factory=dict, hash=False)

    @property
    def folds_case(self) -> bool:
        """True where scopes and ids are compared without case: Entra only."""
        return self.provider == "entra"


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError("must be a non-empty string")
    if not value.isprintable():
        raise ValueError("holds control characters")
    return value


def _issuer(value: Any) -> str:
    parts = checked_split(_text(value))
    if parts is None:
        raise ValueError("is not an absolute https URL")
    if "?" in value or "#" in value:
        raise ValueError("must have no query and no fragment (OpenID Connect Discovery §3)")
    if parts.scheme == "http" and not is_loopback(parts.hostname):
        raise ValueError("plain http is accepted only for a loopback issuer; use https")
    return str(value)


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


def _strings(value: Any) -> dict[str, str]:
    if not isinstance(value, dict) or not all(isinstance(v, str) for v in value.values()):
        raise ValueError("must be a table of strings")
    return dict(value)


def _provider(value: Any) -> str:
    if value not in PROVIDERS:
        raise ValueError(f"{str(value)[:40]!r} is not a provider{did_you_mean(str(value), PROVIDERS)}")
    if value not in BUILT_PROVIDERS:
        raise ValueError(f"{value!r} is not available in this version yet; available: oidc")
    return str(value)


_CHECKS: dict[str, Callable[[Any], Any]] = {
    "provider": _provider,
    "issuer": _issuer,
    "client_id": _text,
    "scopes": _scopes,
    "title": _text,
    "scope_titles": _strings,
    "resource": _text,
    "audience": _text,
    "flows": _flows,
    "client_secret_file": _text,
    "client_secret_env": _text,
    "ca_bundle": _text,
    "proxies": _strings,
}
_LATER = frozenset(
    {"tenant", "authority", "client_certificate_file", "client_key_file", "client_assertion_file"}
)
_REQUIRED = ("issuer", "client_id")


def did_you_mean(word: str, known: Any) -> str:
    """``; did you mean "…"?`` for the nearest of ``known``, or nothing."""
    near = difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f'; did you mean "{near[0]}"?' if near else ""


def _unknown_key(key: str) -> str:
    if key == "client_secret":
        return "holds a secret in plain text and is refused; use client_secret_file or client_secret_env"
    if key in _LATER:
        return "is not available in this version yet"
    return f"unknown key{did_you_mean(key, _CHECKS)}"


def read_profile(name: str, table: Any, file: str) -> tuple[Profile | None, list[Fault]]:
    """The profile in ``table`` (as TOML gives it), or None and every fault it has."""
    where = f"profiles.{name}"
    if not _NAME.fullmatch(name):
        return None, [Fault(file=file, key=where, message="a name has letters, digits, _ . - (64 at most)")]
    if not isinstance(table, dict):
        return None, [Fault(file=file, key=where, message="must be a table")]
    faults: list[Fault] = []
    values: dict[str, Any] = {}
    for key, value in table.items():
        if key not in _CHECKS:
            faults.append(Fault(file=file, key=f"{where}.{key}", message=_unknown_key(key)))
            continue
        try:
            values[key] = _CHECKS[key](value)
        except ValueError as problem:
            faults.append(Fault(file=file, key=f"{where}.{key}", message=str(problem)))
    faults += [
        Fault(file=file, key=f"{where}.{key}", message="is missing") for key in _REQUIRED if key not in table
    ]
    if "resource" in values and "audience" in values:
        faults.append(
            Fault(file=file, key=f"{where}.audience", message="give resource or audience, not both")
        )
    return (None, faults) if faults else (Profile(name=name, **values), [])
