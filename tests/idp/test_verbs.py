"""The documentation tells what each verb does at each provider, as it is, and leaves no cell out."""

from .verbs import VERBS, committed, table


def test_the_page_shows_every_verb_at_every_provider() -> None:
    made = table()
    assert committed() == made, (
        "python -m tests.idp.verbs --write brings docs/reference/providers.md up to date"
    )
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in made.splitlines()]
    assert len(rows) == len(VERBS) + 2
    assert all(len(row) == 4 and all(row) for row in rows)
