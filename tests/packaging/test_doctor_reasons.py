"""The page on what the doctor finds has every reason there is, and each is used and tested."""

import re

import pytest

from jupyter_auth.cli.doctor.finding import Reason
from tests.packaging.test_semantics import TESTS

ROOT = TESTS.parent
PAGE = ROOT / "docs" / "how-to" / "find-out-what-is-wrong.md"
DOCTOR = ROOT / "jupyter_auth" / "cli" / "doctor"
REASONS = [reason for reason in Reason if reason is not Reason.OK]
#: What an engine raises by the same word, without the doctor naming it.
OF_ENGINES = {Reason.NO_TOKEN_ENDPOINT, Reason.UNSAFE_ENDPOINT}


def rows() -> list[list[str]]:
    """The cells of every row whose first is a reason."""
    lines = [line for line in PAGE.read_text("utf-8").splitlines() if re.match(r"\| `[a-z_]+` \|", line)]
    return [line.strip("| ").split(" | ") for line in lines]


def test_the_page_has_each_reason_once_and_no_other() -> None:
    named = [cells[0].strip("`") for cells in rows()]
    assert sorted(named) == sorted(map(str, REASONS))
    assert all(len(cells) == 3 and all(cells) for cells in rows())


@pytest.mark.parametrize("reason", REASONS)
def test_each_is_given_by_the_doctor_and_shown_by_a_test(reason: Reason) -> None:
    code = "".join(path.read_text("utf-8") for path in DOCTOR.rglob("*.py") if path.name != "finding.py")
    assert f"Reason.{reason.name}" in code or reason in OF_ENGINES
    shown = "".join(
        path.read_text("utf-8")
        for path in [*TESTS.glob("doctor/*.py"), *TESTS.glob("unit/cli/test_doctor*.py")]
    )
    assert f'"{reason}"' in shown or f"Reason.{reason.name}" in shown
