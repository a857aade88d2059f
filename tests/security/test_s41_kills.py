"""S41: ``kill -9`` of whoever refreshes at a random moment; whoever is left goes on. A few of the rounds that
``tests.soak.kill_rounds`` plays by the hundred."""

from tests.soak.kill_rounds import play


def test_whoever_is_left_goes_on_after_a_kill() -> None:
    tally = play(8, seed=3)
    assert tally.wrong == [] and tally.rounds == 8, str(tally)
