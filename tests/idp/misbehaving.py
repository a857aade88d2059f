"""A small OpenID provider over real HTTP of which a test may replace any answer."""

import threading
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple, Self
from urllib.parse import parse_qsl, urlsplit

from jupyter_auth.cli.demo.lifetime import Lifetime

from . import faults
from .faults import Request, Responder
from .grants import Grants

_PATHS = {
    "/.well-known/openid-configuration": "discovery",
    "/authorize": "authorization",
    "/device": "device_authorization",
    "/token": "token",
    "/revoke": "revocation",
    "/jwks": "jwks",
    "/userinfo": "userinfo",
}


class Recorded(NamedTuple):
    """A request as it came in; ``endpoint`` is the path where it is none of ours."""

    endpoint: str
    form: dict[str, str]


class MisbehavingProvider(Lifetime):
    """A provider on 127.0.0.1, right until told otherwise: ``p.answers["token"] = faults.html(502)``."""

    def __init__(self) -> None:
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self.issuer = f"http://127.0.0.1:{self._server.server_address[1]}"
        self.grants = Grants(issuer=self.issuer)
        self.answers: dict[str, Responder] = {name: getattr(self.grants, name) for name in _PATHS.values()}
        self.requests: list[Recorded] = []
        self.realms: dict[str, Grants] = {}
        self._server.provider = self
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> Self:
        """Begin to answer; the port is taken from the constructor on, so that answers can be set before."""
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()
        return self

    def stop(self) -> None:
        """Wake the slow answers and close the port, which then refuses connections."""
        self._stopping.set()
        if self._thread is not None:
            self._server.shutdown()
            self._thread = None
        self._server.server_close()

    def approve(self, username: str = "ada", user_code: str | None = None) -> None:
        """Approve one device code, or all that are pending."""
        self.grants.decide(username, user_code)

    def deny(self, user_code: str | None = None) -> None:
        """Deny one device code, or all that are pending."""
        self.grants.decide(None, user_code)

    def id_token(
        self, username: str = "ada", client_id: str = "nb", nonce: str | None = None, **changes: Any
    ) -> str:
        """Sign an id token with claims changed or left out (None), or with another ``key`` or ``kid``."""
        return self.grants.id_token(username, client_id, nonce, **changes)

    def realm(self, name: str) -> str:
        """Another issuer at the same host and port, as Keycloak has them, right until told otherwise:
        ``p.answers["/realms/A/token"] = …``."""
        prefix = f"/realms/{name}"
        self.realms.setdefault(prefix, Grants(issuer=self.issuer + prefix))
        return self.issuer + prefix

    def count(self, endpoint: str, grant_type: str | None = None) -> int:
        """Count the requests an endpoint got."""
        return sum(
            seen.endpoint == endpoint and grant_type in (None, seen.form.get("grant_type"))
            for seen in list(self.requests)
        )

    def respond(self, handler: BaseHTTPRequestHandler) -> None:
        """Record a request and give it the answer set for its endpoint."""
        length = int(handler.headers.get("Content-Length") or 0)
        form = dict(parse_qsl(handler.rfile.read(length).decode(), keep_blank_values=True))
        path = urlsplit(handler.path).path
        prefix = next((prefix for prefix in self.realms if path.startswith(f"{prefix}/")), "")
        endpoint = _PATHS.get(path.removeprefix(prefix), path)
        self.requests.append(Recorded(endpoint, form))
        request = Request(
            endpoint=endpoint,
            method=handler.command,
            path=handler.path,
            form=form,
            headers=dict(handler.headers.items()),
            handler=handler,
            stopping=self._stopping,
        )
        right = getattr(self.realms[prefix], endpoint, None) if prefix else self.answers.get(endpoint)
        answer = (self.answers.get(path) or right or faults.empty(404))(request)
        if answer is not None:
            _send(handler, *answer)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False  # a test's slow answer must not hold up its end
    request_queue_size = 128
    provider: MisbehavingProvider


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def _answer(self) -> None:
        try:
            self.server.provider.respond(self)
        except ConnectionError:  # the client has had enough of a bad answer
            self.close_connection = True

    do_GET = do_POST = _answer

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: a request's form holds secrets."""


def _send(handler: BaseHTTPRequestHandler, status: int, headers: Mapping[str, str], body: bytes) -> None:
    handler.send_response(status)
    for name, value in headers.items():
        handler.send_header(name, value)
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)
