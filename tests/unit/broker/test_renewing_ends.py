"""When renewing fails, waits, or ends: outages, refusals, sign-outs, kernels that go, clocks that are set."""

import asyncio
from itertools import pairwise
from typing import Any

import pytest

from jupyter_auth.broker.changes import AccountChanged
from jupyter_auth.broker.clock import Clock
from jupyter_auth.broker.tokens.patience import CEILING, CEILING_REFUSED, FIRST, Patience
from jupyter_auth.core.errors import InteractionRequiredError, OAuthError, TransportError
from tests.idp import MisbehavingProvider, faults
from tests.unit.broker.bench import Bench, held, refreshes, request
from tests.unit.broker.conftest import MakeBench
from tests.unit.broker.holding import HOUR, Held, ask

DAY = 24 * HOUR


async def _states(bench: Bench) -> list[str]:
    return [row["state"] for row in await bench.broker.account_states()]


def _asks_for_people(kernels: Held) -> int:
    return sum(isinstance(c, AccountChanged) and c.action == "needs_sign_in" for c in kernels.seen)


# -- failures ------------------------------------------------------------------------------------------------


async def test_while_the_provider_is_down_it_asks_ever_more_seldom(
    idp: MisbehavingProvider, bench: Bench
) -> None:
    kernels = Held(bench)
    await kernels.by("k1")
    kernels.kernels.busy.add("k1")
    right, idp.answers["token"] = idp.answers["token"], faults.html(503)
    await kernels.pass_time(2390, 1200)
    tries: list[float] = []
    for second in range(0, 3600, 5):
        before = refreshes(idp)
        await kernels.pass_time(5, 5)
        tries += [second] * (refreshes(idp) - before)
    gaps = [later - earlier for earlier, later in pairwise(tries)]
    assert [round(gap, -1) for gap in gaps[:4]] == [30, 60, 120, 240]
    assert all(CEILING - 10 <= gap <= CEILING + 10 for gap in gaps[4:]) and len(gaps) >= 12
    idp.answers["token"] = right
    await kernels.pass_time(CEILING + 10)
    assert bench.broker.peek(request()) is not None
    assert bench.refresh_token() is not None and _asks_for_people(kernels) == 0


async def test_it_waits_as_long_as_the_provider_says(idp: MisbehavingProvider, bench: Bench) -> None:
    kernels = Held(bench)
    await kernels.by("k1")
    right = idp.answers["token"]
    idp.answers["token"] = faults.fixed(429, "text/plain", b"", {"Retry-After": "400"})
    await kernels.pass_time(2410, 2410)
    idp.answers["token"] = right
    await kernels.pass_time(390, 10)
    assert refreshes(idp) == 1
    await kernels.pass_time(20, 10)
    assert refreshes(idp) == 2


@pytest.mark.parametrize(("jitter", "part"), [(0.0, 1.0), (0.999, 0.5)])
def test_waits_double_up_to_a_ceiling_and_are_spread(jitter: float, part: float) -> None:
    patience = Patience(Clock(jitter=lambda: jitter, elapsed=lambda: 0.0))
    for problem, ceiling in (
        (TransportError("x"), CEILING),
        (OAuthError("x", error="invalid_client"), CEILING_REFUSED),
    ):
        waits = []
        for _ in range(12):
            patience.heed(ceiling, problem, HOUR)
            waits.append(patience.left(ceiling))
        assert waits == pytest.approx([min(ceiling, FIRST * 2**n) * part for n in range(12)], rel=0.01)
        patience.heed(ceiling, None, HOUR)
        assert patience.left(ceiling) == 0
    patience.heed("short", TransportError("x"), 40)
    assert patience.left("short") <= 1  # a token of 40 s cannot wait for 30


@pytest.mark.parametrize("error", ["invalid_grant", "interaction_required", "consent_required"])
async def test_a_person_is_told_before_the_token_has_ended(
    idp: MisbehavingProvider, bench: Bench, error: str
) -> None:
    kernels = Held(bench)
    session = await kernels.by("k1")
    kernels.kernels.busy.add("k1")
    right, idp.answers["token"] = idp.answers["token"], faults.json(400, {"error": error})
    await kernels.pass_time(2410, 600)
    assert _asks_for_people(kernels) == 1 and await _states(bench) == ["needs_sign_in"]
    assert (await ask(session))["metadata"]["token_source"] == "cache"  # it still serves
    await bench.settled()
    asked = refreshes(idp)
    await kernels.pass_time(800)  # nothing more comes of it by itself
    assert refreshes(idp) == asked and _asks_for_people(kernels) == 1
    idp.answers["token"] = right
    await bench.sign_in()
    assert await _states(bench) == ["signed_in"]
    before = refreshes(idp)
    await kernels.pass_time(5 * HOUR, 300)
    assert refreshes(idp) >= before + 6  # and it goes on, though the kernel has not asked since


