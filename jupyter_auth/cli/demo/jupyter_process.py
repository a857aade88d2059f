"""A Jupyter server as a process of its own, in a workspace: started, waited for, stopped."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import time
from collections import deque
from typing import Self

import requests

from .lifetime import Lifetime
from .servers import DemoError
from .workspace import Workspace

LINES_SHOWN = 25


class JupyterProcess(Lifetime):
    """A Jupyter server in a workspace; `url` and `token` are known while it runs."""

    def __init__(self, module: str, space: Workspace, *options: str, timeout: float = 90) -> None:
        self.url = ""
        self.token = ""
        self._space = space
        self.command = [sys.executable, "-P", "-m", module, *_options(space), *options]
        self._timeout = timeout
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> Self:
        """Start the process and wait until it answers."""
        self._space.log.touch(mode=0o600)  # the server logs its token
        with self._space.log.open("wb") as log:
            # A session of its own: Ctrl+C is for us, and we end the server in order.
            self._process = subprocess.Popen(
                self.command,
                cwd=self._space.notebooks,
                env=dict(self._space.environment),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        try:
            self._wait_until_it_answers()
        except BaseException:
            self.stop()
            raise
        return self

    def get(self, path: str) -> requests.Response:
        """Ask the server, as somebody who holds its token."""
        return self._ask("GET", path)

    def post(self, path: str, body: object) -> requests.Response:
        return self._ask("POST", path, body)

    def delete(self, path: str) -> requests.Response:
        return self._ask("DELETE", path)

    @property
    def pid(self) -> int:
        """The server's process; 0 before its start."""
        return self._process.pid if self._process else 0

    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def wait(self) -> int:
        """Wait until the server ends by itself; its exit code."""
        return self._process.wait() if self._process else 0

    def stop(self) -> None:
        """End the server, which ends its kernels; by force if it does not."""
        process = self._process
        if process is None or process.poll() is not None:
            return
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(5)

    def last_lines(self) -> list[str]:
        """The end of its log, without the token."""
        try:
            with self._space.log.open(encoding="utf-8", errors="replace") as log:
                lines = deque(log, LINES_SHOWN)
        except OSError:
            return []
        return [re.sub(r"token=[^\s&\"']+", "token=…", line.rstrip()) for line in lines]

    def _wait_until_it_answers(self) -> None:
        deadline = time.monotonic() + self._timeout
        while time.monotonic() < deadline:
            if not self.running():
                raise DemoError("\n".join(["The Jupyter server ended at once.", *self.last_lines()]))
            if self._address_known() and self._answers():
                return
            time.sleep(0.1)
        raise DemoError("\n".join(["The Jupyter server did not start in time.", *self.last_lines()]))

    def _address_known(self) -> bool:
        """The server chose its port and its token itself and wrote them into its runtime folder (0600)."""
        try:
            info = json.loads((self._space.runtime / f"jpserver-{self.pid}.json").read_text(encoding="utf-8"))
            self.url, self.token = info["url"], info["token"]
        except (OSError, ValueError, KeyError):
            return False  # not there yet, or being written
        return True

    def _answers(self) -> bool:
        try:
            return self.get("api/status").ok
        except requests.RequestException:
            return False

    def _ask(self, method: str, path: str, body: object = None) -> requests.Response:
        with requests.Session() as session:
            session.trust_env = False
            headers = {"Authorization": f"token {self.token}"}
            return session.request(method, self.url + path, json=body, headers=headers, timeout=60)


def a_free_port() -> str:
    """The option for a port that nobody listens at; where somebody comes first, the server takes another one.

    Not port 0: before 2.20 jupyter_server does not tell which port it was given for it.
    """
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"--ServerApp.port={free.getsockname()[1]}"


def _options(space: Workspace) -> list[str]:
    options = ["--ServerApp.ip=127.0.0.1", f"--ServerApp.root_dir={space.notebooks}"]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        options.append("--allow-root")
    return options
