"""Every flow, in every case, at every provider: each cell of the reference's table, as it is."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.tables import committed
from tests.unit.broker.conftest import MakeBench
from tests.unit.broker.flow_matrix import FLOWS, MARK, ROWS, outcome, sites
from tests.unit.broker.flow_sites import Site

PROVIDERS = ("oidc-provider", "django-oauth-toolkit", "entra")


@pytest.fixture(scope="module")
def there() -> Iterator[list[Site]]:
    with sites() as running:
        yield running


def shown() -> list[list[str]]:
    """The cells that the page shows, its head included."""
    lines = committed(MARK).splitlines()
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines if line != ""]


@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize("row", ROWS, ids="-".join)
async def test_what_comes_of_it_is_what_the_page_says(
    there: list[Site], tmp_path: Path, make_bench: MakeBench, row: tuple[str, str], provider: str
) -> None:
    column = PROVIDERS.index(provider)
    flow, case = row
    said = await outcome(there[column], flow, case, tmp_path, make_bench)
    (told,) = [cells for cells in shown() if cells[:2] == [FLOWS[flow], case]]
    assert told[2 + column] == said, "run: python -m tests.unit.broker.flow_matrix --write"


def test_the_page_leaves_no_cell_out(there: list[Site]) -> None:
    head, _, *rows = shown()
    assert head == ["Flow", "Case", *(site.label for site in there)]
    assert [tuple(cells[:2]) for cells in rows] == [(FLOWS[flow], case) for flow, case in ROWS]
    assert all(len(cells) == 5 and all(cells) for cells in rows)
