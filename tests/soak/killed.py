"""The fork server of ``kill_child``, from outside."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.soak.kill_child import Order, to_line

ROOT = Path(__file__).parents[2]


class ForkServer:
    """It makes one child at a time, as a context."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.soak.kill_child"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            bufsize=1,
        )
        self._said: list[str] = []

    def __enter__(self) -> Self:
        return self

    def start(self, order: Order) -> int:
        """A child's process id."""
        assert self._process.stdin
        self._process.stdin.write(to_line(order))
        while True:
            kind, *words = line = self._line().split()
            if kind == "pid":
                return int(words[0])
            self._said.append(" ".join(line))

    @staticmethod
    def kill(pid: int) -> None:
        """``kill -9``."""
        os.kill(pid, signal.SIGKILL)

    def lines_until_dead(self) -> list[str]:
        """All that the child has told."""
        said, self._said = self._said, []
        while (line := self._line()) != "dead":
            said.append(line)
        return said

    def _line(self) -> str:
        assert self._process.stdout
        line = self._process.stdout.readline()
        assert line, "the fork server has ended"
        return line.strip()

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._process:
            self._process.kill()
