"""The page on what can happen to a store names tests that there are."""

import re

import pytest

from tests.packaging.test_semantics import TESTS, functions_of, rows_of

PAGE = TESTS.parent / "docs" / "reference" / "damage.md"
#: Section: how many rows it has. A row that goes has to go from here too.
SECTIONS = {
    "The file": 10,
    "Whose it is, and the key": 8,
    "A copy that was put back": 6,
    "The disk": 4,
    "Redis": 12,
}


def test_every_section_has_all_its_rows() -> None:
    sections = [section for section, _, _ in rows_of(PAGE)]
    assert {section: sections.count(section) for section in sections} == SECTIONS


@pytest.mark.parametrize(
    ("what", "tests"), [row[1:] for row in rows_of(PAGE)], ids=[row[1] for row in rows_of(PAGE)]
)
def test_each_row_names_tests_that_there_are(what: str, tests: str) -> None:
    named = re.findall(r"`([^`]*)`", tests)
    assert named, what
    for name in named:
        path, _, function = name.partition("::")
        assert function.startswith("test_") and function in functions_of(path), name
