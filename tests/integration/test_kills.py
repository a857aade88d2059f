"""A few of the rounds that ``python -m tests.soak.kills`` plays by the thousand."""

import pytest

from tests.soak.kills import play


@pytest.mark.timeout(300)  # a machine with much else to do
@pytest.mark.parametrize("store", ["sqlite", "redis"])
def test_a_kill_loses_nothing_that_was_acknowledged(store: str) -> None:
    tally = play(store, 40, seed=11)
    assert tally.is_good and tally.rounds == 40, f"{tally}\n{tally.wrong}"
    assert tally.accounts == 160 and tally.refreshes > 0 and tally.saved > 0, str(tally)
