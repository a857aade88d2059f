"""docs/reference/promises.md lists S1 to S49 as they are: an attack each, the core ones in two builds."""

import ast
import re
from pathlib import Path

import pytest

from tests.security.promises import ALL, CORE, WITHOUT, files

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "promises.md"


def attacks_on(promise: str) -> list[str]:
    """The names of its tests."""
    return [
        node.name
        for path in files(promise)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_")
    ]


@pytest.mark.parametrize("promise", ALL)
def test_each_promise_has_its_attack(promise: str) -> None:
    assert files(promise), "it has no file"
    assert attacks_on(promise), "its file attacks nothing"


@pytest.mark.parametrize("promise", CORE)
def test_the_core_ones_are_seen_to_fail(promise: str) -> None:
    assert any(name.startswith(WITHOUT) for name in attacks_on(promise))
    assert (Path(__file__).parent / "off" / f"{promise}.py").exists()


def test_the_page_lists_them() -> None:
    lines = re.findall(r"^\| S(\d+) \| .+ \| (yes )?\|$", PAGE.read_text(encoding="utf-8"), re.M)
    listed = {f"s{int(number):02}": bool(is_core) for number, is_core in lines}
    assert listed == {promise: promise in CORE for promise in ALL}
