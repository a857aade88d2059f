"""Asynchronous clients do not block the event loop that they run on; the others do not touch it."""

import pytest

from tests.adapters.cells import cell
from tests.adapters.desk import Desk
from tests.adapters.drivers import DRIVERS, AsyncDriver
from tests.support.resource import Resource

ASYNC = tuple(name for name, kind in DRIVERS.items() if issubclass(kind, AsyncDriver))
SYNC = tuple(name for name in DRIVERS if name not in ASYNC)
#: On a loop of its own: how often a second task had its turn while the first waited for a token.
TICKS = """
import asyncio
async def both(work):
    sending, ticks = asyncio.ensure_future(work), 0
    while not sending.done():
        await asyncio.sleep(0.01)
        ticks += 1
    return [await sending, ticks]
told = elsewhere(both(d.asend({url!r})))
"""
#: What a synchronous client, called on a running loop, asks of that loop.
WATCHED = """
import asyncio
class Watched(asyncio.SelectorEventLoop):
    asked = []
    def call_soon(self, *args, **more):
        self.asked.append("call_soon"); return super().call_soon(*args, **more)
    def call_soon_threadsafe(self, *args, **more):
        self.asked.append("call_soon_threadsafe"); return super().call_soon_threadsafe(*args, **more)
    def call_at(self, *args, **more):
        self.asked.append("call_at"); return super().call_at(*args, **more)
    def _add_reader(self, *args, **more):
        self.asked.append("_add_reader"); return super()._add_reader(*args, **more)
async def work():
    Watched.asked.clear()
    statuses = [d.send({url!r}), d.send({url!r})]
    return [*statuses, list(Watched.asked), len(asyncio.all_tasks())]
def run():
    loop = Watched()
    try: return loop.run_until_complete(work())
    finally: loop.close()
from concurrent.futures import ThreadPoolExecutor
with ThreadPoolExecutor(1) as one: told = one.submit(run).result()
"""
HELD = 1.0  # seconds that the provider takes for a refresh


@cell("async", *ASYNC, says="the event loop goes on")
@pytest.mark.parametrize("what", ["'lake'", "ja.worker_handle('lake')"], ids=["profile", "handle"])
def test_the_loop_goes_on_while_a_token_is_awaited(desk: Desk, api: Resource, client: str, what: str) -> None:
    desk.run(f"d = driver({client!r}, {what})")
    api.challenge, api.refusals = 'Bearer error="insufficient_claims", claims="e30="', 1
    desk.provider.set(hold_ms=HELD * 1000)
    status, ticks = desk.run(TICKS.format(url=api.url), "told")
    assert status == 200 and desk.refreshes == 1
    assert ticks >= 10, "the loop stood still"


@pytest.mark.parametrize("client", ASYNC)
def test_they_are_awaited_in_a_cell(desk: Desk, api: Resource, client: str) -> None:
    """On the loop that the kernel itself runs on."""
    desk.run(f"d = driver({client!r})")
    assert desk.run(f"told = await d.asend({api.url!r})", "told") == 200
    assert api.tokens == [desk.token]


@cell("async", *SYNC, says="leaves a running event loop alone")
def test_a_running_loop_is_left_alone(desk: Desk, api: Resource, client: str) -> None:
    desk.run(f"d = driver({client!r})")
    api.challenge, api.refusals = 'Bearer error="insufficient_claims", claims="e30="', 1
    *statuses, asked, tasks = desk.run(WATCHED.format(url=api.url), "told")
    assert statuses == [200, 200] and desk.refreshes == 1
    assert asked == [] and tasks == 1
