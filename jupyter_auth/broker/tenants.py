"""Whose sign-ins a profile uses, and which tenant a request is for.

At Entra one refresh token serves all tenants of a cloud, so accounts belong to the cloud (MSAL:
``environment``), access tokens to a tenant (MSAL: ``realm``). Elsewhere there is the issuer, and no tenant.
"""

import re
from functools import lru_cache

from jupyter_auth.cache.records import AccountKey, ClientKey, Holder
from jupyter_auth.core.authority import Authority, read_authority
from jupyter_auth.core.policy import not_allowed
from jupyter_auth.core.profile import Profile

_UTID = re.compile(r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
_authority = lru_cache(maxsize=256)(read_authority)


def authority_of(profile: Profile) -> Authority | None:
    """Where the profile's cloud and tenant are; None where there are no such things."""
    return _authority(profile.issuer) if profile.provider == "entra" else None


def client_of(profile: Profile) -> ClientKey:
    """The application whose accounts ``profile`` uses."""
    authority = authority_of(profile)
    return ClientKey(authority.environment if authority else profile.issuer, profile.client_id)


def realm_of(profile: Profile, tenant: str | None = None) -> str:
    """The tenant that is asked, as it was written: the call's own ``tenant``, or the profile's. Empty where
    there is none, and where the profile leaves it to each account's own (``common``, ``organizations``)."""
    authority = authority_of(profile)
    if authority is None or tenant is not None:
        return (tenant or "").lower()
    return "" if authority.is_shared else authority.tenant


def check_tenant(profile: Profile, tenant: str) -> None:
    """Raises ``PolicyError`` where an administrator's ``allowed_issuers`` do not name that tenant. Who allows
    a shared authority allows whatever tenant an account is at home in."""
    authority, policy = authority_of(profile), profile.policy
    if authority is None or not policy.allowed_issuers or authority.is_shared:
        return
    try:
        issuer = authority.with_tenant(tenant).url
    except ValueError:
        return  # no tenant at all: the engine says so
    if not policy.allows_issuer(issuer):
        raise not_allowed("issuer", issuer, policy.allowed_issuers)


def home_tenant(profile: Profile, holder: Holder) -> str | None:
    """Where an account is at home, for a profile that leaves the tenant to it (MSAL.NET: silent calls at
    ``common``); None where the profile's own authority is the one to ask."""
    authority = authority_of(profile)
    if authority is None or not authority.is_shared or not isinstance(holder, AccountKey):
        return None
    utid = holder.home_account_id.rpartition(".")[2]
    return utid.lower() if _UTID.fullmatch(utid) else None
