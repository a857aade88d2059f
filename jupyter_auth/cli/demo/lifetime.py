"""Start and stop as a context manager, and the end of a process that lives as long as its stdin."""

from __future__ import annotations

import subprocess
from abc import ABC, abstractmethod
from types import TracebackType
from typing import Self


class Lifetime(ABC):
    """`start` on entering, `stop` on leaving."""

    @abstractmethod
    def start(self) -> Self:
        """Start, and wait until it answers."""

    @abstractmethod
    def stop(self) -> None:
        """End; a second call does nothing."""

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def end_by_stdin(process: subprocess.Popen[str]) -> None:
    """End a process by its standard input, and if need be by force."""
    if process.stdin:
        process.stdin.close()
    try:
        process.wait(5)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(5)
