"""The results of the two last runs: as JSON beside this file, and as a table in docs/performance.md."""

import json
import os
import platform
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from tests.bench.figures import Figure

RESULTS = Path(__file__).with_name("results.json")
PAGE = Path(__file__).parents[2] / "docs" / "performance.md"
BEGIN, END = "<!-- figures: begin -->\n", "<!-- figures: end -->"
RUNS_KEPT = 2
PACKAGES = (
    *("jupyter-token-broker", "msal", "msal-extensions", "azure-identity"),
    *("jupyter_server", "ipykernel", "ipython", "cryptography"),
)

Run = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What a module's ``run`` gave."""

    module: str
    seconds: float
    figures: Sequence[Figure]


def conditions() -> Run:
    """On what all was measured."""
    return {
        "date": time.strftime("%Y-%m-%d"),
        "processors": os.cpu_count(),
        "processor": _processor(),
        "system": f"{platform.system()} {platform.machine()}",
        "load_at_the_start": round(os.getloadavg()[0], 1),
        "python": platform.python_version(),
        "versions": {name: found for name in PACKAGES if (found := _version(name))},
    }


def keep(about: Run, measured: Measured) -> None:
    """Put a module's run beside the one before."""
    known = results()
    entry = {
        **about,
        "seconds": round(measured.seconds, 1),
        "figures": [asdict(figure) | {"reached": figure.is_reached} for figure in measured.figures],
    }
    known[measured.module] = [*known.get(measured.module, []), entry][-RUNS_KEPT:]
    RESULTS.write_text(json.dumps(known, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def results() -> dict[str, list[Run]]:
    """The last runs of each module, the newest last."""
    if not RESULTS.exists():
        return {}
    known: dict[str, list[Run]] = json.loads(RESULTS.read_text(encoding="utf-8"))
    return known


def table(modules: Sequence[str]) -> str:
    """Markdown: a line for each figure, with both runs."""
    known = results()
    head = ["what", "aim", "first run", "second run", "peers, in the second run"]
    lines = [_row(head), _row(["---"] * len(head))]
    for module in modules:
        lines += _rows(known.get(module, []))
    newest = [runs[-1] for module in modules if (runs := known.get(module))]
    return "\n".join([*lines, "", *_notes(newest), ""])


def write(modules: Sequence[str]) -> None:
    """Put the table into the page, between its marks."""
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
    after = rest.partition(END)[2]
    PAGE.write_text(f"{before}{BEGIN}\n{table(modules)}\n{END}{after}", encoding="utf-8")


def _rows(runs: Sequence[Run]) -> list[str]:
    if not runs:
        return []
    older = {figure["name"]: figure for figure in runs[0]["figures"]} if len(runs) == RUNS_KEPT else {}
    return [_figure(figure, older.get(figure["name"])) for figure in runs[-1]["figures"]]


def _figure(newer: Run, older: Run | None) -> str:
    unit, peers = newer["unit"], newer["peers"]
    aim = (
        ""
        if newer["limit"] is None
        else f"{'≥' if newer['at_least'] else '≤'} {number(newer['limit'])} {unit}"
    )
    beside = "; ".join(f"{name}: {number(value)} {unit}" for name, value in peers.items())
    return _row([newer["name"], aim, _told(older), _told(newer), beside])


def _told(figure: Run | None) -> str:
    """Value, spread, and a word where the aim was missed."""
    if figure is None:
        return ""
    told = f"{number(figure['value'])} {figure['unit']}"
    if figure["spread"]:
        told += " ({}–{})".format(*map(number, figure["spread"]))
    return told if figure["reached"] else f"**{told}: missed**"


def _notes(runs: Sequence[Run]) -> list[str]:
    """What each figure is, and on what it was measured."""
    told = {figure["name"]: figure["note"] for run in runs for figure in run["figures"] if figure["note"]}
    lines = [f"- {name}: {note}." for name, note in told.items()]
    if runs:
        run = runs[0]
        versions = ", ".join(f"{name} {value}" for name, value in run["versions"].items())
        lines += [
            "",
            f"Conditions: {run['system']}, {run['processors']} processors ({run['processor']}), "
            f"Python {run['python']}; {versions}. Load at the start: "
            f"{', '.join(str(one['load_at_the_start']) for one in runs)}.",
        ]
    return lines


def number(value: float) -> str:
    """Three digits that count, and thousands apart."""
    if abs(value) >= 1000:
        return f"{value:,.0f}".replace(",", " ")
    return f"{value:.3g}"


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _processor() -> str:
    """What Linux calls it."""
    with suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
