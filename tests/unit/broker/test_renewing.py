"""Tokens in use are renewed before they end: which, for how long, how many at once, and once for all."""

import asyncio

from jupyter_auth.broker.changes import CacheChanged
from jupyter_auth.broker.config.configuration import ConfigurationFiles
from jupyter_auth.broker.config.settings import Settings
from jupyter_auth.broker.operations import Session
from jupyter_auth.broker.tokens.in_use import MAX_IN_USE, TokensInUse
from jupyter_auth.broker.tokens.renewing import AT_ONCE
from jupyter_auth.cache.records import AppKey
from tests.idp import MisbehavingProvider, OidcProvider, faults
from tests.unit.broker.apps import ASSERTION, CLIENT, EXCHANGE, AppBench, posts
from tests.unit.broker.bench import Bench, held, refreshes, request
from tests.unit.broker.conftest import MakeBench
from tests.unit.broker.holding import HOUR, Held, ask


async def test_a_long_cell_never_meets_a_token_that_has_ended(idp: MisbehavingProvider, bench: Bench) -> None:
    kernels = Held(bench)
    session = await kernels.by("k1")
    kernels.kernels.busy.add("k1")
    for _ in range(4):
        await kernels.pass_time(3 * HOUR)
        assert (await bench.get()).metadata.token_source == "cache"  # at once
    first = refreshes(idp)
    assert 12 * HOUR / 2400 - 2 <= first <= 12 * HOUR / 2400 + 1
    assert (await ask(session))["metadata"]["cache_level"] == "memory"
    assert refreshes(idp) == first
    refreshed = [c for c in kernels.seen if isinstance(c, CacheChanged) and c.action == "refreshed"]
    assert len(refreshed) == first


async def test_it_begins_when_the_token_becomes_stale_and_not_before(
    idp: MisbehavingProvider, bench: Bench
) -> None:
    kernels = Held(bench)
    await kernels.by("k1")
    await kernels.pass_time(2395)
    assert refreshes(idp) == 0
    await kernels.pass_time(10)
    assert refreshes(idp) == 1


async def test_jitter_spreads_it_over_a_tenth_of_the_time_that_is_left(
    idp: MisbehavingProvider, make_bench: MakeBench
) -> None:
    bench = make_bench(idp, jitter=0.999)
    await bench.sign_in()
    kernels = Held(bench)
    await kernels.by("k1")
    await kernels.pass_time(2400 - 120 - 5)
    assert refreshes(idp) == 0
    await kernels.pass_time(10)
    assert refreshes(idp) == 1


async def test_it_goes_on_for_an_hour_after_the_last_use(idp: MisbehavingProvider, bench: Bench) -> None:
    kernels = Held(bench)
    session = await kernels.by("k1")
    await kernels.pass_time(12 * HOUR)
    assert refreshes(idp) == 1  # the one that was due in that hour
    await ask(session)  # it comes back: this one has to wait, and is in use again
    assert refreshes(idp) == 2
    await kernels.pass_time(2500)
    assert refreshes(idp) == 3


async def test_a_cell_counts_for_as_long_as_it_runs(idp: MisbehavingProvider, bench: Bench) -> None:
    kernels = Held(bench)
    await kernels.by("k1")
    kernels.kernels.busy.add("k1")
    await kernels.pass_time(5 * HOUR, 300)
    within = refreshes(idp)
    assert within >= 6
    kernels.kernels.busy.clear()
    await kernels.pass_time(24 * HOUR, 300)
    assert refreshes(idp) <= within + 2


async def test_other_kernels_that_run_do_not_count(idp: MisbehavingProvider, bench: Bench) -> None:
    kernels = Held(bench)
    await kernels.by("k1")
    kernels.kernels.busy.add("k2")
    await kernels.pass_time(12 * HOUR, 300)
    assert refreshes(idp) == 1


async def test_fifty_kernels_cause_one_renewal(idp: MisbehavingProvider, bench: Bench) -> None:
    kernels = Held(bench)
    sessions = [await kernels.by(f"k{number}") for number in range(50)]
    await kernels.pass_time(2500)
    assert refreshes(idp) == 1
    assert len({(await ask(session))["access_token"] for session in sessions}) == 1
    assert refreshes(idp) == 1


