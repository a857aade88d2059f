"""All checks at once, in groups; the report, or JSON; nothing is changed."""

import sys
from contextlib import redirect_stdout
from functools import partial

from jupyter_auth.cli.doctor.checks import CHECKS
from jupyter_auth.cli.doctor.finding import Finding
from jupyter_auth.cli.doctor.report import print_report
from jupyter_auth.cli.doctor.running import each_of
from jupyter_auth.cli.doctor.situation import Situation
from jupyter_auth.cli.endings import print_json

LIMIT = 20.0  # seconds for everything


def examine(situation: Situation | None = None, *, limit: float = LIMIT) -> dict[str, list[Finding]]:
    """What every check finds, by group. Takes ``limit`` seconds at most."""
    seen = situation or Situation()
    named = [(group, name, check) for group, checks in CHECKS.items() for name, check in checks.items()]
    found = each_of([(name, "", partial(check, seen)) for _, name, check in named], limit)
    groups: dict[str, list[Finding]] = {group: [] for group in CHECKS}
    for (group, _, _), findings in zip(named, found, strict=True):
        groups[group] += findings
    return groups


def run_doctor(*, as_json: bool = False) -> int:
    """Print the findings; 1 where one is a fault."""
    with redirect_stdout(sys.stderr):  # Jupyter's configuration files are programs, and may print
        groups = examine()
    findings = [finding for found in groups.values() for finding in found]
    if as_json:
        print_json([finding.to_json() for finding in findings])
    else:
        print_report(groups, sys.stdout)
    return 1 if any(finding.state == "fault" for finding in findings) else 0
