"""``python -m tests.doctor [part of a name]``: every broken set-up, and what the doctor makes of it."""

import os
import sys

from tests.doctor import agents, hubs, installations, networks, providers, running, stores
from tests.doctor.bench import Outcome, play, table, title

MODULES = (installations, stores, networks, providers, running, agents, hubs)

os.environ["PYTHON_KEYRING_BACKEND"] = "keyring.backends.fail.Keyring"


def main() -> int:
    """Print the table; 0 where all are right."""
    wanted = sys.argv[1] if len(sys.argv) > 1 else ""
    outcomes = []
    for set_up in (set_up for module in MODULES for set_up in module.SET_UPS):
        if wanted in f"{set_up.__module__}.{set_up.__name__}":
            try:
                outcome = play(set_up)
            except AssertionError as problem:
                outcome = Outcome(set_up=title(set_up), named="", remedy=str(problem), after="WRONG")
            outcomes.append(outcome)
            print(f"{'ok' if outcome.is_right else 'WRONG':<6}{set_up.__name__}", file=sys.stderr)
    print(table(outcomes))
    return int(not all(outcome.is_right for outcome in outcomes))


if __name__ == "__main__":
    sys.exit(main())
