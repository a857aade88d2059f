"""The API of the pages' example: it answers whoever has a good token of its provider."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import requests

from tests.idp import CONFIDENTIAL_CLIENT, CONFIDENTIAL_SECRET, Provider

ROWS = [{"depth": depth, "celsius": 20 - depth} for depth in range(12)]
TABLE = "".join(["depth,celsius\n", *(f"{row['depth']},{row['celsius']}\n" for row in ROWS)])


class Lake(ThreadingHTTPServer):
    """Answers any request whose token the provider says is active, 401 else; CSV where the path says so."""

    daemon_threads = True

    def __init__(self, provider: Provider) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.provider = provider

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def whose(self, header: str) -> str:
        """Whose the token of an ``Authorization`` header is; empty where it is no good (RFC 7662)."""
        kind, _, token = header.partition(" ")
        if kind != "Bearer" or not token:
            return ""
        answer = requests.post(
            self.provider.url("introspection"),
            data={"token": token},
            auth=(CONFIDENTIAL_CLIENT, CONFIDENTIAL_SECRET),
            timeout=60,
        ).json()
        return str(answer.get("sub") or answer.get("client_id")) if answer.get("active") else ""


class _Handler(BaseHTTPRequestHandler):
    server: Lake

    def do_GET(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        who = self.server.whose(self.headers.get("Authorization", ""))
        answer = {"measurements": ROWS, "asked_by": {"username": who}} if who else {"error": "no token"}
        is_table = bool(who) and self.path.endswith(".csv")
        body = TABLE if is_table else json.dumps(answer)
        self.send_response(200 if who else 401)
        if not who:
            self.send_header("WWW-Authenticate", 'Bearer error="invalid_token"')
        self.send_header("Content-Type", "text/csv" if is_table else "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body.encode())

    do_HEAD = do_POST = do_PUT = do_GET

    def log_message(self, format: str, *args: object) -> None:
        """Nothing."""


@contextmanager
def lake_api(provider: Provider) -> Iterator[Lake]:
    """One that runs."""
    with Lake(provider) as running:
        threading.Thread(target=running.serve_forever, args=(0.05,), daemon=True).start()
        yield running
        running.shutdown()
