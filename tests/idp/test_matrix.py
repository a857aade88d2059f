"""The documentation tells what each provider answers, as it is."""

from tests.support.tables import committed

from .matrix import FLOWS, MARK, table


def test_the_page_shows_every_flow_as_it_is() -> None:
    made = table()
    assert committed(MARK) == made, (
        "python -m tests.idp.matrix --write brings docs/reference/providers.md up to date"
    )
    assert made.count("\n") == len(FLOWS) + 2
