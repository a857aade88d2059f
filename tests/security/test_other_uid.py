"""Another user of the machine gets nothing of a careless one, as the page says: see ``other_uid``."""

import os

import pytest

from tests.security.other_uid import HEARD, TOLD
from tests.security.users import NEEDS_ROOT, on_page, told_by


@pytest.mark.skipif(os.geteuid() != 0, reason=NEEDS_ROOT)
@pytest.mark.timeout(400)
def test_another_user_gets_nothing_and_the_page_says_so() -> None:
    rows = told_by("tests.security.other_uid")
    assert [row for row in rows if row[1] == "got"] == []
    assert [row[0] for row in rows if row[1] == HEARD] == ["listen to a kernel's ZMQ ports"]
    assert [row[0] for row in rows if row[1] == TOLD] == ["leave things for Jupyter to run in HOME"]
    assert rows == on_page("Another user of the machine")
