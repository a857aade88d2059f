"""The figures of the last long run, and the table that the documentation shows of them."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.fuzz.targets import TARGETS
from tests.support import tables

FILE = Path(__file__).with_name("figures.json")
PAGE = tables.PAGE.with_name("fuzzing.md")
MARK = "fuzzing"


def table(found: Sequence[dict[str, Any]]) -> str:
    """The figures as Markdown."""
    head = ["target", "what is tried", "inputs", "crashes", "hangs", "leaks", "slowest", "took", "seed"]
    return tables.markdown(head, [_row(one) for one in found])


def _row(one: dict[str, Any]) -> list[str]:
    counts = [f"{one[name]:,}".replace(",", " ") for name in ("inputs", "crashes", "hangs", "leaks")]
    slowest = f"{one['slowest']:.2f} s" if one["slowest"] else "–"  # schemathesis does not tell
    took = [slowest, f"{one['seconds'] / 60:.1f} min", str(one["seed"])]
    return [f"`{one['target']}`", TARGETS[one["target"]].what, *counts, *took]


def committed() -> list[dict[str, Any]]:
    """What is written down."""
    found: list[dict[str, Any]] = json.loads(FILE.read_text(encoding="utf-8"))
    return found


def write(found: Sequence[dict[str, Any]]) -> None:
    """Write down what was found, in place of what the same targets had; and the table."""
    known = {one["target"]: one for one in (committed() if FILE.exists() else [])}
    known |= {one["target"]: one for one in found}
    rows = [known[name] for name in TARGETS if name in known]
    FILE.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
    tables.write(MARK, table(rows), PAGE)
