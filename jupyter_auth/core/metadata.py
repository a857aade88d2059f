"""Where a token came from (MSAL.NET: ``AuthenticationResultMetadata``)."""

from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar


class TokenSource(StrEnum):
    """Who gave the token."""

    CACHE = "cache"
    IDENTITY_PROVIDER = "identity_provider"


class CacheLevel(StrEnum):
    """Which cache answered: the kernel's own, the server's memory, or the store."""

    KERNEL = "kernel"
    MEMORY = "memory"
    STORE = "store"


class CacheRefreshReason(StrEnum):
    """Why the provider was asked."""

    NOT_APPLICABLE = "not_applicable"
    FORCE_REFRESH_OR_CLAIMS = "force_refresh_or_claims"
    NO_CACHED_ACCESS_TOKEN = "no_cached_access_token"  # noqa: S105 -- a reason, not a password
    EXPIRED = "expired"
    PROACTIVELY_REFRESHED = "proactively_refreshed"


E = TypeVar("E", bound=StrEnum)


def known(kind: type[E], told: str | None) -> E | None:
    """The value, or None for one that only a newer broker knows."""
    return next((value for value in kind if value == told), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthenticationResultMetadata:
    """How a result came to be; durations in seconds."""

    token_source: TokenSource
    cache_level: CacheLevel | None
    cache_refresh_reason: CacheRefreshReason
    duration_total: float
    duration_in_cache: float
    duration_in_http: float
    token_endpoint: str | None
