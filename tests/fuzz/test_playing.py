"""The fuzzer itself finds what it is there to find, and makes the same inputs of the same seed."""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import strategies as st

from tests.fuzz import figures
from tests.fuzz.hearing import Hearing
from tests.fuzz.playing import Attempt, Budget, Target, play
from tests.fuzz.tally import Tally
from tests.fuzz.targets import TARGETS
from tests.support.tables import committed

log = logging.getLogger(__name__)


def target(do: Callable[[Any, Hearing], None], limit: float = 5) -> Target:
    @contextmanager
    def opened(_folder: Path, hearing: Hearing) -> Iterator[Attempt]:
        yield lambda value: do(value, hearing)

    return Target(name="toy", what="", limit=limit, inputs=st.integers(), opened=opened)


def raises(_value: Any, _hearing: Hearing) -> None:
    raise ZeroDivisionError


def logs_an_error(_value: Any, _hearing: Hearing) -> None:
    log.error("a fault of ours")


def dies_elsewhere(_value: Any, _hearing: Hearing) -> None:
    thread = threading.Thread(target=lambda: 1 / 0)
    thread.start()
    thread.join()


def logs_a_secret(_value: Any, hearing: Hearing) -> None:
    log.debug("asked with %s", hearing.canaries.make("refresh_token"))


def answers_a_secret(_value: Any, hearing: Hearing) -> None:
    hearing.search("an answer", hearing.canaries.make("client_secret")[:8].encode().hex())


@pytest.mark.parametrize(
    ("do", "kind"),
    [
        (raises, "crashes"),
        (logs_an_error, "crashes"),
        (dies_elsewhere, "crashes"),
        (logs_a_secret, "leaks"),
        (answers_a_secret, "leaks"),
    ],
)
def test_what_is_found_is_counted(do: Callable[[Any, Hearing], None], kind: str) -> None:
    tally = play(target(do), Budget(inputs=3), 1)
    assert (tally.inputs, getattr(tally, kind)) == (3, 3) and not tally.is_clean
    assert tally.crashes + tally.hangs + tally.leaks == 3 and "input" in tally.found[0]


def test_what_does_not_come_back_ends_it() -> None:
    tally = play(target(lambda _value, _hearing: time.sleep(1), limit=0.2), Budget(inputs=3), 1)
    assert (tally.inputs, tally.hangs) == (1, 1) and "time.sleep(1)" in tally.found[0]


def test_the_same_seed_makes_the_same_inputs() -> None:
    def inputs(seed: int) -> list[int]:
        seen: list[int] = []
        found = play(target(lambda value, _hearing: seen.append(value)), Budget(inputs=250), seed)
        assert found.is_clean and len(seen) == found.inputs == 250
        return seen

    assert inputs(1) == inputs(1) != inputs(2)


def test_a_run_without_an_input_is_not_clean() -> None:
    assert not Tally(target="toy", seed=1).is_clean


def test_the_page_shows_what_was_written_down() -> None:
    found = figures.committed()
    assert committed(figures.MARK, figures.PAGE) == figures.table(found)
    assert {one["target"] for one in found} == set(TARGETS)
    assert all(one["inputs"] and not one["crashes"] + one["hangs"] + one["leaks"] for one in found)
