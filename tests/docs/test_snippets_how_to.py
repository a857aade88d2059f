"""As ``test_snippets.py``, for the how-to pages: in a file of its own, to be run beside the others."""

from pathlib import Path

import pytest

from tests.docs.collecting import HOW_TO, pages
from tests.docs.marks import ROOT
from tests.docs.running import failed
from tests.docs.stage import Stage

pytestmark = pytest.mark.timeout(600)


@pytest.mark.parametrize(
    "page",
    [page for page in pages() if page.parent == HOW_TO],
    ids=lambda page: page.relative_to(ROOT).as_posix(),
)
def test_a_pages_blocks(set_up: Stage, page: Path) -> None:
    wrong = failed(set_up, page)
    assert not wrong, "\n\n".join(wrong)
