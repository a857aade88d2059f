"""A little of every target in each run of the suite: inputs of a fixed seed, and of a new one each time.

The new seed is printed where something is found; ``python -m tests.fuzz <target> --seed <it>`` finds it
again.
"""

import random

import pytest

from tests.fuzz.playing import Budget
from tests.fuzz.targets import OWN

FIXED = 20_240
INPUTS = {
    "frames": 40,
    "agent": 20,
    "oidc": 50,
    "entra": 30,
    "machine": 30,
    "sqlite": 20,
    "redis": 15,
    "files": 3,
}
USUAL = 100  # of targets that ask nobody


@pytest.mark.parametrize("seed", [FIXED, None], ids=["the same inputs", "new inputs"])
@pytest.mark.parametrize("name", OWN)
def test_nothing_crashes_hangs_or_leaks(name: str, seed: int | None) -> None:
    chosen = random.randrange(10**6) if seed is None else seed
    print(f"seed {chosen}")  # pytest shows it where the test fails
    tally = OWN[name].play(Budget(inputs=INPUTS.get(name, USUAL)), chosen)
    assert tally.is_clean, "\n".join([f"seed {chosen}", *tally.found])
