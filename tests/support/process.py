"""A Python process of a place without a server or a kernel: a script, as far as jupyter_auth is concerned.

The process itself needs nothing but the standard library, so that any Python can be one.
"""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from jupyter_auth.cli.demo.workspace import Workspace

ROOT = Path(__file__).parents[2]


class Script:
    """The process; ``run`` has it execute code and tell the JSON value of an expression."""

    def __init__(self, place: Workspace, python: str = sys.executable, **environment: str) -> None:
        self._process = subprocess.Popen(
            [python, "-P", str(Path(__file__))],
            cwd=place.notebooks,
            env={**place.environment, **environment},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            bufsize=1,
        )
        self.run("import jupyter_auth as ja, time")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is not None:
            self.kill()
        self.end()

    @property
    def pid(self) -> int:
        return self._process.pid

    def start(self, code: str, value: str = "None") -> None:
        """Begin to run ``code``."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps([code, value]) + "\n")

    def said_until(self, words: str) -> str:
        """What the process prints, until that holds ``words``."""
        assert self._process.stdout is not None
        said = ""
        for line in self._process.stdout:
            said += line
            if words in said:
                break
        return said

    def result(self) -> Any:
        """The value of the code that was started; ``EOFError`` where the process has died."""
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if line.startswith("\0"):
                told = json.loads(line[1:])
                assert "raised" not in told, told["raised"]
                return told["value"]
        raise EOFError

    def run(self, code: str, value: str = "None") -> Any:
        """Run ``code``, then tell ``value``."""
        self.start(code, value)
        return self.result()

    def kill(self) -> None:
        """End it at once."""
        self._process.kill()

    def end(self) -> None:
        """Let it end in order, if it still runs."""
        with self._process, suppress(BrokenPipeError):
            assert self._process.stdin is not None
            self._process.stdin.close()


def main() -> None:
    """Follow the orders on stdin; what the code prints goes its own way."""
    names: dict[str, Any] = {}
    for line in sys.stdin:
        code, value = json.loads(line)
        try:
            exec(code, names)  # noqa: S102 -- what it is for
            told = {"value": eval(value, names)}  # noqa: S307
        except Exception as problem:  # noqa: BLE001 -- told to the test
            told = {"raised": f"{type(problem).__name__}: {problem}"}
        print(f"\0{json.dumps(told)}", flush=True)


if __name__ == "__main__":
    main()
