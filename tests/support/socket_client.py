"""The kernel protocol as docs/protocol.md describes it, with nothing of the product's."""

import hashlib
import hmac
import json
import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.support.kernel import Kernel
from tests.support.place import Place


class Client:
    """A connection to a kernel socket, in plain sockets."""

    def __init__(self, path: Path) -> None:
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(60)
        self.socket.connect(str(path))

    def raw(self, data: bytes) -> None:
        self.socket.sendall(data)

    def read(self) -> dict[str, Any]:
        length = struct.unpack(">I", self._exactly(4))[0]
        return dict(json.loads(self._exactly(length)))

    def call(self, **message: Any) -> dict[str, Any]:
        self.send(message)
        return self.read()

    def send(self, *messages: dict[str, Any]) -> None:
        """All of them in one write."""
        self.raw(b"".join(map(frame, messages)))

    def prove(self, key: str) -> dict[str, Any]:
        hello = self.call(op="hello", v=1)
        return self.call(op="prove", mac=mac(key, hello["broker_id"], hello["nonce"]))

    def is_closed(self) -> bool:
        try:
            return self.socket.recv(1) == b""
        except ConnectionError:
            return True

    def close(self) -> None:
        self.socket.close()

    def _exactly(self, size: int) -> bytes:
        data = b""
        while len(data) < size:
            chunk = self.socket.recv(size - len(data))
            if not chunk:
                raise ConnectionError("closed")
            data += chunk
        return data


def frame(message: dict[str, Any]) -> bytes:
    """A message as it is sent."""
    body = json.dumps(message).encode()
    return struct.pack(">I", len(body)) + body


def mac(key: str, broker_id: str, nonce: str) -> str:
    """The proof that goes with a nonce."""
    text = b"jupyter_auth/v1\0" + broker_id.encode() + b"\0" + nonce.encode()
    return hmac.new(key.encode(), text, hashlib.sha256).hexdigest()


def key_of(home: Place, kernel: Kernel) -> str:
    """A kernel's connection key, as the kernel itself reads it."""
    file = home.runtime / f"kernel-{kernel.kernel_id}.json"
    return str(json.loads(file.read_text())["key"])


class Connections:
    """Connections to one server's socket, all closed in the end."""

    def __init__(self, home: Place) -> None:
        self._home = home
        self._opened: list[Client] = []

    def __call__(self) -> Client:
        self._opened.append(Client(self._home.socket))
        return self._opened[-1]

    def close(self) -> None:
        for client in self._opened:
            client.close()


@contextmanager
def connections(home: Place) -> Iterator[Connections]:
    made = Connections(home)
    try:
        yield made
    finally:
        made.close()
