"""A profile: what people write under ``[profiles.NAME]``, checked as a whole."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from jupyter_auth.core.authority import authority_of_tenant, read_authority
from jupyter_auth.core.grant import KernelAccess
from jupyter_auth.core.policy import OPEN, Policy
from jupyter_auth.core.presets import preset
from jupyter_auth.core.profile_checks import CHECKS, ENDPOINTS, FLOWS, PROVIDERS, did_you_mean
from jupyter_auth.core.urls import host_of, is_safe_endpoint

__all__ = ["FLOWS", "PROVIDERS", "Fault", "Profile", "did_you_mean", "read_profile"]

DEFAULT_SCOPES = ("openid", "profile", "offline_access")
#: The client id that MSAL's caches use for a machine's own identity, and the issuer of its tokens.
SYSTEM_ASSIGNED = "system_assigned_managed_identity"
#: The client id that stands for the Hub's own, which its servers need not know.
HUB_CLIENT = "jupyterhub"
MANAGED_IDENTITY_ISSUER = "https://login.microsoftonline.com/managed_identity"

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
_SECRET, _CERTIFICATE, _ASSERTION = (
    ("client_secret_file", "client_secret_env"),
    ("client_certificate_file", "client_key_file"),
    ("client_assertion_file",),
)
_CREDENTIALS = (*_SECRET, *_CERTIFICATE, *_ASSERTION)
_EVERYWHERE = (
    "provider",
    "title",
    "scope_titles",
    "scopes",
    "ca_bundle",
    "proxies",
    "client_id",
    "kernel_access",
)
_BY_CODE = ("flows", "own_callback")
_OIDC = (*_EVERYWHERE, *_CREDENTIALS, *ENDPOINTS, "issuer", "resource", "audience", "preset")
#: The keys that have a meaning for a provider, and those it cannot do without.
_KEYS: dict[str, tuple[str, ...]] = {
    "oidc": (*_OIDC, *_BY_CODE),
    "client_credentials": _OIDC,
    "entra": (*_EVERYWHERE, *_CREDENTIALS, "tenant", "authority", *_BY_CODE),
    "managed_identity": (*_EVERYWHERE, "resource"),
    "jupyterhub": (*_EVERYWHERE, "issuer", "service_url", "resource", "audience"),
}
_REQUIRED = {
    "oidc": ("issuer", "client_id"),
    "client_credentials": ("issuer", "client_id"),
    "entra": ("client_id",),
    "managed_identity": (),
    "jupyterhub": ("issuer",),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing wrong with the configuration: where it stands and what to do. ``closes``: what an
    administrator meant is lost by it, so that nothing is given out."""

    file: str
    key: str
    message: str
    closes: bool = False

    def __str__(self) -> str:
        return f"{self.file}: {self.key}: {self.message}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """A checked profile. ``issuer`` is the full issuer URL, exactly as the provider writes it; for ``entra``
    the authority. ``endpoints`` are those that the profile names itself, ``quirks`` those of its preset.
    ``policy`` is the administrator's, which it has been held against. ``kernel_access`` is the profile's own
    as it is read, and what holds in a ``Configuration``."""

    name: str
    provider: str = "oidc"
    issuer: str = ""
    client_id: str = ""
    scopes: tuple[str, ...] = DEFAULT_SCOPES
    title: str = ""
    scope_titles: Mapping[str, str] = field(default_factory=dict, hash=False)
    resource: str = ""
    audience: str = ""
    service_url: str = ""
    flows: tuple[str, ...] = ()
    own_callback: bool = False
    client_secret_file: str = ""
    client_secret_env: str = ""
    client_certificate_file: str = ""
    client_key_file: str = ""
    client_assertion_file: str = ""
    preset: str = ""
    endpoints: Mapping[str, str] = field(default_factory=dict, hash=False)
    quirks: Mapping[str, Any] = field(default_factory=dict, hash=False)
    policy: Policy = OPEN
    ca_bundle: str = ""
    proxies: Mapping[str, str] = field(default_factory=dict, hash=False)
    kernel_access: KernelAccess = "allow"

    @property
    def folds_case(self) -> bool:
        """True where scopes and ids are compared without case: Entra only."""
        return self.provider == "entra"

    @property
    def environment(self) -> str:
        """What a refresh token of this profile is good for: Entra's cloud, whose tenants share one (MSAL:
        ``environment``); elsewhere the issuer."""
        return read_authority(self.issuer).environment if self.provider == "entra" else self.issuer

    @property
    def foreign_endpoints(self) -> tuple[str, ...]:
        """The endpoints that are not at the issuer's own host, and not known to belong to it (a preset's):
        what an issuer's name would promise, they would not hold."""
        known = preset(self.preset) if self.preset else {}
        is_presets = known.get("issuer") == self.issuer
        return tuple(
            key
            for key, url in self.endpoints.items()
            if host_of(url) != host_of(self.issuer) and not (is_presets and known.get(key) == url)
        )

    @property
    def has_credentials(self) -> bool:
        """True for a client that authenticates itself: a confidential one (RFC 6749 §2.1)."""
        return any(getattr(self, key) for key in _CREDENTIALS)

    @property
    def signs_people_in(self) -> bool:
        """False where tokens are the application's own, and nobody is ever asked."""
        return self.provider in ("oidc", "entra", "jupyterhub")

    @property
    def is_signed_in_elsewhere(self) -> bool:
        """True where the tokens are a person's who is never asked here: the Hub has done that."""
        return self.provider == "jupyterhub"


