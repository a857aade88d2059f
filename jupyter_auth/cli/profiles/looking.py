"""What a provider says of itself, in words, before or after a profile is written."""

from collections.abc import Iterator, Mapping
from typing import Any

from jupyter_auth.core.profile import DEFAULT_SCOPES, Profile, read_profile
from jupyter_auth.core.text import clean
from jupyter_auth.core.urls import host_of
from jupyter_auth.providers.base import ProviderMetadata
from jupyter_auth.providers.registry import make_engine

_SCOPES_SHOWN = 12
_NO_CLIENT = "nobody"  # discovery names no client


def look(name: str, table: Mapping[str, Any]) -> ProviderMetadata | None:
    """Ask the provider of a profile that is not whole yet, and print what it offers. None where what is there
    of the profile is wrong by itself, which is told when it is whole. Raises ``AuthError``."""
    profile, _ = read_profile(name, {"client_id": _NO_CLIENT, **table}, "")
    if profile is None and table.get("provider") == "client_credentials":
        profile, _ = read_profile(name, {"client_id": _NO_CLIENT, **table, "provider": "oidc"}, "")
    if profile is None or profile.provider == "managed_identity":
        return None
    engine = make_engine(profile)
    try:
        found = engine.discover()
    finally:
        engine.close()
    for line in offers(profile, found):
        print(f"  {line}")
    return found


def offers(profile: Profile, found: ProviderMetadata) -> Iterator[str]:
    """A line for each thing that matters to a profile."""
    yield f"{host_of(profile.issuer)} answers as {profile.issuer}"
    if profile.is_signed_in_elsewhere:
        yield "Sign-in: people's login at the Hub"
    elif profile.signs_people_in:
        yield f"Sign-in with a code (device_code): {_yes(found.device_authorization_endpoint)}"
        yield f"Sign-in by a redirect (authorization_code): {_yes(found.authorization_endpoint)}"
        yield f"Revocation at sign-out: {_yes(found.revocation_endpoint)}"
    if found.scopes_supported:
        shown = " ".join(clean(scope) for scope in found.scopes_supported[:_SCOPES_SHOWN])
        more = len(found.scopes_supported) - _SCOPES_SHOWN
        yield f"Scopes that it names: {shown}{f' and {more} more' if more > 0 else ''}"


def _yes(endpoint: str | None) -> str:
    return "yes" if endpoint else "no"


def suggested_scopes(provider: str, found: ProviderMetadata | None) -> tuple[str, ...]:
    """Those for a sign-in that lasts, as far as the provider has them."""
    if provider != "oidc":
        return ()
    named = found.scopes_supported if found else ()
    return tuple(scope for scope in DEFAULT_SCOPES if not named or scope in named)
