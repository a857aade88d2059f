"""S43: clocks that differ, are set, or stand still: no ended token is handed out, nobody is signed out."""

import math
import random
import time
from dataclasses import replace
from typing import Any

import pytest

from jupyter_auth.broker.clock import MAX_SEEN, STEP, Clock
from jupyter_auth.cache.records import AccessTokenRecord
from jupyter_auth.core.clocks import elapsed
from jupyter_auth.core.errors import InteractionRequiredError, PolicyError
from jupyter_auth.core.freshness import freshness
from jupyter_auth.core.secret import Secret
from jupyter_auth.providers.oidc import OidcEngine
from tests.idp import MisbehavingProvider, faults
from tests.unit.broker.apps import add_profiles
from tests.unit.broker.bench import Bench, refreshes, request
from tests.unit.broker.conftest import MakeBench, own_folders  # noqa: F401 -- used by itself
from tests.unit.providers.calls import DEVICE_CODE
from tests.unit.providers.test_id_tokens import answer

HOUR = 3600


def _token(now: float, life: int = HOUR) -> AccessTokenRecord:
    issued_on = math.floor(now)
    return AccessTokenRecord(
        secret=Secret("x"),
        token_type="Bearer",
        issued_on=issued_on,
        expires_on=issued_on + life,
        refresh_on=issued_on + life // 2,
        granted=("a",),
        asked=("a",),
    )


def test_the_clock_that_nobody_sets_goes_on() -> None:
    first = elapsed()
    assert 0 <= elapsed() - first < 60


def test_whatever_the_clock_does_no_token_outlives_its_life() -> None:
    """Over random hours: time passes, the clock is set forward and back, tokens are got in between. Whatever
    is not taken for expired lives, by the clock that nobody sets."""
    chance = random.Random(7)
    for _ in range(200):
        wall, real = 1_800_000_000.0, 500.0
        clock = Clock(now=lambda: wall, elapsed=lambda: real)  # noqa: B023 -- read while they are these
        known: list[tuple[AccessTokenRecord, float]] = []
        for _ in range(40):
            passes = chance.choice([1, 60, 900, HOUR])
            wall, real = wall + passes, real + passes
            if chance.random() < 0.3:
                wall += chance.choice([-3 * HOUR, -2 * HOUR, -1200, -90, 90, 1200, 2 * HOUR])
            if chance.random() < 0.3:
                known.append((_token(wall), real))
                clock.note(known[-1][0].version)
            for token, born in known:
                seen = clock.in_time(token)
                state = freshness(seen.issued_on, seen.expires_on, seen.refresh_on, wall)
                assert state == "expired" or real - born <= HOUR - 300 + 2


def test_a_clock_that_was_not_set_changes_nothing() -> None:
    wall, real = 1_800_000_000.0, 500.0
    clock = Clock(now=lambda: wall, elapsed=lambda: real)
    token = _token(wall)
    clock.note(token.version)
    for drift in (0.0, STEP / 2, -STEP / 2, -30.0):  # made to run a little slower or faster, or paused
        wall, real = 1_800_000_600.0 - drift, 1100.0
        assert clock.in_time(token) is token
    wall = 1_800_000_000.0
    moved = clock.in_time(token)
    assert moved == replace(
        token,
        issued_on=token.issued_on - 600,
        expires_on=token.expires_on - 600,
        refresh_on=token.refresh_on - 600,
    )


def test_it_remembers_so_many_and_no_more() -> None:
    clock = Clock()
    for number in range(MAX_SEEN + 100):
        clock.note(str(number))
    assert len(clock._written_by) == MAX_SEEN


# -- with a provider -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("hours", [-3, -0.5])
async def test_a_clock_that_is_set_back_ends_no_token(
    idp: MisbehavingProvider, bench: Bench, hours: float
) -> None:
    old = await bench.get()
    bench.set_clock(hours * HOUR)
    found = await bench.get()
    assert found.reveal() == old.reveal() and refreshes(idp) == 0
    assert HOUR - 60 <= found.expires_on - bench.clock.now() <= HOUR  # what people and kernels see is true


@pytest.mark.parametrize("hours", [-3, -0.5])
async def test_a_token_that_has_ended_is_not_handed_out_after_the_clock_was_set_back(
    idp: MisbehavingProvider, bench: Bench, hours: float
) -> None:
    old = await bench.get()
    bench.advance(HOUR + 1)
    bench.set_clock(hours * HOUR)
    assert bench.broker.peek(request()) is None
    new = await bench.get()
    assert new.reveal() != old.reveal()
    for _ in range(3):
        assert (await bench.get()).reveal() == new.reveal()
    assert refreshes(idp) == 1 and bench.access_tokens() == 1


async def test_the_newest_token_counts_although_an_older_one_says_that_it_is_newer(
    idp: MisbehavingProvider, bench: Bench
) -> None:
    """One for more scopes, from before the clock was set back, covers what is asked, and has ended."""
    bench.advance(HOUR + 1)
    bench.set_clock(-2 * HOUR)
    new = await bench.get(scopes=["lake.read"])
    for _ in range(3):
        assert (await bench.get(scopes=["lake.read"])).reveal() == new.reveal()
    assert refreshes(idp) == 1


