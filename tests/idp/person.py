"""A person at a browser: cookies, redirects and forms, without the browser."""

import re
from html.parser import HTMLParser
from types import TracebackType
from typing import Self
from urllib.parse import urljoin, urlsplit

import requests

from .errors import ProviderError

TIMEOUT = 60.0  # seconds
_REDIRECTS = (301, 302, 303, 307, 308)


class _FormParser(HTMLParser):
    """Collects the first form's action and the fields it would send unchanged."""

    def __init__(self) -> None:
        super().__init__()
        self.action: str | None = None
        self.fields: dict[str, str] = {}
        self._inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "form" and self.action is None:
            self.action, self._inside = given.get("action") or "", True
        elif tag == "input" and self._inside:
            name = given.get("name")
            if name and given.get("type") not in ("submit", "checkbox", "radio"):
                self.fields[name] = given.get("value") or ""

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._inside = False


class Person:
    """Opens pages and sends their forms; stops, without connecting, at a redirect to ``stop_at``.

    ``certificate`` is the file to trust, for a provider that speaks TLS.
    """

    def __init__(self, stop_at: str = "", certificate: str | None = None) -> None:
        self._session = requests.Session()
        self._session.verify = certificate or True
        self._session.trust_env = (
            False  # the proxies and certificates of the environment are not for loopback
        )
        self._stop_at = stop_at
        self._page: requests.Response | None = None
        self._stopped_at: str | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._session.close()

    @property
    def page(self) -> requests.Response:
        """The page now shown."""
        if self._page is None:
            raise ProviderError("no page was opened yet")
        return self._page

    @property
    def text(self) -> str:
        """What the page says, for a person and for an error message."""
        visible = re.sub(r"<(style|script|title).*?</\1>|<[^>]+>", " ", self.page.text, flags=re.S)
        return " ".join(visible.split())

    def expect(self, words: str) -> None:
        """Fail unless the page says these words."""
        if words not in self.text:
            raise ProviderError(f'the page does not say "{words}" but: {self.text[:300]}')

    def callback(self) -> str:
        """Return where the person was sent back to."""
        if self._stopped_at is None:
            raise ProviderError(f"not sent back to {self._stop_at}; the page says: {self.text[:300]}")
        return self._stopped_at

    def sign_in(self, username: str) -> None:
        """Fill in the pages for name and password and for consent, in the order they come."""
        for _ in range(4):
            fields = self._form().fields
            if "login" in fields:
                self.submit(login=username, password="any will do")
            elif "prompt" in fields:
                self.submit()

    def open(self, url: str) -> None:
        """Go to a page, over its redirects."""
        self._follow(self._session.get(url, allow_redirects=False, timeout=TIMEOUT))

    def submit(self, **values: str) -> None:
        """Send the page's form with these values filled in."""
        form = self._form()
        if form.action is None:
            raise ProviderError(
                f"no form to send at {self.page.url} (HTTP {self.page.status_code}): {self.text[:300]}"
            )
        here = self.page.url
        headers = {"Referer": here, "Origin": "{0.scheme}://{0.netloc}".format(urlsplit(here))}
        data = form.fields | values
        target = urljoin(here, form.action)
        answer = self._session.post(
            target, data=data, headers=headers, allow_redirects=False, timeout=TIMEOUT
        )
        self._follow(answer)

    def _form(self) -> _FormParser:
        parser = _FormParser()
        if self._stopped_at is None:
            parser.feed(self.page.text)
        return parser

    def _follow(self, answer: requests.Response) -> None:
        for _ in range(20):
            if answer.status_code not in _REDIRECTS:
                break
            target = urljoin(answer.url, answer.headers["Location"])
            if self._stop_at and target.split("?")[0] == self._stop_at:
                self._stopped_at = target
                break
            answer = self._session.get(target, allow_redirects=False, timeout=TIMEOUT)
        self._page = answer
