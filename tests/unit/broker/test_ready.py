"""Answers that are sent again as they are: the same that would be made anew, and none once anything moved."""

import json
import time
from collections.abc import Callable
from typing import Any
from unittest.mock import Mock

import pytest

from jupyter_auth.broker.forgetting import forget_memory
from jupyter_auth.broker.operations import Operations, Session
from jupyter_auth.broker.request import TokenRequest
from jupyter_auth.broker.tokens.ready import LOOK_AT_FILES, MAX_ANSWERS, Answer
from jupyter_auth.core import frames
from tests.idp import MisbehavingProvider
from tests.unit.broker.bench import Bench
from tests.unit.broker.test_usage import Kernels

ASKED: dict[str, Any] = {"op": "get_token", "profile": "lake"}


class MortalKernels(Kernels):
    """All live but those named."""

    def __init__(self) -> None:
        self.dead: set[str] = set()

    def lives(self, kernel_id: str) -> bool:
        return kernel_id not in self.dead


class Desk:
    """Two kernels of one broker, and how they ask."""

    def __init__(self, bench: Bench) -> None:
        async def status() -> dict[str, Any]:
            return {}

        self.kernels = MortalKernels()
        self.operations = Operations(bench.broker, self.kernels, status)
        self.session, self.other = (Session(self.operations, name) for name in ("k1", "k2"))

    def ask(self, message: dict[str, Any], session: Session | None = None) -> tuple[bool, dict[str, Any]]:
        """What the socket does: whether the answer was ready, and the answer."""
        session, body = session or self.session, json.dumps(message).encode()
        if (ready := session.ready(body)) is not None:
            return True, frames.decode(ready[frames.HEADER :])
        answer = session.at_once(message, body)
        return False, answer or {}

    def warm(self) -> dict[str, Any]:
        """Have an answer ready; the first hand-out to a kernel is a change by itself."""
        for _ in range(3):
            is_ready, answer = self.ask(ASKED)
        assert is_ready
        return answer


@pytest.fixture
async def desk(bench: Bench) -> Desk:
    await bench.get()
    return Desk(bench)


def test_it_is_the_answer_that_would_be_made(desk: Desk) -> None:
    anew = desk.session.at_once(ASKED)
    assert desk.warm() == json.loads(json.dumps(anew))


def test_it_counts_as_a_hit_in_memory(desk: Desk, bench: Bench) -> None:
    desk.warm()
    before = bench.broker.statistics.memory_hits
    assert desk.ask(ASKED)[0]
    assert bench.broker.statistics.memory_hits == before + 1


def test_it_is_kept_no_longer_than_memory_answers_without_the_store(desk: Desk, bench: Bench) -> None:
    desk.warm()
    bench.advance(290)
    assert desk.ask(ASKED)[0]
    bench.advance(20)
    assert not desk.ask(ASKED)[0]


def test_it_is_for_one_kernel_and_for_one_wording(desk: Desk) -> None:
    desk.warm()
    assert not desk.ask(ASKED, desk.other)[0]
    assert not desk.ask({**ASKED, "scopes": ["lake.read"]})[0]
    assert not desk.ask({**ASKED, "force_refresh": True})[0]
    assert desk.ask({**ASKED, "force_refresh": True}) == (False, {})  # never from memory


def test_use_counts_and_keeps_a_token_in_use(desk: Desk, bench: Bench) -> None:
    version = desk.warm()["result"]["version"]
    bench.advance(7)
    assert desk.ask(ASKED)[0]
    use = desk.operations.usage.of("k1").to_wire()
    assert use["profiles"][0]["count"] == 4
    assert bench.broker.silent is not None
    assert abs(bench.broker.silent.last_used[version] - bench.clock.now()) < 2


def _clear(bench: Bench) -> None:
    assert bench.broker.cache is not None
    bench.broker.cache.store.generation.bump()  # as another process would


def _change_the_profile(bench: Bench) -> None:
    bench.toml.write_text(bench.toml.read_text().replace("lake.read", "lake.write"))
    time.sleep(LOOK_AT_FILES)


def _grow_old(bench: Bench) -> None:
    bench.advance(3600 - 1200)


def _step_back(bench: Bench) -> None:
    bench.advance(-3602)


@pytest.mark.parametrize("move", [_clear, _change_the_profile, _grow_old, _step_back])
def test_none_is_ready_once_something_moved(desk: Desk, bench: Bench, move: Callable[[Bench], None]) -> None:
    desk.warm()
    move(bench)
    assert desk.session.ready(json.dumps(ASKED).encode()) is None


def test_a_clock_set_back_makes_no_answer_last_longer(desk: Desk, bench: Bench) -> None:
    desk.warm()
    bench.advance(3600)
    bench.set_clock(-3600)
    assert desk.session.ready(json.dumps(ASKED).encode()) is None


async def test_a_refresh_brings_the_new_token(desk: Desk, bench: Bench) -> None:
    before = desk.warm()["result"]["version"]
    newer = await bench.refresh()
    is_ready, answer = desk.ask(ASKED)
    assert not is_ready and answer["result"]["version"] == newer._token.version != before


async def test_nothing_is_left_after_a_clear(desk: Desk, bench: Bench) -> None:
    desk.warm()
    await bench.broker.clear()
    assert not desk.operations.ready._answers
    assert desk.ask(ASKED) == (False, {})


def test_a_kernel_that_has_gone_gets_none(desk: Desk) -> None:
    desk.warm()
    desk.kernels.dead.add("k1")
    assert desk.session.ready(json.dumps(ASKED).encode()) is None


async def test_what_was_true_before_a_change_is_not_kept(desk: Desk, bench: Bench) -> None:
    desk.warm()
    ready, body = desk.operations.ready, b"asked while a clear came"
    state = ready.state()
    found = bench.broker.peek(TokenRequest(profile="lake"))
    _clear(bench)
    assert found is not None
    asked = TokenRequest(profile="lake")
    ready.keep("k1", body, Answer(frame=b"frame", asked=asked, result=found), state)
    assert ready.find("k1", body) is None


def test_so_many_are_kept_and_no_more(desk: Desk) -> None:
    desk.warm()
    for number in range(MAX_ANSWERS + 5):
        desk.ask({**ASKED, "timeout": number})
    assert len(desk.operations.ready._answers) == MAX_ANSWERS


async def test_before_the_store_is_open_there_is_nothing(idp: MisbehavingProvider, fresh: Bench) -> None:
    desk = Desk(fresh)
    assert desk.operations.ready.state() is None
    assert desk.ask(ASKED) == (False, {})


@pytest.mark.parametrize("told", [True, False])
async def test_nothing_is_left_after_a_logout(
    desk: Desk, bench: Bench, monkeypatch: pytest.MonkeyPatch, told: bool
) -> None:
    """Nor where kernels could not be told; what the store holds serves on."""
    version, cache = desk.warm()["result"]["version"], bench.broker.cache
    assert cache is not None and len(cache.memory) > 0
    if told:
        await forget_memory(desk.operations)
    else:
        broken = Mock(side_effect=OSError("the disk has gone"))
        monkeypatch.setattr(type(cache.store.generation), "bump", broken)
        with pytest.raises(OSError, match="the disk has gone"):
            await forget_memory(desk.operations)
    assert not desk.operations.ready._answers and len(cache.memory) == cache.memory.size == 0
    assert (await bench.get())._token.version == version
