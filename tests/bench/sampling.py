"""Samples of several things taken by turns, so that what else the machine does meanwhile meets them all."""

import statistics
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

T = TypeVar("T")


def by_turns(work: Mapping[str, Callable[[], T]], rounds: int, *, warm_up: int = 1) -> dict[str, list[T]]:
    """What each gives in ``rounds`` rounds, in which each has its turn; ``warm_up`` rounds before are not
    counted."""
    found: dict[str, list[T]] = {name: [] for name in work}
    for turn in range(warm_up + rounds):
        for name, do in work.items():
            sample = do()
            if turn >= warm_up:
                found[name].append(sample)
    return found


def median(samples: Sequence[float]) -> float:
    return statistics.median(samples)


def spread(samples: Sequence[float]) -> tuple[float, float]:
    """The least and the most."""
    return min(samples), max(samples)


def percentile(samples: Sequence[float], hundredths: int) -> float:
    """The sample that ``hundredths`` of a hundred do not exceed."""
    return statistics.quantiles(samples, n=100, method="inclusive")[hundredths - 1]
