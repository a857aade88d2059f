"""Scopes: OAuth's space-delimited ``scope`` (RFC 6749 §3.3) and the lists people write."""

from __future__ import annotations

import re
from collections.abc import Iterable

#: Asked for at sign-in, never part of what an access token covers (as in MSAL).
RESERVED = frozenset({"openid", "profile", "offline_access"})

_SCOPE = r"[\x21\x23-\x5B\x5D-\x7E]+"  # RFC 6749 §3.3 scope-token; compiled when one is first met
_MAX_SCOPES = 100
_MAX_SCOPE = 512


def parse_scopes(value: str | Iterable[str] | None) -> tuple[str, ...]:
    """The scopes of ``value`` (a list, or OAuth's own space-delimited form), in order, each once.

    Raises ``ValueError`` for anything that is no scope-token, so that quotes, control characters and
    look-alike letters never reach a provider or a cache key.
    """
    if value is None:
        return ()
    parts: list[str] = []
    for item in [value] if isinstance(value, str) else value:
        if not isinstance(item, str):
            raise ValueError(f"a scope is a string, not {type(item).__name__}")
        parts.extend(part for part in item.split(" ") if part)
    for part in parts:
        if len(part) > _MAX_SCOPE or not re.fullmatch(_SCOPE, part):
            raise ValueError(f"{part[:40]!r} is not a scope: letters, digits and punctuation without spaces")
    unique = tuple(dict.fromkeys(parts))
    if len(unique) > _MAX_SCOPES:
        raise ValueError(f"{len(unique)} scopes at once; at most {_MAX_SCOPES} are accepted")
    return unique


def resource_scopes(scopes: Iterable[str], *, fold: bool = False) -> frozenset[str]:
    """``scopes`` without the reserved ones, as a set to compare; ``fold`` ignores case (Entra only)."""
    return frozenset(scope.lower() if fold else scope for scope in scopes) - RESERVED


def covers(granted: frozenset[str], wanted: frozenset[str]) -> bool:
    """True if a token for ``granted`` serves a request for ``wanted``.

    A request for nothing but reserved scopes is served by a token for nothing else: empty scopes
    must not match any token there is.
    """
    return granted == wanted if not wanted else wanted <= granted


def union(*groups: Iterable[str]) -> tuple[str, ...]:
    """All scopes of ``groups`` in order, each once."""
    return tuple(dict.fromkeys(scope for group in groups for scope in group))