async def test_two_brokers_over_one_store_renew_it_once(
    idp: MisbehavingProvider, bench: Bench, make_bench: MakeBench
) -> None:
    other = make_bench(idp)
    both = [Held(one) for one in (bench, other)]
    sessions = [await kernels.by("k1") for kernels in both]
    for round_of in range(1, 5):
        for one in (bench, other):
            one.advance(2401)
        await asyncio.gather(*(kernels.look() for kernels in both))
        assert refreshes(idp) == round_of
        assert len({(await ask(session))["access_token"] for session in sessions}) == 1
    assert refreshes(idp) == 4


async def test_a_certified_provider_with_rotation_renews_as_often_as_it_takes(certified: Bench) -> None:
    kernels = Held(certified)
    await kernels.by("k1")
    kernels.kernels.busy.add("k1")
    await kernels.pass_time(10 * HOUR, 600)
    assert isinstance(certified.provider, OidcProvider)
    assert certified.provider.token_responses("refresh_token") >= 12
    assert (await certified.refresh()).reveal()  # the grant is alive


async def test_no_more_than_four_at_once(idp: MisbehavingProvider, bench: Bench) -> None:
    names = [f"person{number}" for number in range(10)]
    for name in names:
        await bench.sign_in(username=name)
    kernels = Held(bench)
    for name in names:
        await kernels.by("k1", account=name)
    bench.advance(2500)
    with held(idp, "token") as gate:
        for _ in range(20):
            kernels.renewing.look()
            await asyncio.sleep(0.01)
        assert refreshes(idp) == AT_ONCE
        gate.open()
        await kernels.look()
    for _ in range(10):
        await kernels.look()
    assert refreshes(idp) == len(names)


async def test_the_task_wakes_by_itself_and_ends_with_the_broker(
    idp: MisbehavingProvider, make_bench: MakeBench
) -> None:
    idp.grants.expires_in = 4
    bench = make_bench(idp)
    await bench.sign_in()
    await Held(bench).by("k1")
    async with asyncio.timeout(60):
        while refreshes(idp) < 2:
            await asyncio.sleep(0.05)
    await bench.broker.close()
    assert bench.broker.renewing is not None and bench.broker.renewing._task is not None
    await asyncio.wait([bench.broker.renewing._task], timeout=60)
    assert bench.broker.renewing._task.done()
    before = refreshes(idp)
    await asyncio.sleep(4)
    assert refreshes(idp) == before


async def test_there_is_no_task_where_nothing_is_in_use(idp: MisbehavingProvider, bench: Bench) -> None:
    kernels = Held(bench)
    session = await kernels.by("k1")
    task = kernels.renewing._task
    assert task is not None and not task.done()
    session.close()
    kernels.renewing._woken.set()
    await asyncio.wait([task], timeout=60)
    assert task.done()
    await kernels.by("k1")  # and begins again
    assert kernels.renewing._task is not task


async def test_it_can_be_switched_off(idp: MisbehavingProvider, make_bench: MakeBench) -> None:
    bench = make_bench(idp)
    bench.broker._files = ConfigurationFiles([bench.toml], settings=Settings(renew_for=0))
    await bench.sign_in()
    kernels = Held(bench)
    session = await kernels.by("k1")
    kernels.kernels.busy.add("k1")
    refreshed = refreshes(idp)
    await kernels.pass_time(5 * HOUR, 600)
    assert refreshes(idp) == refreshed and kernels.renewing._task is None
    await ask(session)
    assert refreshes(idp) == refreshed + 1


# -- which tokens --------------------------------------------------------------------------------------------


async def test_a_token_that_nobody_was_handed_is_left_alone(idp: MisbehavingProvider, bench: Bench) -> None:
    kernels = Held(bench)
    await bench.get()
    await kernels.pass_time(2 * HOUR)
    assert refreshes(idp) == 0


