"""The links of what GitHub shows lead somewhere; Sphinx looks after those of docs/ itself."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from markdown_it import MarkdownIt

from tests.docs.marks import ROOT


def targets(page: Path) -> Iterator[str]:
    """Where its links and pictures lead."""
    for token in MarkdownIt("commonmark").enable("table").parse(page.read_text(encoding="utf-8")):
        for child in token.children or ():
            for name in ("href", "src"):
                if (target := child.attrGet(name)) is not None:
                    yield str(target)


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md", "CHANGELOG.md"])
def test_links_to_files_lead_to_files(name: str) -> None:
    page = ROOT / name
    found = [urlsplit(target) for target in targets(page)]
    assert [part.path for part in found if not part.scheme and not (ROOT / part.path).exists()] == []


def test_the_landing_pages_picture_is_there_in_both_themes_and_small() -> None:
    for theme in ("light", "dark"):
        picture = ROOT / "docs" / "images" / f"steps-{theme}.png"
        assert f"docs/images/{picture.name}" in (ROOT / "README.md").read_text(encoding="utf-8")
        assert picture.stat().st_size < 150_000
