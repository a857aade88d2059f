"""What the network brings to a page."""

from collections.abc import Callable, Iterable
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, Error, Page, Request, Response, WebSocket

from tests.security.canaries import MARK, forms

#: is told "HTTP" or "frame", where something came from, and what came
Keep = Callable[[str, str, bytes], None]


def listen(page: Page, server: str, keep: Keep) -> None:
    """Hand on all that ``server`` sends to a page, but for the application's own program."""
    page.on("response", lambda response: _answer(page, response, server, keep))
    page.on("websocket", lambda socket: _frames(socket, keep))


def _answer(page: Page, response: Response, server: str, keep: Keep) -> None:
    if response.url.startswith(server) and "/static/" not in response.url:
        head = f"{response.status} {response.headers}\n".encode()
        has_none = response.status in {204, 304} or response.request.redirected_to
        try:
            body = b"" if has_none else response.body()
        except Error:
            if page.is_closed():
                return  # it has not come to the page any more
            raise
        keep("HTTP", response.url.partition("?")[0], head + body)


def _frames(socket: WebSocket, keep: Keep) -> None:
    where = socket.url.partition("?")[0]
    socket.on("framereceived", lambda data: keep("frame", where, _raw(data)))


def _raw(data: str | bytes) -> bytes:
    return data if isinstance(data, bytes) else data.encode("utf-8", "surrogatepass")


class Wire:
    """All that came to the pages of the application in a context, and what they asked of others."""

    def __init__(self, context: BrowserContext, server: str, provider: str) -> None:
        self.heard: list[tuple[str, str, bytes]] = []
        self.elsewhere: list[str] = []
        self._server, self._provider = server, provider
        context.on("request", self._asked)
        context.on("page", self._listen)
        for page in context.pages:
            self._listen(page)

    def _listen(self, page: Page) -> None:
        listen(page, self._server, lambda kind, where, data: self.heard.append((kind, where, data)))
        page.on("websocket", lambda socket: self._opened(socket.url))

    def _asked(self, request: Request) -> None:
        """Note what asks others than the Jupyter server, but for the provider's own pages."""
        is_page_of_provider = request.is_navigation_request() and request.url.startswith(self._provider)
        is_from_there = request.headers.get("referer", "").startswith(self._provider)
        if not (is_page_of_provider or is_from_there):
            self._opened(request.url)

    def _opened(self, url: str) -> None:
        if urlsplit(url).netloc != urlsplit(self._server).netloc and urlsplit(url).scheme not in {
            "data",
            "blob",
        }:
            self.elsewhere.append(url)

    def found(self, secrets: Iterable[str]) -> list[str]:
        """Where so much as the first or the last letters of any of these came, in whatever form."""
        ends = {end for secret in secrets for end in (secret[:MARK], secret[-2 * MARK :])} - {_JWT}
        needles = [form for end in ends for form in forms(end)]
        return [
            f"{kind} {where}" for kind, where, data in self.heard if any(needle in data for needle in needles)
        ]


_JWT = "eyJhbGci"  # how every one of them begins
