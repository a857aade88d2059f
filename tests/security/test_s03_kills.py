"""S3: no write is ever half there: after ``kill -9`` it opens, and nothing acknowledged is gone.

500 of them: ``python -m tests.security.killing 500``. A whole broker that refreshes, killed by the thousand:
``python -m tests.soak.kills sqlite --times 1000``, of which ``tests/integration/test_kills.py`` plays a few.
"""

from pathlib import Path

from tests.security.killing import WRITER, play

ROUNDS = 50


def test_nothing_acknowledged_is_lost_and_nothing_is_half_there(quick_path: Path) -> None:
    toll = play(quick_path, ROUNDS, 41)
    assert (toll.kills, toll.lost, toll.half, toll.notes) == (ROUNDS, [], [], [])
    assert toll.told > ROUNDS


def test_without_the_defence_what_was_acknowledged_is_gone(quick_path: Path) -> None:
    toll = play(quick_path, 10, 41, writer=("-m", "tests.security.off", "s03", "--", *WRITER))
    assert toll.told > 10 and toll.lost, toll
