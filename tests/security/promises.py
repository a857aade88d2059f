"""The promises S1 to S49: where the attack on each is, and what came of it in a run."""

import re
from collections.abc import Iterable
from pathlib import Path

ALL = [f"s{number:02}" for number in range(1, 50)]
#: Whose attack is also run against a build without the defence.
CORE = [f"s{number:02}" for number in (3, 4, 5, 12, 14, 15, 17, 18, 22, 23, 24, 27, 30, 31, 32, 33, 39, 41)]
WITHOUT = "test_without_the_defence"

_FILE = re.compile(r"tests/security/test_(s\d\d)_\w+\.py::(\w+)")


def files(promise: str) -> list[Path]:
    """The files with the attacks on it."""
    return sorted(Path(__file__).parent.glob(f"test_{promise}_*.py"))


def listed(outcomes: Iterable[tuple[str, str]]) -> list[str]:
    """A line for each promise that was tested, from the node ids of tests and what came of them."""
    tally: dict[str, list[str]] = {}
    fallen: dict[str, int] = {}
    for node, outcome in outcomes:
        if found := _FILE.match(node):
            promise, test = found.groups()
            tally.setdefault(promise, []).append(outcome)
            fallen[promise] = fallen.get(promise, 0) + (outcome == "passed" and test.startswith(WITHOUT))
    lines = []
    for promise, outcomes_of_it in sorted(tally.items()):
        passed = outcomes_of_it.count("passed")
        line = f"{promise.upper()}  {passed} of {len(outcomes_of_it)} passed"
        line += f", {fallen[promise]} of them without the defence" if fallen[promise] else ""
        lines.append(f"{line}  ({', '.join(path.stem for path in files(promise))})")
    return lines
