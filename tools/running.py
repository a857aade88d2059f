"""Runs commands and the steps of a task, and tells how each went."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import IO, NamedTuple

ROOT = Path(__file__).resolve().parents[1]
VENV = ROOT / ".venv"
BIN = VENV / ("Scripts" if os.name == "nt" else "bin")
PYTHON = BIN / ("python.exe" if os.name == "nt" else "python")

_ONE_SPEAKS = threading.Lock()


class TaskError(Exception):
    """Something a person has to do first; its text says what."""


#: What would lead elsewhere; and without bytecode every server of the tests compiles the package anew.
LEFT_OUT = {"PYTHONDONTWRITEBYTECODE", "PYTHONHOME", "PYTHONPATH"}


def environment() -> dict[str, str]:
    """This process's environment with `.venv` in force."""
    env = {name: value for name, value in os.environ.items() if name not in LEFT_OUT}
    path = os.pathsep.join([str(BIN), env.get("PATH", os.defpath)])
    return env | {"PATH": path, "VIRTUAL_ENV": str(VENV)}


def run(command: Sequence[str | Path], out: IO[str] | None = None) -> int:
    """Run without a stdin, so that nothing can wait for an answer; what it says goes to ``out``."""
    errors = None if out is None else subprocess.STDOUT
    return subprocess.call(
        command, cwd=ROOT, env=environment(), stdin=subprocess.DEVNULL, stdout=out, stderr=errors
    )


def write(text: str) -> None:
    """Print whole lines, into which nobody else's come."""
    with _ONE_SPEAKS:
        print(text, end="", flush=True)


def say(text: str) -> None:
    write(f"── {text}\n")


class Outcome(NamedTuple):
    step: str
    ok: bool
    seconds: float


#: A name, and what does it: given the file for what is to be said (None: the terminal), giving an exit code.
Step = tuple[str, "Callable[[IO[str] | None], int | None]"]


def run_steps(steps: Sequence[Step]) -> list[Outcome]:
    """Run every step, whatever became of those before it; one fails by an error or an exit code."""
    outcomes = []
    for name, do in steps:
        say(name)
        outcomes.append(_outcome(name, do, None))
    return outcomes


@contextmanager
def beside(steps: Sequence[Step]) -> Iterator[list[Outcome]]:
    """Run these steps too, one after the other, while the body runs; each is told in one piece at its end.

    The list has their outcomes after the body.
    """
    outcomes: list[Outcome] = []

    def run_all() -> None:
        for name, do in steps:
            with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as said:
                outcomes.append(_outcome(name, do, said))
                said.seek(0)
                write(f"── {name}\n{said.read()}")

    with ThreadPoolExecutor(1) as thread:
        done = thread.submit(run_all)
        yield outcomes
        done.result()


def _outcome(name: str, do: Callable[[IO[str] | None], int | None], out: IO[str] | None) -> Outcome:
    start = time.monotonic()
    try:
        ok = not do(out)
    except (OSError, TaskError) as error:
        print(error, file=sys.stderr if out is None else out, flush=True)
        ok = False
    return Outcome(name, ok, time.monotonic() - start)


def print_table(outcomes: Sequence[Outcome]) -> None:
    width = max(len(outcome.step) for outcome in outcomes)
    print(f"\n{'step':{width}}  result  seconds")
    for outcome in outcomes:
        print(f"{outcome.step:{width}}  {'ok' if outcome.ok else 'FAILED':6}  {outcome.seconds:7.1f}")
    print(flush=True)