def read_profile(name: str, table: Any, file: str) -> tuple[Profile | None, list[Fault]]:
    """The profile in ``table`` (as TOML gives it), or None and every fault it has."""
    where = f"profiles.{name}"
    if not _NAME.fullmatch(name):
        return None, [Fault(file=file, key=where, message="a name has letters, digits, _ . - (64 at most)")]
    if not isinstance(table, dict):
        return None, [Fault(file=file, key=where, message="must be a table")]
    provider = table.get("provider", "oidc")
    provider = provider if isinstance(provider, str) else ""
    allowed = _KEYS.get(provider, tuple(CHECKS))
    known = _preset_of(table, allowed)
    quirks = known.pop("quirks", {})
    values: dict[str, Any] = {}
    wrong: list[tuple[str, str]] = []
    for key, value in {**known, **table}.items():
        if key not in allowed:
            wrong.append((key, _unknown_key(key, provider)))
            continue
        try:
            values[key] = CHECKS[key](value)
        except ValueError as problem:
            wrong.append((key, str(problem)))
    wrong += [
        (key, "is missing")
        for key in _REQUIRED.get(provider, _REQUIRED["oidc"])
        if key not in {**known, **table}
    ]
    wrong += _contradictions(provider, {**known, **table}, values)
    if wrong:
        return None, [Fault(file=file, key=f"{where}.{key}", message=message) for key, message in wrong]
    endpoints = {key: values.pop(key) for key in ENDPOINTS if key in values}
    return Profile(name=name, endpoints=endpoints, quirks=quirks, **_completed(provider, values)), []


def _preset_of(table: Mapping[str, Any], allowed: tuple[str, ...]) -> dict[str, Any]:
    try:
        return dict(preset(CHECKS["preset"](table["preset"]))) if "preset" in allowed else {}
    except (KeyError, ValueError):
        return {}


def _completed(provider: str, values: dict[str, Any]) -> dict[str, Any]:
    """With what follows from the rest."""
    if provider == "entra":
        tenant, authority = values.pop("tenant", ""), values.pop("authority", "")
        values["issuer"] = read_authority(authority or authority_of_tenant(tenant)).url
    if provider == "managed_identity":
        values["issuer"] = MANAGED_IDENTITY_ISSUER
        values.setdefault("client_id", SYSTEM_ASSIGNED)
    if provider == "jupyterhub":
        values.setdefault("client_id", HUB_CLIENT)
    if provider in ("client_credentials", "managed_identity", "jupyterhub"):
        values.setdefault("scopes", ())
    return values


def _unknown_key(key: str, provider: str) -> str:
    if key == "client_secret":
        return "holds a secret in plain text and is refused; use client_secret_file or client_secret_env"
    if key in CHECKS:
        return f"has no meaning for provider {provider!r}"
    return f"unknown key{did_you_mean(str(key), _KEYS.get(provider, CHECKS))}"


def _contradictions(
    provider: str, table: Mapping[str, Any], values: Mapping[str, Any]
) -> Iterator[tuple[str, str]]:
    """What is right by itself and wrong together."""
    if "resource" in values and "audience" in values:
        yield "audience", "give resource or audience, not both"
    yield from _credential_faults(provider, table)
    if provider == "entra":
        yield from _authority_faults(table, values)
    if provider == "managed_identity" and not {"resource", "scopes"} & table.keys():
        yield "resource", "is missing: say for what the tokens are, as in https://storage.azure.com"
    for key in ENDPOINTS:
        if key in values and "issuer" in values and not is_safe_endpoint(values[key], values["issuer"]):
            yield key, "is not a safe address for this issuer: https, and no fragment"


def _credential_faults(provider: str, table: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    if provider not in ("oidc", "entra", "client_credentials"):
        return
    given: list[tuple[str, ...]] = [(key,) for key in _SECRET if key in table]
    given += [kind for kind in (_CERTIFICATE, _ASSERTION) if set(kind) & table.keys()]
    if len(given) > 1:
        names = ", ".join(next(key for key in kind if key in table) for kind in given)
        yield next(k for k in given[1] if k in table), f"give one of {names}, not several"
    if "client_certificate_file" in table and "client_key_file" not in table:
        yield "client_key_file", "is missing: a certificate needs its private key"
    if provider == "entra" and "client_key_file" in table and "client_certificate_file" not in table:
        yield "client_certificate_file", "is missing: Entra knows a key by its certificate"
    if provider == "client_credentials" and not given:
        yield (
            "client_secret_file",
            "is missing: the application needs client_secret_file, client_secret_env, client_key_file or "
            "client_assertion_file",
        )


def _authority_faults(table: Mapping[str, Any], values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    if "tenant" in table and "authority" in table:
        yield "authority", "give tenant or authority, not both"
    elif "tenant" not in table and "authority" not in table:
        yield "tenant", "is missing: the tenant's domain or id, common or organizations"
    if "authority" in values:
        try:
            read_authority(values["authority"])
        except ValueError as problem:
            yield "authority", str(problem)
