"""Tables that a page of the documentation shows between two marks, made by programs and held by tests."""

import sys
from collections.abc import Sequence
from pathlib import Path

PAGE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "providers.md"


def markdown(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """The table as Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _marks(mark: str) -> tuple[str, str]:
    return f"<!-- {mark} -->\n", f"<!-- end of {mark} -->\n"


def committed(mark: str, page: Path = PAGE) -> str:
    """The table that the page shows."""
    begin, end = _marks(mark)
    return page.read_text(encoding="utf-8").partition(begin)[2].partition(end)[0].strip() + "\n"


def write(mark: str, table: str, page: Path = PAGE) -> None:
    """Put a table into the page."""
    begin, end = _marks(mark)
    before, found, rest = page.read_text(encoding="utf-8").partition(begin)
    if not found:
        raise RuntimeError(f"{page.name} has no mark {mark!r}")
    page.write_text(f"{before}{begin}\n{table}\n{end}{rest.partition(end)[2]}", encoding="utf-8")


def print_or_write(mark: str, table: str, page: Path = PAGE) -> None:
    """What a program that makes a table does at its end: ``--write`` puts it into the page."""
    if "--write" in sys.argv[1:]:
        write(mark, table, page)
    else:
        sys.stdout.write(table)