# -- the end -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("verb", ["sign_out", "remove_account", "clear", "clear_profile"])
async def test_after_a_sign_out_or_a_clear_nothing_is_renewed(
    idp: MisbehavingProvider, bench: Bench, verb: str
) -> None:
    kernels = Held(bench)
    await kernels.by("k1")
    kernels.kernels.busy.add("k1")
    broker = bench.broker
    work: dict[str, Any] = {
        "sign_out": lambda: broker.sign_out("lake", None),
        "remove_account": lambda: broker.remove_account("lake", None),
        "clear": broker.clear,
        "clear_profile": lambda: broker.clear("lake"),
    }
    await work[verb]()
    await asyncio.sleep(0)
    assert len(kernels.renewing._tokens) == 0
    await kernels.pass_time(DAY, HOUR)
    assert refreshes(idp) == 0 and _asks_for_people(kernels) == 0


async def test_a_clear_while_a_renewal_is_under_way_ends_it(idp: MisbehavingProvider, bench: Bench) -> None:
    kernels = Held(bench)
    await kernels.by("k1")
    kernels.kernels.busy.add("k1")
    bench.advance(2500)
    with held(idp, "token") as gate:
        kernels.renewing.look()
        await gate.reached.wait()
        await bench.broker.clear()
        gate.open()
        await kernels.look()
    await kernels.pass_time(DAY, HOUR)
    assert refreshes(idp) == 1 and bench.access_tokens() == 0 and bench.refresh_token() is None


async def test_after_a_sign_out_elsewhere_neither_provider_nor_person_is_asked(
    idp: MisbehavingProvider, bench: Bench, make_bench: MakeBench
) -> None:
    kernels = Held(bench)
    await kernels.by("k1")
    kernels.kernels.busy.add("k1")
    await make_bench(idp).broker.remove_account("lake", None)
    await kernels.pass_time(DAY, HOUR)
    assert refreshes(idp) == 0 and _asks_for_people(kernels) == 0
    assert len(kernels.renewing._tokens) == 0


async def test_it_ends_with_the_last_kernel_that_holds_the_token(
    idp: MisbehavingProvider, bench: Bench
) -> None:
    kernels = Held(bench)
    first, second = await kernels.by("k1"), await kernels.by("k2")
    kernels.kernels.busy |= {"k1", "k2"}
    script = await kernels.by("k2")  # a second connection of the second
    first.close()
    script.close()
    script.close()  # a kernel's own broker may be told twice
    await kernels.pass_time(2500)
    assert refreshes(idp) == 1
    second.close()
    assert len(kernels.renewing._tokens) == 0
    await kernels.pass_time(DAY, HOUR)
    assert refreshes(idp) == 1


async def test_a_profile_that_has_gone_is_not_asked_for(idp: MisbehavingProvider, bench: Bench) -> None:
    kernels = Held(bench)
    await kernels.by("k1")
    bench.toml.write_text(bench.toml.read_text().replace("[profiles.lake]", "[profiles.sea]"))
    await kernels.pass_time(2500)
    assert refreshes(idp) == 0 and len(kernels.renewing._tokens) == 0


# -- clocks --------------------------------------------------------------------------------------------------


async def test_a_clock_set_back_makes_it_neither_early_nor_late(
    idp: MisbehavingProvider, bench: Bench
) -> None:
    kernels = Held(bench)
    await kernels.by("k1")
    bench.set_clock(-2 * HOUR)
    await kernels.pass_time(2390, 100)
    assert refreshes(idp) == 0
    await kernels.pass_time(20)
    assert refreshes(idp) == 1
    await kernels.pass_time(2390, 100)
    assert refreshes(idp) == 1


async def test_a_clock_set_forward_renews_all_that_seem_to_have_ended_once(
    idp: MisbehavingProvider, bench: Bench
) -> None:
    kernels = Held(bench)
    await kernels.by("k1")
    bench.set_clock(2 * HOUR)
    await kernels.look()
    assert refreshes(idp) == 1
    bench.set_clock(-2 * HOUR)  # it was wrong
    await kernels.pass_time(2300, 100)
    assert refreshes(idp) == 1
    assert (await bench.get()).metadata.token_source == "cache"
    assert refreshes(idp) == 1


async def test_after_a_suspend_it_is_renewed_at_the_next_look(idp: MisbehavingProvider, bench: Bench) -> None:
    kernels = Held(bench)
    session = await kernels.by("k1")
    kernels.kernels.busy.add("k1")
    bench.advance(9 * HOUR)  # the lid was closed in the middle of a cell
    await kernels.look()
    assert refreshes(idp) == 1
    assert (await ask(session))["metadata"]["token_source"] == "cache"


async def test_a_suspended_machine_whose_sign_in_has_run_out_says_so(
    idp: MisbehavingProvider, bench: Bench
) -> None:
    kernels = Held(bench)
    await kernels.by("k1")
    kernels.kernels.busy.add("k1")
    idp.answers["token"] = faults.json(400, {"error": "invalid_grant"})
    bench.advance(30 * DAY)
    await kernels.look()
    assert _asks_for_people(kernels) == 1
    with pytest.raises(InteractionRequiredError):
        await bench.get()
