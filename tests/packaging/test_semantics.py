"""The page that compares us with MSAL names tests that there are."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parents[1]
PAGE = TESTS.parent / "docs" / "reference" / "semantics.md"
HEADS = ("Topic", "What happens", "---")
#: Section: how many rows it has. A row that goes has to go from here too.
SECTIONS = {"As in MSAL": 22, "Better than in MSAL": 12, "What a provider may do to you": 24}


def rows_of(page: Path) -> list[tuple[str, str, str]]:
    """(section, topic, tests) of each row of a page."""
    found = []
    for part in page.read_text(encoding="utf-8").split("\n## ")[1:]:
        section, _, text = part.partition("\n")
        cells = [line.strip("| ").split(" | ") for line in text.splitlines() if line.startswith("| ")]
        found += [(section, row[0], row[2]) for row in cells if row[0] not in HEADS]
    return found


@cache
def functions_of(path: str) -> frozenset[str]:
    """The functions in a file of tests, those of its classes too."""
    tree = ast.parse((TESTS / path).read_text(encoding="utf-8"))
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    return frozenset(node.name for node in ast.walk(tree) if isinstance(node, kinds))


def test_every_section_has_all_its_rows() -> None:
    sections = [section for section, _, _ in rows_of(PAGE)]
    assert {section: sections.count(section) for section in sections} == SECTIONS
    topics = [(section, topic) for section, topic, _ in rows_of(PAGE)]
    assert len(set(topics)) == len(topics)


@pytest.mark.parametrize(
    ("topic", "tests"), [row[1:] for row in rows_of(PAGE)], ids=[row[1] for row in rows_of(PAGE)]
)
def test_each_row_names_tests_that_there_are(topic: str, tests: str) -> None:
    named = re.findall(r"`([^`]*)`", tests)
    assert named, topic
    for name in named:
        path, _, function = name.partition("::")
        assert function.startswith("test_") and function in functions_of(path), name
