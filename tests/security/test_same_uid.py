"""What another process of one's own user gets is what the page says, row by row: see ``same_uid``."""

from pathlib import Path

import pytest

from tests.security.users import on_page, told_by

YAMA = Path("/proc/sys/kernel/yama/ptrace_scope")


@pytest.mark.timeout(400)
def test_the_page_says_what_the_script_got() -> None:
    told, said = told_by("tests.security.same_uid"), on_page("Another process of your own user")
    if YAMA.exists() and YAMA.read_text().strip() != "0":  # the one row that hangs on the system
        told, said = ([row for row in rows if row[0] != "trace a kernel (ptrace)"] for rows in (told, said))
    assert told == said
    assert [row[0] for row in said if row[1] == "got" and "refresh tokens" in row[2]] == [
        "the store with its key file"
    ]
