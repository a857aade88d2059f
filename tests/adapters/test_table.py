"""The documentation's table of clients says what tests show, cell by cell."""

from tests.adapters.cells import ASPECTS, CLIENTS
from tests.adapters.table import MARK, PAGE, table
from tests.support.tables import committed


def test_the_page_has_a_cell_for_each_client_and_aspect() -> None:
    made = table()
    assert committed(MARK, PAGE) == made, (
        "python -m tests.adapters.table --write brings docs/reference/clients.md up to date"
    )
    assert made.count("\n") == len(CLIENTS) + 2 and made.splitlines()[0].count("|") == len(ASPECTS) + 2
