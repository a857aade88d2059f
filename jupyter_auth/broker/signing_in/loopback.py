"""A callback where there is no server: a listener on loopback for one sign-in, as MSAL's (RFC 8252 §7.3)."""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from jupyter_auth.broker.signing_in.answers import MAX_PARAMETERS, single
from jupyter_auth.broker.signing_in.callback_page import HEADERS, STATUS, page, page_for
from jupyter_auth.broker.signing_in.interaction import Interaction
from jupyter_auth.broker.signing_in.redirects import PasteBack, Redirect, loopback_host, path_of
from jupyter_auth.core.browsers import has_browser
from jupyter_auth.core.errors import AuthError
from jupyter_auth.core.profile import Profile

LOOK = 0.5  # seconds between two looks at whether anybody is expected still
PATIENCE = 60.0  # seconds for the provider's answer, while the browser waits for the page
SLOW = 10.0  # seconds that a browser may take to say what it wants

Take = Callable[[dict[str, str]], "Future[Interaction | None]"]


class Loopback:
    """Listens while a sign-in waits, where a browser can be on this machine; else the address is pasted."""

    is_configured = False

    def __init__(self, take: Take, may_arrive: Callable[[], bool] = has_browser) -> None:
        """``may_arrive``: whether a browser can be on this machine, for who asks just then."""
        self._take = take
        self._may_arrive = may_arrive

    def open(self, profile: Profile) -> Redirect:
        """Listen on a port of its own."""
        if not self._may_arrive():
            return PasteBack().open(profile)
        try:
            server = _Server(("127.0.0.1", 0), _Handler)
        except OSError:
            return PasteBack().open(profile)
        server.take = self._take
        server.timeout = LOOK
        server.path = f"/{path_of(profile)}"
        threading.Thread(target=server.serve, name="jupyter_auth-callback", daemon=True).start()
        uri = f"http://{loopback_host(profile)}:{server.server_address[1]}{server.path}"
        return Redirect(uri=uri, arrives=True, close=server.ended.set)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    take: Take
    path: str

    def __init__(self, *args: object, **more: object) -> None:
        super().__init__(*args, **more)  # type: ignore[arg-type]
        self.ended = threading.Event()

    def serve(self) -> None:
        """Answer until nobody is expected any more."""
        with self:
            while not self.ended.is_set():
                self.handle_request()

    def handle_error(self, request: object, client_address: object) -> None:
        """A browser that goes away is no news; what it sent holds a code."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    timeout = SLOW

    def do_GET(self) -> None:
        """Take the answer, show how it went."""
        asked = urlsplit(self.path)
        name = self._taken(asked.query) if asked.path == self.server.path else "unknown"
        self._show(name, STATUS[name])

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Another method, or what is no request of HTTP's: nothing of it is said back."""
        self.close_connection = True
        self._show("unknown", HTTPStatus.METHOD_NOT_ALLOWED if code == HTTPStatus.NOT_IMPLEMENTED else code)

    def _show(self, name: str, status: int) -> None:
        body = page(name)
        self.send_response(status)
        for header, value in HEADERS.items():
            self.send_header(header, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def _taken(self, query: str) -> str:
        try:
            answer = single(parse_qs(query, keep_blank_values=True, max_num_fields=MAX_PARAMETERS))
            return page_for(self.server.take(answer).result(PATIENCE) if answer else None)
        except (ValueError, TimeoutError, AuthError):
            return "refused"

    def version_string(self) -> str:
        """Not which Python this is."""
        return "jupyter_auth"

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: the address holds a code."""
