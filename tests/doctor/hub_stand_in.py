"""A Hub's REST interface and proxy, as far as our service needs them, before the real service in a thread.

A real Hub takes half a minute to start, and has these faults one at a time; ``tests/hub`` has one.
"""

import asyncio
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from unittest import mock

import requests
from jupyterhub.services.auth import HubOAuth
from tornado import httpserver

from jupyter_auth.hub.app import application
from jupyter_auth.hub.keeper import Keeper
from jupyter_auth.hub.keeping import Keeping
from jupyter_auth.hub.people import HubPeople

PREFIX = "/services/jupyter-auth"
ACCESS = "access:services!service=jupyter-auth"
OWN, OF_SERVICE = "canary-token-of-ada", "canary-token-of-the-service"
SIGN_IN = {"access_token": "canary-at", "refresh_token": "canary-rt", "scope": ["openid", "lake.read"],
           "oauth_user": {"sub": "ada"}}  # fmt: skip


class StandIn:
    """What an administrator sets, and what a person does, are its attributes."""

    def __init__(self) -> None:
        self.tokens: dict[str, list[str]] = {OWN: [ACCESS]}
        self.tells_auth_state = True  # the service has admin:auth_state
        self.auth_state: dict[str, Any] | None = {**SIGN_IN}
        self.servers = {"": {"ready": True}}  # that run
        self.is_up = True  # the Hub, for the service
        self.service = ""  # where it listens; empty where it does not run
        self.path = PREFIX
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def issuer(self) -> str:
        return f"{self.url}{PREFIX}"

    def answer(self, method: str, path: str, token: str, body: bytes) -> tuple[int, Any]:
        """What the Hub says, and what it passes on."""
        if path.startswith(f"{self.path}/"):
            return self._passed_on(method, path, token, body) if self.service else (503, None)
        if not self.is_up or not path.startswith("/hub/api/"):
            return (502 if not self.is_up else 404), None
        if path == "/hub/api/user":
            known = self.tokens.get(token)
            return (403, None) if known is None else (200, {"kind": "user", "name": "ada", "scopes": known})
        if path != "/hub/api/users/ada" or token != OF_SERVICE:
            return 403, None
        return 200, {"name": "ada", "servers": self.servers} | (
            {"auth_state": self.auth_state} if self.tells_auth_state else {}
        )

    def _passed_on(self, method: str, path: str, token: str, body: bytes) -> tuple[int, Any]:
        with requests.Session() as session:
            session.trust_env = False
            headers = {"Authorization": f"token {token}"} if token else {}
            answer = session.request(method, self.service + path, headers=headers, data=body, timeout=20)
        return answer.status_code, answer.json()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def _any(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                token = self.headers.get("Authorization", "").partition(" ")[2]
                status, said = outer.answer(self.command, self.path.partition("?")[0], token, body)
                self.send_response(status)
                raw = json.dumps(said).encode() if said is not None else b"<html>"
                self.send_header("Content-Type", "application/json" if said is not None else "text/html")
                self.send_header("Content-Length", str(len(raw)))
                self.end_headers()
                self.wfile.write(raw)

            do_GET = do_POST = _any

            def log_message(self, format: str, *args: object) -> None:
                """Quiet."""

        return Handler


@contextmanager
def service_of(hub: StandIn, folder: Path) -> Iterator[None]:
    """Our service, which the Hub runs."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="hub service", daemon=True)
    thread.start()

    async def begin() -> tuple[httpserver.HTTPServer, Keeper]:
        with mock.patch.dict("os.environ", JUPYTERHUB_SERVICE_PREFIX=f"{PREFIX}/"):
            auth = HubOAuth(
                api_token=OF_SERVICE,
                api_url=f"{hub.url}/hub/api",
                access_scopes={ACCESS},
                oauth_client_id="service-jupyter-auth",
                base_url=f"{PREFIX}/",
            )
            people = HubPeople(auth)
            profile = {"issuer": "https://idp.invalid", "client_id": "hub"}  # which nobody asks
            keeper = Keeper(Keeping(profile=profile, folder=folder), people)
            server = httpserver.HTTPServer(application(auth, people, keeper))
        server.listen(0, "127.0.0.1")
        return server, keeper

    server, keeper = asyncio.run_coroutine_threadsafe(begin(), loop).result(60)
    port = next(iter(server._sockets.values())).getsockname()[1]
    hub.service = f"http://127.0.0.1:{port}"
    try:
        yield
    finally:
        hub.service = ""

        async def end() -> None:
            server.stop()
            await keeper.close()

        asyncio.run_coroutine_threadsafe(end(), loop).result(60)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(20)
        loop.close()
