"""Listening in on the kernel socket."""

import socket
import threading
from contextlib import suppress
from pathlib import Path

from jupyter_auth.core import sockets


class SocketTap:
    """Stands where the kernel socket stood, passes everything on and keeps it."""

    def __init__(self, path: Path) -> None:
        self._real = path.with_name("tapped")
        path.rename(self._real)
        self._listener = sockets.bind(path)
        self._listener.listen(64)
        self._ends: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self.to_kernels: list[bytearray] = []
        self.to_broker: list[bytearray] = []
        self._threads[0].start()

    def close(self) -> None:
        """End every connection."""
        for end in [self._listener, *self._ends]:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(5)
        for end in [self._listener, *self._ends]:
            end.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                kernel, _ = self._listener.accept()
                broker = sockets.connect(self._real, 5)
                broker.settimeout(None)
                self._ends += [kernel, broker]
                self._pass_on(kernel, broker, self.to_broker)
                self._pass_on(broker, kernel, self.to_kernels)

    def _pass_on(self, source: socket.socket, target: socket.socket, kept: list[bytearray]) -> None:
        heard = bytearray()
        kept.append(heard)

        def run() -> None:
            with suppress(OSError):
                while data := source.recv(65536):
                    heard.extend(data)
                    target.sendall(data)
            with suppress(OSError):
                target.shutdown(socket.SHUT_RDWR)

        self._threads.append(threading.Thread(target=run, daemon=True))
        self._threads[-1].start()
