"""The agent in a place, by its command line."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jupyter_auth.core import sockets
from tests.support.waiting import until

if TYPE_CHECKING:
    from jupyter_auth.cli.demo.workspace import Workspace


class AgentCommand:
    """``jupyter auth agent …`` in a place; what it has started ends with it."""

    def __init__(self, place: Workspace, **environment: str) -> None:
        self.place = place
        self._environment = {**place.environment, **environment}

    def __call__(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run it to its end."""
        return subprocess.run(
            [sys.executable, "-P", "-m", "jupyter_auth.cli.main", "agent", *arguments],
            cwd=self.place.notebooks,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=110,
            check=False,
        )

    def start(self, *arguments: str) -> int:
        """Start one; its process id."""
        done = self("start", "--json", *arguments)
        assert done.returncode == 0, done.stderr
        return int(json.loads(done.stdout)["pid"])

    def status(self) -> dict[str, Any]:
        """What it says of itself."""
        told: dict[str, Any] = json.loads(self("status", "--json").stdout)
        return told

    @property
    def sockets(self) -> list[Path]:
        """Its socket, where there is one."""
        return list(self.place.runtime.glob("jupyter_auth_agent-*.sock"))

    @property
    def pid(self) -> int | None:
        """The process that listens, whoever started it."""
        for path in self.sockets:
            with suppress(OSError), closing(sockets.connect(path, 20)) as connected:
                return sockets.peer_pid(connected)
        return None

    def kill(self) -> None:
        """End it at once, whoever started it."""
        pid = self.pid
        if pid is not None:
            kill(pid)


def kill(pid: int) -> None:
    """End a process at once, and wait until it has gone."""
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
    until(lambda: not Path(f"/proc/{pid}").exists() or b") Z " in Path(f"/proc/{pid}/stat").read_bytes())


@contextmanager
def agent_command(place: Workspace, **environment: str) -> Iterator[AgentCommand]:
    """The command line; at the end none runs in the place any more."""
    command = AgentCommand(place, **environment)
    try:
        yield command
    finally:
        command.kill()