async def test_a_clock_set_forward_costs_a_refresh_and_no_sign_in(
    idp: MisbehavingProvider, bench: Bench
) -> None:
    bench.set_clock(10 * 366 * 24 * HOUR)
    new = await bench.get()
    assert refreshes(idp) == 1 and bench.refresh_token() is not None
    bench.set_clock(-10 * 366 * 24 * HOUR)  # and right again
    assert (await bench.get()).reveal() == new.reveal()
    assert refreshes(idp) == 1


async def test_two_brokers_agree_after_the_clock_was_set_back(
    idp: MisbehavingProvider, bench: Bench, make_bench: MakeBench
) -> None:
    """One of them has just begun, and knows nothing of that."""
    bench.advance(HOUR + 1)
    bench.set_clock(-2 * HOUR)
    new = await bench.get()
    other = make_bench(idp)
    other.offset, other.passed = bench.offset, bench.passed
    for one in (other, bench, other, bench):
        assert (await one.get()).reveal() == new.reveal()
    assert refreshes(idp) == 1


async def test_after_a_week_of_suspend(idp: MisbehavingProvider, bench: Bench) -> None:
    old = await bench.get()
    bench.advance(7 * 24 * HOUR)
    assert (await bench.get()).reveal() != old.reveal()
    assert refreshes(idp) == 1


async def test_a_machine_that_was_paused_unseen_by_the_clock_that_nobody_sets(
    idp: MisbehavingProvider, bench: Bench
) -> None:
    old = await bench.get()
    bench.set_clock(7 * 24 * HOUR)
    assert (await bench.get()).reveal() != old.reveal()
    assert refreshes(idp) == 1


async def test_patience_ends_although_the_clock_was_set_back(idp: MisbehavingProvider, bench: Bench) -> None:
    right, idp.answers["token"] = idp.answers["token"], faults.html(503)
    bench.advance(2500)
    await bench.get()
    await bench.settled()
    bench.set_clock(-HOUR)
    idp.answers["token"] = right
    bench.advance(31)
    await bench.get()
    await bench.settled()
    assert refreshes(idp) == 2


async def test_nobody_is_signed_out_by_a_clock(idp: MisbehavingProvider, bench: Bench) -> None:
    for hours in (5, -5, 24, -24, 8760, -8760):
        bench.set_clock(hours * HOUR)
        try:
            await bench.get()
        except InteractionRequiredError:
            pytest.fail(f"asked a person after {hours} h")


async def test_a_session_is_not_swept_away_by_a_clock_set_forward(
    idp: MisbehavingProvider, make_bench: MakeBench
) -> None:
    app = add_profiles(make_bench(idp))
    begun = await app.begin()
    app.bench.set_clock(366 * 24 * HOUR)
    await app.behalf("another")  # which sweeps what has ended
    app.bench.set_clock(-366 * 24 * HOUR)
    assert (await app.session(begun.session_key)).reveal() and refreshes(idp) == 0
    app.bench.advance(2 * HOUR)
    assert (await app.session(begun.session_key)).reveal() and refreshes(idp) == 1


# -- a provider's clock --------------------------------------------------------------------------------------


@pytest.mark.parametrize("skew", [-590, 590])
def test_ten_minutes_of_skew_are_forgiven(idp: MisbehavingProvider, engine: OidcEngine, skew: int) -> None:
    now = int(time.time()) + skew
    assert signed_in(idp, engine, idp.id_token(iat=now, nbf=now, exp=now + 1 if skew < 0 else now + 600))


@pytest.mark.parametrize("moved", ["iat", "nbf"])
def test_and_no_more(idp: MisbehavingProvider, engine: OidcEngine, moved: str) -> None:
    wrong: list[dict[str, Any]] = [{"exp": int(time.time()) - 615}, {moved: int(time.time()) + 660}]
    for changes in wrong:
        with pytest.raises(PolicyError):
            signed_in(idp, engine, idp.id_token(**changes))


def signed_in(idp: MisbehavingProvider, engine: OidcEngine, id_token: str) -> dict[str, object]:
    answer(idp, id_token)
    return dict(engine.poll_device(DEVICE_CODE).claims or {})


@pytest.mark.parametrize("minutes", [-10, 10])
async def test_a_token_lives_by_its_answer_and_not_by_the_provider_s_clock(
    idp: MisbehavingProvider, make_bench: MakeBench, minutes: int
) -> None:
    """``expires_in`` counts from when the answer came (RFC 6749 §5.1); a JWT's own times are the API's."""
    bench = make_bench(idp)
    bench.set_clock(minutes * 60)
    found = await bench.sign_in()
    assert HOUR - 60 <= found.expires_on - bench.clock.now() <= HOUR
    bench.advance(HOUR + 1)
    assert (await bench.get()).reveal() != found.reveal() and refreshes(idp) == 1
