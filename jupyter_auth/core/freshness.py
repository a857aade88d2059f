"""When a token is FRESH, STALE (serve it and refresh behind it) or EXPIRED (refresh first)."""

import math
from typing import Any, Literal

Freshness = Literal["fresh", "stale", "expired"]

DEFAULT_LIFETIME = 300  # seconds, where the provider gives no usable expires_in: short, never "forever"
MAX_LIFETIME = 366 * 86_400  # seconds; a larger expires_in is taken for a mistake and capped
STALE_WINDOW = 1_200  # seconds
EXPIRY_MARGIN = 300  # seconds, as in MSAL
JITTER = 0.1


def usable_seconds(value: Any) -> int | None:
    """``expires_in`` as providers send it (number, numeric string) in whole seconds; None if unusable."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        seconds = float(value)
    except (ValueError, OverflowError):
        return None
    if not math.isfinite(seconds) or seconds <= 0:
        return None
    return max(1, min(int(seconds), MAX_LIFETIME))


def refresh_time(issued_on: int, expires_on: int, refresh_in: int | None, jitter: float) -> int:
    """The second from which the token is STALE; ``jitter`` in [0, 1) moves it up to 10 % earlier.

    Spreading it keeps the tokens of many servers from being refreshed in the same second. A
    ``refresh_in`` past the moment when the token counts as EXPIRED would leave it no time to be STALE.
    """
    life = max(expires_on - issued_on, 0)
    if refresh_in is not None and issued_on + refresh_in < expiry_time(issued_on, expires_on):
        ahead = float(life - refresh_in)
    else:
        ahead = min(STALE_WINDOW, life / 2)
    latest = expires_on - ahead
    second = math.ceil(latest - ahead * JITTER * jitter)
    return max(issued_on, second if second <= latest else math.floor(latest))


def expiry_time(issued_on: int, expires_on: int) -> float:
    """The moment from which the token counts as EXPIRED, ahead of its real end."""
    life = max(expires_on - issued_on, 0)
    return expires_on - min(EXPIRY_MARGIN, life / 4)


def freshness(issued_on: int, expires_on: int, refresh_on: int, now: float) -> Freshness:
    """The state of a token at ``now`` (Unix seconds).

    A clock that stepped back before ``issued_on`` by more than the token's life makes it EXPIRED:
    its times cannot be trusted any more.
    """
    if now >= expiry_time(issued_on, expires_on) or now < issued_on - (expires_on - issued_on):
        return "expired"
    return "stale" if now >= refresh_on else "fresh"


def fresh_span(issued_on: int, expires_on: int, refresh_on: int) -> tuple[float, float]:
    """The moments from and until which ``freshness`` gives ``fresh`` (the last one not included)."""
    return issued_on - (expires_on - issued_on), min(refresh_on, expiry_time(issued_on, expires_on))
