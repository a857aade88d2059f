"""Waiting for the next change: told once it comes, from any thread, and not by who only leaves."""

import asyncio
import time

from jupyter_auth.broker.changes import CacheChanged, Changes, Counter, KernelChanged

CLEARED = CacheChanged(action="cleared")


async def test_whoever_knows_an_older_number_is_answered_at_once() -> None:
    changes = Changes()
    counter = Counter(changes, 7)
    assert await counter.wait(None, 60) == 7
    changes.tell(CLEARED)
    assert await counter.wait(7, 60) == 8


async def test_a_change_in_a_thread_wakes_all_who_wait() -> None:
    changes = Changes()
    counter = Counter(changes, 0)
    waiting = [asyncio.ensure_future(counter.wait(0, 60)) for _ in range(3)]
    await asyncio.sleep(0)
    await asyncio.to_thread(changes.tell, CLEARED)
    assert await asyncio.wait_for(asyncio.gather(*waiting), 50) == [1, 1, 1]


async def test_without_a_change_the_time_ends_it() -> None:
    changes = Changes()
    counter = Counter(changes, 3)
    started = time.monotonic()
    waiting = asyncio.ensure_future(counter.wait(3, 0.2))
    await asyncio.sleep(0)
    changes.tell(KernelChanged(kernel_id="k", action="disconnected"))
    assert await waiting == 3
    assert time.monotonic() - started >= 0.15


async def test_who_stops_waiting_leaves_nothing_behind() -> None:
    changes = Changes()
    counter = Counter(changes, 0)
    waiting = asyncio.ensure_future(counter.wait(0, 60))
    await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    assert not counter._waiting
    changes.tell(CLEARED)
    assert await counter.wait(0, 60) == 1
