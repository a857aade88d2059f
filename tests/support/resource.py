"""An API behind a token: it tells what it saw, and says 401 with a challenge as long as a test wants.

At ``/redirect`` every other request is sent there again, at ``/elsewhere`` each to where a test says."""

import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


class Resource(ThreadingHTTPServer):
    """Answers 401 with ``challenge`` to the first ``refusals`` requests, and ``content`` to the others;
    ``tokens`` and ``bodies`` are what it saw."""

    daemon_threads = True
    challenge = ""
    refusals = 1
    elsewhere = ""
    content = b""

    def __init__(self, certificate: tuple[Path, Path] | None = None) -> None:
        """With ``certificate`` and its key it speaks TLS."""
        super().__init__(("127.0.0.1", 0), _Handler)
        self.scheme = "http"
        if certificate is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*certificate)
            self.socket = context.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)
            self.scheme = "https"
        self.tokens: list[str] = []
        self.bodies: list[bytes] = []

    @property
    def url(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self.server_address[1]}/"


class _Handler(BaseHTTPRequestHandler):
    server: Resource

    def do_GET(self) -> None:
        self._answer(self.server.content)

    def do_HEAD(self) -> None:
        self._answer(b"")

    def do_POST(self) -> None:
        self.server.bodies.append(self._body())
        self._answer(b"")

    do_PUT = do_POST

    def _answer(self, content: bytes) -> None:
        self.server.tokens.append(self.headers.get("Authorization", "").removeprefix("Bearer "))
        is_refused = len(self.server.tokens) <= self.server.refusals
        is_moved = self.path == "/redirect" and len(self.server.tokens) % 2 == 1
        location = "/redirect" if is_moved else self.server.elsewhere if self.path == "/elsewhere" else ""
        self.send_response(307 if location else 401 if is_refused else 200)
        if location:
            self.send_header("Location", location)
        elif is_refused and self.server.challenge:
            self.send_header("WWW-Authenticate", self.server.challenge)
        content = b"" if location or is_refused else content
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding") != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        body = b""
        while size := int(self.rfile.readline(), 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body

    def log_message(self, format: str, *args: object) -> None:
        """Nothing."""


@contextmanager
def resource(certificate: tuple[Path, Path] | None = None) -> Iterator[Resource]:
    """One that runs."""
    with Resource(certificate) as running:
        threading.Thread(target=running.serve_forever, args=(0.05,), daemon=True).start()
        yield running
        running.shutdown()
