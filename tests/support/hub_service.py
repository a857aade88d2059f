"""Stands for the service at a JupyterHub where its answers are what a test says."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

OWN = "canary-of-the-hub-0123456789"
GOOD = {
    "access_token": "an-access-token",
    "token_type": "Bearer",
    "expires_in": 300,
    "scope": "lake.read",
    "issuer": "https://idp.example.org",
    "claims": {"sub": "ada", "preferred_username": "ada", "roles": ["x"], "email": 7},
}


class Service:
    """Answers what a test says, and notes what it was asked."""

    def __init__(self) -> None:
        self.answer: tuple[int, str, bytes] = (200, "application/json", json.dumps(GOOD).encode())
        self.health: tuple[int, str, bytes] | None = None  # as the answer to all else
        self.asked: list[tuple[str, str, dict[str, Any]]] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                outer.asked.append((self.path, self.headers["Authorization"], json.loads(body)))
                status, kind, said = outer.answer
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(said)))
                self.end_headers()
                self.wfile.write(said)

            def do_GET(self) -> None:
                status, kind, said = outer.health or outer.answer
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.end_headers()
                self.wfile.write(said)

            def log_message(self, format: str, *args: object) -> None:
                """Quiet."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def __enter__(self) -> "Service":
        return self

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.server.server_close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}/services/jupyter-auth"

    def says(self, status: int, body: object) -> None:
        self.answer = (status, "application/json", json.dumps(body).encode())
