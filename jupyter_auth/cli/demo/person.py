"""A person at the demo provider, without a browser: reads each page's forms, fills them in and sends them."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

import requests

from .servers import DemoError

#: A sign-in is three forms: the code, the account, the answer.
MOST_PAGES = 5


class PageError(DemoError):
    """The pages did not lead where a person wanted to go; the text is what they said."""


@dataclass(slots=True)
class _Form:
    action: str
    method: str
    fields: dict[str, str] = field(default_factory=dict)
    buttons: list[tuple[str, str]] = field(default_factory=list)


class _Page(HTMLParser):
    """The forms of a page, its title and what it says in `role="alert"`."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.forms: list[_Form] = []
        self._heard: dict[str, list[str]] = {"h1": [], "p": []}
        self._inside = ""
        self.feed(text)

    @property
    def title(self) -> str:
        return " ".join("".join(self._heard["h1"]).split())

    @property
    def alert(self) -> str:
        return " ".join("".join(self._heard["p"]).split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "h1" or (tag == "p" and given.get("role") == "alert"):
            self._inside = tag
        elif tag == "form":
            self.forms.append(_Form(given.get("action", ""), given.get("method", "get").lower()))
        elif self.forms and tag == "input" and given.get("name"):
            self.forms[-1].fields[given["name"]] = given.get("value", "")
        elif self.forms and tag == "button" and given.get("name"):
            self.forms[-1].buttons.append((given["name"], given.get("value", "")))

    def handle_endtag(self, tag: str) -> None:
        if tag == self._inside:
            self._inside = ""

    def handle_data(self, data: str) -> None:
        if self._inside:
            self._heard[self._inside].append(data)


def approve(verification_uri: str, user_code: str, username: str = "ada", password: str = "demo") -> str:
    """Enter the code, sign in and allow; returns the last page's title."""
    return _answer(
        verification_uri, {"user_code": user_code, "username": username, "password": password}, "allow"
    )


def deny(verification_uri: str, user_code: str, username: str = "ada", password: str = "demo") -> str:
    """Enter the code, sign in and decline; returns the last page's title."""
    return _answer(
        verification_uri, {"user_code": user_code, "username": username, "password": password}, "decline"
    )


def _answer(verification_uri: str, known: dict[str, str], decision: str) -> str:
    with requests.Session() as session:
        session.trust_env = False
        response = session.get(verification_uri, timeout=10)
        for _ in range(MOST_PAGES):
            page = _Page(response.text)
            if page.alert or not response.ok:
                raise PageError(f"{response.status_code} {page.title}: {page.alert}".rstrip(": "))
            form = _form_to_fill(page, known, decision)
            if form is None:
                return page.title
            response = _send(session, response.url, form, known, decision)
    raise PageError(f"There is always one more page; the last is {page.title!r}.")


def _form_to_fill(page: _Page, known: dict[str, str], decision: str) -> _Form | None:
    """The form that asks for something this person knows, or for the decision."""
    for form in page.forms:
        if known.keys() & form.fields.keys() or ("decision", decision) in form.buttons:
            return form
    return None


def _send(
    session: requests.Session, at: str, form: _Form, known: dict[str, str], decision: str
) -> requests.Response:
    address = urljoin(at, form.action)
    if urlsplit(address)[:2] != urlsplit(at)[:2] or form.method != "post":
        raise PageError("A form of this page would send what it asks for somewhere else.")
    filled = form.fields | {name: value for name, value in known.items() if name in form.fields}
    if ("decision", decision) in form.buttons:
        filled["decision"] = decision
    return session.post(address, data=filled, timeout=10)
