"""Measure what tokens cost, beside the peers: ``python3 tasks.py bench [modules] [--write]``.

Without modules, all of them. The results of the last two runs stand in results.json; ``--write`` puts them
into docs/performance.md. Nothing here judges the product: aims that are missed are shown as such.
"""

import argparse
import compileall
import sys
import time
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import jupyter_auth
from tests.bench import report

#: Each has ``run() -> list[Figure]``.
MODULES = ("kernel", "server", "startup", "growth", "clearing", "guards", "front_end")


def main() -> int:
    """Run what is asked for; gives the exit code."""
    there = [name for name in MODULES if find_spec(f"tests.bench.{name}")]
    parser = argparse.ArgumentParser(prog="python3 tasks.py bench", description=__doc__)
    parser.add_argument("modules", nargs="*", metavar="module", help=f"of {', '.join(there)}")
    parser.add_argument("--write", action="store_true", help="put the table into docs/performance.md")
    asked = parser.parse_args()
    chosen = asked.modules or there
    if unknown := set(chosen) - set(there):
        parser.error(f"there is no {', '.join(sorted(unknown))}")
    # as pip leaves an installed package; some environments write no bytecode by themselves
    compileall.compile_dir(Path(jupyter_auth.__file__).parent, quiet=1)
    about = report.conditions()
    for name in chosen:
        print(f"\n{name}", flush=True)
        begun = time.monotonic()
        figures = import_module(f"tests.bench.{name}").run()
        measured = report.Measured(module=name, seconds=time.monotonic() - begun, figures=figures)
        report.keep(about, measured)
        for figure in figures:
            mark = " " if figure.is_reached else "!"
            print(f"{mark} {report.number(figure.value):>8} {figure.unit:10} {figure.name}")
        print(f"  in {measured.seconds:.0f} s", flush=True)
    if asked.write:
        report.write([name for name in there if name != "front_end"])  # that has a table of its own there
    return 0


if __name__ == "__main__":
    sys.exit(main())
