"""Every code block of the documentation is run, page by page, or says why not."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.docs.collecting import blocks, pages
from tests.docs.marks import ROOT
from tests.docs.running import run_page
from tests.docs.stage import Stage, stage

WITH_BLOCKS = [page for page in pages() if blocks(page)]


@pytest.fixture(scope="module")
def set_up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with stage(tmp_path_factory.mktemp("stage")) as made:
        yield made


@pytest.mark.parametrize("page", WITH_BLOCKS, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_a_pages_blocks(set_up: Stage, page: Path) -> None:
    wrong = [outcome.problem for outcome in run_page(set_up, page) if outcome.problem]
    assert not wrong, "\n\n".join(wrong)
