"""``python -m tests.fuzz [targets] --inputs N | --minutes M [--seed S] [--write]``: tries hostile inputs.

Without targets all of them, each for so many inputs, or minutes. Prints a table; ``--write`` puts the figures
into ``figures.json`` and the table into ``docs/reference/fuzzing.md``.
"""

import argparse
import random
import sys

from tests.fuzz import figures
from tests.fuzz.playing import Budget
from tests.fuzz.targets import TARGETS


def main() -> int:
    """Play, print, write; 0 where nothing was found."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("targets", nargs="*", choices=[[], *TARGETS], help="; ".join(TARGETS))
    length = parser.add_mutually_exclusive_group()
    length.add_argument("--inputs", type=int, default=None, help="of each target")
    length.add_argument("--minutes", type=float, default=None, help="of each target")
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))
    parser.add_argument(
        "--write", action="store_true", help="write figures.json and the documentation's table"
    )
    told = parser.parse_args()
    budget = Budget(
        inputs=told.inputs if told.minutes is None else None,
        seconds=told.minutes and told.minutes * 60,
    )
    if budget.inputs is None and budget.seconds is None:
        budget = Budget(inputs=1000)
    tallies = []
    for name in told.targets or TARGETS:
        print(f"{name}, seed {told.seed} …", flush=True)
        tallies.append(TARGETS[name].play(budget, told.seed))
        for found in tallies[-1].found:
            print(f"  {found}", flush=True)
    print(figures.table([tally.to_json() for tally in tallies]))
    if told.write:
        figures.write([tally.to_json() for tally in tallies])
    return int(not all(tally.is_clean for tally in tallies))


if __name__ == "__main__":
    sys.exit(main())
