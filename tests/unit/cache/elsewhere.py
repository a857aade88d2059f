"""Another process over the same store: ``Elsewhere`` gives it orders, ``orders`` follows them there."""

import json
import os
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tests.support.disks import on_small_disk

ROOT = Path(__file__).parents[3]


class Elsewhere:
    """The process, as a context; ``network`` is the filesystem that it takes the store's for, ``disk`` the
    size of a disk of its own that it has in the place's place."""

    def __init__(self, place: Path, network: str | None = None, *, disk: str = "") -> None:
        command = [sys.executable, "-m", "tests.unit.cache.orders", str(place), network or ""]
        self._process = subprocess.Popen(
            on_small_disk(place, disk, *command) if disk else command,
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            bufsize=1,
        )

    def __enter__(self) -> Self:
        return self

    def begin(self, order: str, *args: Any) -> None:
        """Send an order; ``answer`` waits for it."""
        assert self._process.stdin
        self._process.stdin.write(json.dumps([order, *args]) + "\n")

    def answer(self) -> Any:
        assert self._process.stdout
        return json.loads(self._process.stdout.readline())

    def __call__(self, order: str, *args: Any) -> Any:
        self.begin(order, *args)
        return self.answer()

    def kill(self, *, reap: bool = True) -> None:
        """``kill -9``; it has ended when this returns. Without ``reap`` nobody takes note: a zombie stays."""
        self._process.kill()
        if reap:
            self._process.wait()
        else:
            os.waitid(os.P_PID, self._process.pid, os.WEXITED | os.WNOWAIT)

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._process:
            assert self._process.stdin
            self._process.stdin.close()
