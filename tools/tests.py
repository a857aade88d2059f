"""Runs pytest, on several processes at once where nobody says otherwise."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import IO

from .running import PYTHON, ROOT, environment, write

# The tests wait more than they compute: for servers, for kernels, and for what has to take its time.
WORKERS = max(2, min(8, 2 * (os.cpu_count() or 1)))
# A file stays in one process, for it shares a server; in their own order the long files come first.
IN_PARALLEL = ("--numprocesses", str(WORKERS), "--dist", "loadfile", "--no-loadscope-reorder")


class Pytest:
    """Runs pytest and keeps what it says, so that its summary can be shown once more at the very end."""

    def __init__(self, arguments: Sequence[str], wheels: Path) -> None:
        self.arguments = (*IN_PARALLEL, *arguments)  # of two that disagree the last counts: `-n 0`
        self.wheels = wheels
        self.lines: list[str] = []

    def __call__(self, _: IO[str] | None) -> int:
        env = environment() | {"PYTHONUNBUFFERED": "1"}
        for wheel in self.wheels.glob("*.whl"):
            env["JUPYTER_AUTH_WHEEL"] = str(wheel)  # tests/packaging looks into it
        color = "yes" if sys.stdout.isatty() else "no"
        with subprocess.Popen(
            [str(PYTHON), "-m", "pytest", f"--color={color}", *self.arguments],
            cwd=ROOT,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
        ) as process:
            for line in process.stdout or ():
                write(line)
                self.lines.append(line.rstrip())
        return process.returncode

    def summary(self) -> list[str]:
        """The last lines of pytest, from its "short test summary info" where it printed one."""
        heads = [number for number, line in enumerate(self.lines) if "= short test summary info =" in line]
        return self.lines[heads[-1] if heads else -1 :] or ["pytest did not run"]
