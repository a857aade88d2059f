"""An API behind a token: it tells what it saw, and says 401 with a challenge as long as a test wants.

At ``/redirect`` every other request is sent there again."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Resource(ThreadingHTTPServer):
    """Answers 401 with ``challenge`` to the first ``refusals`` requests; ``tokens`` are what it saw."""

    daemon_threads = True
    challenge = ""
    refusals = 1

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.tokens: list[str] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/"


class _Handler(BaseHTTPRequestHandler):
    server: Resource

    def do_GET(self) -> None:
        self.server.tokens.append(self.headers["Authorization"].removeprefix("Bearer "))
        is_refused = len(self.server.tokens) <= self.server.refusals
        is_moved = self.path == "/redirect" and len(self.server.tokens) % 2 == 1
        self.send_response(302 if is_moved else 401 if is_refused else 200)
        if is_moved:
            self.send_header("Location", "/redirect")
        elif is_refused:
            self.send_header("WWW-Authenticate", self.server.challenge)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.do_GET()

    do_PUT = do_POST

    def log_message(self, format: str, *args: object) -> None:
        """Nothing."""


@contextmanager
def resource() -> Iterator[Resource]:
    """One that runs."""
    with Resource() as running:
        threading.Thread(target=running.serve_forever, args=(0.05,), daemon=True).start()
        yield running
        running.shutdown()
