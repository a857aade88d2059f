"""A server with somebody signed in, as the measurements need it; and a kernel's line to its broker."""

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jupyter_auth.cli.demo.jupyter_process import JupyterProcess
from jupyter_auth.core import frames, sockets
from tests.idp import OidcProvider
from tests.support import Kernel, Place, place, until

ROOT = Path(__file__).parents[2]
#: makes this folder's modules known to a kernel, without importing anything but them
KNOW_US = f"import sys; sys.path.append({str(ROOT)!r})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One server and a kernel that has had its first token."""

    provider: OidcProvider
    home: Place
    server: JupyterProcess
    kernel: Kernel


@contextmanager
def signed_in(prepare: Callable[[Place], None] = lambda home: None) -> Iterator[Setting]:
    """A server whose profile ``lake`` somebody has signed in to, by a code; it has a HOME of its own."""
    with OidcProvider() as provider, place(provider.issuer) as home, ExitStack() as stack:
        prepare(home)
        server = stack.enter_context(_server(home))
        provider.set(interval=1)
        kernel = Kernel(server)
        cell = kernel.start("import jupyter_auth as ja; tok = ja.get_token('lake')", "len(tok.reveal())")
        provider.approve(_code(server))
        kernel.result_of(cell)
        try:
            yield Setting(provider=provider, home=home, server=server, kernel=kernel)
        finally:
            kernel.close()


def _server(home: Place) -> JupyterProcess:
    own = home.root / "home"
    own.mkdir()
    home.variables(HOME=str(own))
    return home.server()


def _code(server: JupyterProcess) -> str:
    found: list[dict[str, Any]] = []

    def is_there() -> bool:
        found[:] = server.get("jupyter_auth/v1/interactions").json()
        return bool(found)

    until(is_there, 20)
    return str(found[0]["user_code"])


class Line:
    """A proven connection, used as plainly as can be: what is measured on it is the broker, not a client."""

    def __init__(self, home: Place, kernel_id: str) -> None:
        file = json.loads((home.runtime / f"kernel-{kernel_id}.json").read_text(encoding="utf-8"))
        self.socket = sockets.connect(home.socket, 10)
        hello = self._say({"op": "hello", "v": frames.PROTOCOL_VERSION})
        mac = frames.proof(str(file["key"]).encode(), hello["broker_id"], hello["nonce"])
        if self._say({"op": "prove", "mac": mac}).get("kernel_id") != kernel_id:
            raise RuntimeError("the broker takes this line for another kernel's")

    def ask(self, frame: bytes) -> bytes:
        """Send a frame, wait for the whole of its answer."""
        self.socket.sendall(frame)
        data = self.socket.recv(65536)
        while len(data) < frames.HEADER or len(data) < frames.HEADER + int.from_bytes(data[:4], "big"):
            data += self.socket.recv(65536)
        return data

    def close(self) -> None:
        self.socket.close()

    def _say(self, message: dict[str, Any]) -> dict[str, Any]:
        return frames.decode(self.ask(frames.encode(message))[frames.HEADER :])
