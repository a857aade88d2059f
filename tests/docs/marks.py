"""What a comment before a code block says to those who run it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]

#: Why a block need not be run. It is checked all the same, as far as that goes without running it.
REASONS = {
    "installs": "it installs software, which the tests of the wheel and `tests.docs.stranger` do",
    "demo": "it opens the demo, which tests/demo runs with --check",
    "long": "it takes minutes or more; the suite plays a little of each",
    "account": "it needs an account at a provider that cannot be run here",
    "machine": "it changes or needs a machine that is not there: root, /etc, other hosts, a cluster",
    "plugin": "it needs a plug-in of the reader's own",
    "foreign": "another program reads it, and it is checked for its form only",
}

WRITING = f"""\
A block is run unless a comment right before it says otherwise:

    <!-- snippet: MARK, MARK … -->

    not run: REASON       checked for its form only; REASON is one of {", ".join(REASONS)}
    run by: tests/FILE::TEST
                          that test runs the same (of several: TEST+TEST), and what the block says is in it
    raises NAME           its last statement raises NAME
    exits N               the shell ends with N
    as NAME               who signs in where it asks (ada by itself; grace is another)
    keys of PROFILE       TOML: keys for that table, no whole file; what a line `# or` parts is tried by turns
    new kernel            Python: in a kernel that knows nothing of the blocks before

`<!-- snippets: … -->` is for all blocks that follow on the page and have no comment of their own.
Lines of a block's comment after the first are run before the block, in the same place, and not shown: they
give names to what the block leaves open. `tests/docs/stage.py` says what is there already."""


class MarkError(ValueError):
    """A comment that is not understood."""

    def __init__(self, problem: str) -> None:
        super().__init__(f"{problem}\n\n{WRITING}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Marks:
    """What is known of a block beside its text."""

    not_run: str = ""
    run_by: str = ""
    raises: str = ""
    exits: int = 0
    person: str = "ada"
    keys_of: str = ""
    new_kernel: bool = False
    before: str = ""

    @property
    def is_run(self) -> bool:
        """Whether the block is to be run here."""
        return not self.not_run and not self.run_by


PLAIN = Marks()
_COMMENT = re.compile(r"<!--\s*snippet(s?):(.*?)-->", re.DOTALL)
_MARKS: tuple[tuple[re.Pattern[str], str, Callable[[str], str | int | bool]], ...] = (
    (re.compile(r"not run: (\w+)"), "not_run", str),
    (re.compile(r"run by: (\S+)"), "run_by", str),
    (re.compile(r"raises (\w+)"), "raises", str),
    (re.compile(r"exits (\d+)"), "exits", int),
    (re.compile(r"as (\w+)"), "person", str),
    (re.compile(r"keys of ([\w.-]+)"), "keys_of", str),
    (re.compile(r"(new kernel)"), "new_kernel", bool),
)


def is_comment(text: str) -> bool:
    """Whether a piece of HTML is meant for us."""
    return text.lstrip().startswith("<!--") and "snippet" in text.split("-->", maxsplit=1)[0]


def is_for_all(comment: str) -> bool:
    """Whether it is for all blocks that follow."""
    found = _COMMENT.fullmatch(comment.strip())
    return found is not None and found[1] == "s"


def read(comment: str) -> Marks:
    """The marks in a comment; raises ``MarkError``."""
    if not (found := _COMMENT.fullmatch(comment.strip())):
        raise MarkError(f"{comment.strip()!r} is not of the form")
    first, _, before = found[2].strip(" ").partition("\n")
    values: dict[str, Any] = {}
    for word in filter(None, (word.strip() for word in first.split(","))):
        values |= _value(word)
    marks = Marks(before=before.rstrip(), **values)
    if marks.not_run and marks.not_run not in REASONS:
        raise MarkError(f"{marks.not_run!r} is no reason not to run a block")
    file, _, tests = marks.run_by.partition("::")
    if file and not (ROOT / file).is_file():
        raise MarkError(f"there is no {file}")
    if file and not tests:
        raise MarkError(f"which test of {file}?")
    return marks


def _value(word: str) -> dict[str, str | int | bool]:
    for pattern, name, made in _MARKS:
        if found := pattern.fullmatch(word):
            return {name: made(found[1])}
    raise MarkError(f"there is no mark {word!r}")
