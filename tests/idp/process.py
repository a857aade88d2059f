"""A provider in a process of its own, which ends when this one does."""

import json
import subprocess
import threading
from abc import ABC, abstractmethod
from collections import deque
from types import TracebackType
from typing import Self

from .errors import ProviderError


class ProviderProcess(ABC):
    """Starts what prints ``{"ready": issuer}`` when it answers, and stops it by closing its stdin."""

    def __init__(self, *, start_timeout: float) -> None:
        self._start_timeout = start_timeout
        self._process: subprocess.Popen[str] | None = None
        self._issuer: str | None = None
        self._ready = threading.Event()
        self._output: deque[str] = deque(maxlen=50)

    @abstractmethod
    def _launch(self) -> "subprocess.Popen[str]":
        """Start the process with pipes as its stdin and as its stdout."""

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

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

    def stop(self) -> None:
        """End the process; a second call does nothing."""
        process, self._process = self._process, None
        if process is None:
            return
        if process.stdin is not None:
            process.stdin.close()
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

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