async def test_what_was_asked_for_is_renewed_though_only_a_part_of_it_is_used(
    idp: MisbehavingProvider, bench: Bench
) -> None:
    kernels = Held(bench)
    session = await kernels.by("k1", scopes=["lake.read"])
    await kernels.pass_time(2500)
    assert refreshes(idp) == 1 and bench.access_tokens() == 1
    whole, part = await ask(session), await ask(session, scopes=["lake.read"])
    assert whole["version"] == part["version"]
    assert refreshes(idp) == 1


async def test_a_sign_in_in_a_kernel_puts_its_token_in_use(idp: MisbehavingProvider, fresh: Bench) -> None:
    kernels = Held(fresh)
    await fresh.broker.start()
    session = Session(kernels.operations, "k1")
    asked = await session.respond({"op": "get_token", "profile": "lake", "interactive": True})
    interaction = fresh.broker.interactions.get(asked["interaction"]["id"])
    assert interaction is not None
    await fresh.approve(interaction)
    assert "result" in await session.respond({"op": "wait", "id": interaction.id})
    await kernels.pass_time(2500)
    assert refreshes(idp) == 1


async def test_an_application_s_own_token_is_renewed(idp: MisbehavingProvider, app: AppBench) -> None:
    kernels = Held(app.bench)
    await kernels.by("k1", "acquire_token_for_client", profile="batch")
    assert posts(idp) == 1
    await kernels.pass_time(2500)
    assert posts(idp) == 2 and idp.requests[-1].form["grant_type"] == CLIENT


async def test_what_needs_the_caller_s_assertion_is_not(idp: MisbehavingProvider, app: AppBench) -> None:
    kernels = Held(app.bench)
    await kernels.by("k1", "acquire_token_on_behalf_of", profile="behalf", user_assertion=ASSERTION)
    await kernels.pass_time(5000)
    assert posts(idp, EXCHANGE) == 1


async def test_a_long_running_session_is_renewed_until_it_is_stopped(
    idp: MisbehavingProvider, app: AppBench
) -> None:
    kernels = Held(app.bench)
    fields = {"profile": "behalf", "user_assertion": ASSERTION, "session_key": "of-ada"}
    await kernels.by("k1", "initiate_long_running_on_behalf_of", **fields)
    await kernels.pass_time(2500)
    assert refreshes(idp) == 1
    kernels.kernels.busy.add("k1")
    await app.stop("of-ada")
    await kernels.pass_time(5000)
    assert refreshes(idp) == 1


async def test_the_listing_says_which_one_is_being_renewed(idp: MisbehavingProvider, bench: Bench) -> None:
    kernels = Held(bench)
    await kernels.by("k1", account="ada")
    bench.advance(1500)
    await bench.sign_in(username="grace")
    await kernels.by("k1", account="grace")

    async def told() -> dict[str, bool]:
        return {row["username"]: row["renewing"] for row in await bench.broker.entries()}

    assert await told() == {"ada": False, "grace": False}
    bench.advance(1000)
    with held(idp, "token") as gate:
        kernels.renewing.look()
        await gate.reached.wait()
        assert await told() == {"ada": True, "grace": False}
    await kernels.look()
    assert await told() == {"ada": False, "grace": False}


async def test_it_says_so_between_two_tries_too(idp: MisbehavingProvider, bench: Bench) -> None:
    kernels = Held(bench)
    await kernels.by("k1")
    idp.answers["token"] = faults.html(503)
    await kernels.pass_time(2410, 2410)
    assert refreshes(idp) == 1
    assert [row["renewing"] for row in await bench.broker.entries()] == [True]


async def test_so_many_are_known_and_no_more(fresh: Bench) -> None:
    tokens, resolved = TokensInUse(), fresh.broker.resolve(request())
    for number in range(MAX_IN_USE + 10):
        entry = tokens.at(AppKey("app", "https://idp.example", "nb", str(number)), resolved)
        tokens.renewed(entry, str(number))
        for due in (3.0, 2.0, 1.0):
            tokens.schedule(entry, due)
    assert len(tokens) == MAX_IN_USE and len(tokens._heap) <= 3 * MAX_IN_USE
    came = 0
    while tokens.pop_due(1.0) is not None:
        came += 1
    assert came == MAX_IN_USE and tokens.with_version("9") is None
