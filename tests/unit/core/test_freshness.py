"""When a token is fresh, stale or expired: properties over all lives from a second to a year."""

import random
from typing import Any

import pytest

from jupyter_auth.core.freshness import (
    DEFAULT_LIFETIME,
    EXPIRY_MARGIN,
    JITTER,
    MAX_LIFETIME,
    STALE_WINDOW,
    expiry_time,
    fresh_span,
    freshness,
    refresh_time,
    usable_seconds,
)

ISSUED = 1_800_000_000
YEAR = 365 * 86_400
JITTERS = (0.0, 0.1, 0.5, 0.999999)


def _lives() -> list[int]:
    chance = random.Random(11)
    return [*range(1, 200), 599, 600, 1199, 1200, 1201, 2399, 2400, 2401, 3600, 86_400, YEAR] + [
        int(10 ** chance.uniform(0, 7.49)) for _ in range(1000)
    ]


def test_refreshing_starts_within_the_token_s_life_and_before_it_counts_as_expired() -> None:
    for life in _lives():
        for jitter in JITTERS:
            refresh_on = refresh_time(ISSUED, ISSUED + life, None, jitter)
            assert ISSUED <= refresh_on <= expiry_time(ISSUED, ISSUED + life) < ISSUED + life


def test_jitter_moves_it_earlier_and_by_a_tenth_at_most() -> None:
    for life in _lives():
        ahead = min(STALE_WINDOW, life / 2)
        latest = ISSUED + life - ahead
        for jitter in JITTERS:
            refresh_on = refresh_time(ISSUED, ISSUED + life, None, jitter)
            assert latest - JITTER * ahead - 1 < refresh_on <= latest  # whole seconds


def test_jitter_spreads() -> None:
    moments = {refresh_time(ISSUED, ISSUED + 3600, None, n / 1000) for n in range(1000)}
    assert len(moments) == STALE_WINDOW * JITTER  # every second of them is used
    assert max(moments) == ISSUED + 2400 and min(moments) >= ISSUED + 2400 - 120


def test_refresh_in_is_followed_where_it_leaves_time_to_refresh_behind() -> None:
    assert refresh_time(ISSUED, ISSUED + 86_400, 43_200, 0.0) == ISSUED + 43_200
    chance = random.Random(13)
    for life in _lives():
        refresh_in = chance.randint(1, 2 * life)
        for jitter in JITTERS:
            refresh_on = refresh_time(ISSUED, ISSUED + life, refresh_in, jitter)
            assert ISSUED <= refresh_on <= expiry_time(ISSUED, ISSUED + life)
            assert refresh_on <= ISSUED + max(refresh_in, life)


def test_a_token_is_never_served_from_fresh_past_its_expiry() -> None:
    """A kernel looks at ``refresh_on`` alone: whatever it serves before that must not count as expired."""
    refresh_on = refresh_time(ISSUED, ISSUED + 3600, 3590, 0.0)
    assert freshness(ISSUED, ISSUED + 3600, refresh_on, refresh_on - 1) == "fresh"
    assert freshness(ISSUED, ISSUED + 3600, refresh_on, refresh_on) == "stale"


@pytest.mark.parametrize(("ends", "jitter"), [(0, 0.0), (-3600, 0.5)])
def test_a_token_that_never_lived_is_expired_at_once(ends: int, jitter: float) -> None:
    refresh_on = refresh_time(ISSUED, ISSUED + ends, None, jitter)
    assert freshness(ISSUED, ISSUED + ends, refresh_on, ISSUED) == "expired"


def test_the_margin_is_five_minutes_or_a_quarter_of_the_life() -> None:
    assert expiry_time(ISSUED, ISSUED + 3600) == ISSUED + 3600 - EXPIRY_MARGIN
    assert expiry_time(ISSUED, ISSUED + 1200) == ISSUED + 1200 - 300
    assert expiry_time(ISSUED, ISSUED + 60) == ISSUED + 45
    assert expiry_time(ISSUED, ISSUED + DEFAULT_LIFETIME) == ISSUED + 225


def test_states_come_in_order_and_each_in_its_time() -> None:
    for life in _lives():
        ends = ISSUED + life
        refresh_on, expiry = refresh_time(ISSUED, ends, None, 0.5), expiry_time(ISSUED, ends)
        assert freshness(ISSUED, ends, refresh_on, refresh_on) == "stale"
        assert freshness(ISSUED, ends, refresh_on, expiry - 0.01) == "stale"
        assert freshness(ISSUED, ends, refresh_on, expiry) == "expired"
        assert freshness(ISSUED, ends, refresh_on, ends + life) == "expired"
        if refresh_on > ISSUED:
            assert freshness(ISSUED, ends, refresh_on, ISSUED) == "fresh"
            assert freshness(ISSUED, ends, refresh_on, refresh_on - 0.01) == "fresh"


def test_a_clock_that_differs_by_minutes_changes_nothing_before_the_margins() -> None:
    refresh_on = refresh_time(ISSUED, ISSUED + 3600, None, 0.0)
    for skew in (-600, -60, 60, 600):
        assert freshness(ISSUED, ISSUED + 3600, refresh_on, ISSUED + skew) == "fresh"
    assert freshness(ISSUED, ISSUED + 3600, refresh_on, ISSUED + 3600 + 600) == "expired"


def test_a_clock_that_stepped_back_further_than_a_life_ends_the_token() -> None:
    refresh_on = refresh_time(ISSUED, ISSUED + 3600, None, 0.0)
    assert freshness(ISSUED, ISSUED + 3600, refresh_on, ISSUED - 3600) == "fresh"
    assert freshness(ISSUED, ISSUED + 3600, refresh_on, ISSUED - 3601) == "expired"


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (3600, 3600),
        ("3600", 3600),
        (" 3600 ", 3600),
        (3599.9, 3599),
        ("3599.9", 3599),
        (0.25, 1),
        ("1e3", 1000),
        (10**12, MAX_LIFETIME),
        ("9" * 300, MAX_LIFETIME),
        (1e300, MAX_LIFETIME),
    ],
)
def test_usable_seconds(value: Any, seconds: int) -> None:
    assert usable_seconds(value) == seconds


@pytest.mark.parametrize(
    "value",
    [
        None, True, False, 0, -1, -3600, 0.0, -0.5, "", " ", "soon", "0", "-5", "0x10", "1 h", "12,5", b"60",
        float("nan"), float("inf"), float("-inf"), "nan", "NaN", "inf", "-Infinity", "1e999", "9" * 5000,
        10**400, -(10**400), [3600], {"seconds": 60}, (60,), 1j,
    ],
    ids=lambda value: f"{type(value).__name__}-{str(value)[:12]}" if not isinstance(value, int) else None,
)  # fmt: skip
def test_unusable_seconds(value: Any) -> None:
    assert usable_seconds(value) is None


def test_the_span_is_where_it_is_fresh() -> None:
    for life in _lives():
        ends = ISSUED + life
        for refresh_in in (None, life // 3, life):
            refresh_on = refresh_time(ISSUED, ends, refresh_in, 0.5)
            since, until = fresh_span(ISSUED, ends, refresh_on)
            for moment in (since - 1, since, ISSUED, until - 0.01, until, until + 1, ends):
                assert (freshness(ISSUED, ends, refresh_on, moment) == "fresh") == (since <= moment < until)
