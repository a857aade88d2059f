"""``python -m tests.soak --minutes 30``: kernels of two servers on one Redis, through outages."""

import argparse
import json
import random
import sys
from pathlib import Path

from tests.soak.soak import Plan, soak

REPORT = Path(__file__).with_name("soak.json")


def main() -> int:
    """Soak, print the report, write it as JSON; 0 where nothing failed that should not."""
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--kernels", type=int, default=20)
    parser.add_argument("--lifetime", type=int, default=60, help="of an access token, in seconds")
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))
    parser.add_argument("--report", type=Path, default=REPORT, help="the JSON file that is written")
    told = parser.parse_args()
    print(f"seed {told.seed}", flush=True)
    plan = Plan(seconds=told.minutes * 60, kernels=told.kernels, lifetime=told.lifetime)
    report = soak(plan, random.Random(told.seed), say=lambda words: print(words, flush=True))
    told.report.write_text(json.dumps(report.to_json(), indent=1) + "\n", encoding="utf-8")
    print(report)
    for failure in report.beyond[:20]:
        print("beyond:", failure)
    return int(bool(report.beyond or report.prompts))


if __name__ == "__main__":
    sys.exit(main())
