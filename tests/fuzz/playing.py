"""Makes inputs by hypothesis, gives each to a target, and tallies what came of them."""

import sys
import threading
import time
import traceback
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, SimpleQueue
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import seed as seeded
from hypothesis.strategies import SearchStrategy

from tests.fuzz.hearing import Hearing
from tests.fuzz.tally import CrashError, HangError, LeakError, Tally
from tests.security.canaries import Canaries

BATCH = 200  # inputs of one run of hypothesis, each of another seed
ATTEMPTS = 3  # finds of one kind that end the playing: the product is broken then, and time is better spent

#: Where a sync costs nothing, if there is such a place.
MEMORY = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108 -- the folder made in it is private

Attempt = Callable[[Any], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What inputs are tried on.

    ``opened`` gives what tries one: it raises ``CrashError``, ``HangError`` or ``LeakError``; anything else
    that it raises is a crash, too. ``limit``: seconds that one input may take, on a machine with other work.
    ``what`` says in the documentation what is tried.
    """

    name: str
    what: str
    limit: float
    inputs: SearchStrategy[Any]
    opened: Callable[[Path, Hearing], AbstractContextManager[Attempt]]

    def play(self, budget: "Budget", seed: int) -> Tally:
        """Try inputs until the budget is spent; the same seed makes the same inputs."""
        return play(self, budget, seed)


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """How long to go on: a number of inputs, or of seconds."""

    inputs: int | None = None
    seconds: float | None = None

    def is_spent(self, tally: Tally, began: float) -> bool:
        """Whether it is time to stop; a hang leaves nothing to go on with."""
        if tally.hangs or tally.crashes >= ATTEMPTS * 10 or tally.leaks >= ATTEMPTS * 10:
            return True
        if self.inputs is not None and tally.inputs >= self.inputs:
            return True
        return self.seconds is not None and time.monotonic() - began >= self.seconds


class _Worker:
    """A thread that tries inputs, so that one which hangs is noticed; it ends with the process."""

    def __init__(self, attempt: Attempt) -> None:
        self._attempt = attempt
        self._given: SimpleQueue[Any] = SimpleQueue()
        self._come: SimpleQueue[BaseException | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="fuzz", daemon=True)
        self._thread.start()

    def try_(self, value: object, limit: float) -> BaseException | None:
        """What it raised; a ``HangError`` with the place where it is where it does not come back."""
        self._given.put((value,))
        try:
            return self._come.get(timeout=limit)
        except Empty:
            frame = sys._current_frames().get(self._thread.ident or 0)
            return HangError("".join(traceback.format_stack(frame)[-6:]))

    def end(self) -> None:
        """No more inputs."""
        self._given.put(None)
        self._thread.join(5)

    def _run(self) -> None:
        while (given_ := self._given.get()) is not None:
            try:
                self._attempt(given_[0])
            except Exception as problem:  # noqa: BLE001 -- whatever it is, it is what this is here to find
                self._come.put(problem)
            else:
                self._come.put(None)


def play(target: Target, budget: Budget, seed: int) -> Tally:
    """Try inputs until the budget is spent; the same seed makes the same inputs."""
    tally, began = Tally(target=target.name, seed=seed), time.monotonic()
    hearing = Hearing(Canaries())
    with (
        TemporaryDirectory(prefix="jf-", dir=MEMORY, ignore_cleanup_errors=True) as folder,
        hearing.everywhere(),
        target.opened(Path(folder), hearing) as attempt,
    ):
        run = _Run(target, budget, tally, _Worker(attempt), hearing, began)
        turn = 0
        while not budget.is_spent(tally, began):
            run.batch(f"{target.name} {seed} {turn}")
            turn += 1
        run.worker.end()
    tally.seconds = time.monotonic() - began
    return tally


@dataclass(frozen=True, slots=True)
class _Run:
    """One target's inputs, and who tries them."""

    target: Target
    budget: Budget
    tally: Tally
    worker: _Worker
    hearing: Hearing
    began: float

    def batch(self, seed: str) -> None:
        """Have hypothesis make some inputs."""
        left = BATCH if self.budget.inputs is None else min(BATCH, self.budget.inputs - self.tally.inputs)

        @seeded(seed)
        @settings(
            max_examples=max(1, left),
            database=None,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(self.target.inputs)
        def made(value: object) -> None:
            if not self.budget.is_spent(self.tally, self.began):
                self._try(value)

        made()

    def _try(self, value: object) -> None:
        started = time.monotonic()
        problem = self.worker.try_(value, self.target.limit)
        took = time.monotonic() - started
        self.tally.inputs += 1
        self.tally.slowest = max(self.tally.slowest, took)
        for found in (problem, _heard(self.hearing)):
            if found is not None:
                self.tally.note(_with_place(found), value)


def _heard(hearing: Hearing) -> AssertionError | None:
    try:
        hearing.judge()
    except AssertionError as problem:
        return problem
    return None


def _with_place(problem: BaseException) -> BaseException:
    """With where it was raised, where that says more than the judge's own words."""
    if isinstance(problem, CrashError | HangError | LeakError):
        return problem
    return CrashError("".join(traceback.format_exception(problem))[-800:])
