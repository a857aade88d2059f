"""A provider in a process of its own, which ends when this one does."""

import json
import os
import signal
import subprocess
import threading
from abc import abstractmethod
from collections import deque
from collections.abc import Sequence
from pathlib import Path
from typing import Self

from jupyter_auth.cli.demo.lifetime import Lifetime, end_by_stdin

from .errors import ProviderError

_ROOT = Path(__file__).resolve().parents[2]


class ProviderProcess(Lifetime):
    """Starts what prints ``{"ready": issuer}`` when it answers, and stops it by closing its stdin."""

    def __init__(self, *, start_timeout: float) -> None:
        self._start_timeout = start_timeout
        self._process: subprocess.Popen[str] | None = None
        self._issuer: str | None = None
        self._ready = threading.Event()
        self._output: deque[str] = deque(maxlen=50)

    @abstractmethod
    def _launch(self) -> "subprocess.Popen[str]":
        """Start the process, with pipes as its stdin and as its stdout: what ``_spawn`` does."""

    @staticmethod
    def _spawn(command: Sequence[str], **environment: str) -> "subprocess.Popen[str]":
        """Start ``command`` in the project's folder, with more variables in its environment."""
        return subprocess.Popen(
            command,
            cwd=_ROOT,
            env={**os.environ, **environment},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def start(self) -> Self:
        """Start the process and wait until it answers."""
        if self._process is not None:
            raise ProviderError("this provider was started already")
        self._process = self._launch()
        threading.Thread(target=self._read_output, args=(self._process,), daemon=True).start()
        self._ready.wait(self._start_timeout)
        if self._issuer is None:
            self.stop()
            said = "".join(self._output) or "nothing"
            raise ProviderError(
                f"the test provider did not start within {self._start_timeout} s; it said:\n{said}"
            )
        return self

    def pause(self) -> None:
        """SIGSTOP: it holds its connections and answers nobody."""
        assert self._process is not None
        os.kill(self._process.pid, signal.SIGSTOP)

    def go_on(self) -> None:
        """The end of a pause."""
        assert self._process is not None
        os.kill(self._process.pid, signal.SIGCONT)

    def stop(self) -> None:
        """End the process; a second call does nothing."""
        process, self._process = self._process, None
        if process is not None:
            end_by_stdin(process)

    def _read_output(self, process: "subprocess.Popen[str]") -> None:
        """Drain its output to the end, for a full pipe would stop it; one line says that it is ready."""
        assert process.stdout is not None
        with process.stdout as lines:
            for line in lines:
                self._output.append(line)
                if line.startswith('{"ready"'):
                    self._issuer = json.loads(line)["ready"]
                    self._ready.set()
        self._ready.set()

    @property
    def issuer(self) -> str:
        """The issuer, on 127.0.0.1, without a slash at its end."""
        if self._issuer is None:
            raise ProviderError(
                "the test provider is not running: use it in a with statement, or call start()"
            )
        return self._issuer
