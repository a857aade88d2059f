"""The sign-ins as they are at one moment, as HTML and as text: for terminals, nbconvert, papermill, and for
who reads a saved notebook. No token, no code and no address is in it, and nothing can be clicked."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from jupyter_auth.core.text import clean
from jupyter_auth.ui.markup import Html, fill, sentence, stylesheet
from jupyter_auth.ui.panel.answers import line, read
from jupyter_auth.ui.strings import Phrase, phrase, text

Row = Mapping[str, Any]

_MARKS = {"ok": "●", "warn": "▲", "none": "○", "bad": "■"}
_APPLICATIONS = {"client_credentials", "managed_identity"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """An access token: when it ends, and what for."""

    until: Phrase
    scopes: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One account of one profile, or a profile with none."""

    profile: str
    account: str
    mark: str
    state: Phrase
    tokens: tuple[Token, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """What was known when it was made; ``str()`` is its text."""

    where: str
    lines: tuple[Line, ...]
    store: Phrase

    def __str__(self) -> str:
        rows = [
            (one.profile, one.account or "–", f"{_MARKS[one.mark]} {one.state}", _told(one.tokens))
            for one in self.lines
        ]
        widths = [max((len(row[at]) for row in rows), default=0) for at in range(3)]
        listed = [
            "  " + "  ".join([*(c.ljust(w) for c, w in zip(row, widths, strict=False)), row[3]]).rstrip()
            for row in rows
        ]
        head = [text("panel.title"), *([self.where] if self.where else []), ""]
        return "\n".join([*head, *(listed or ["  " + text("panel.noProfile")]), "", str(self.store)])

    __repr__ = __str__

    def html(self) -> str:
        """A table, in the theme of the page where that has one."""
        rows = [
            fill(
                "panel-row",
                profile=one.profile,
                account=one.account or "–",
                state=fill("panel-state", mark=_MARKS[one.mark], tone=one.mark, words=str(one.state)),
                tokens=Html("".join(_token(token) for token in one.tokens)) or text("panel.noToken"),
            )
            for one in self.lines
        ]
        columns = ("profile", "account", "state", "token")
        return fill(
            "panel",
            css=stylesheet("panel.css"),
            title=text("panel.title"),
            where=self.where,
            heads=Html("".join(fill("panel-head", words=text(f"panel.column.{name}")) for name in columns)),
            rows=Html("".join(rows)) or fill("panel-empty", words=text("panel.noProfile")),
            store=sentence(self.store),
            note=text("panel.static"),
        )

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        return {"text/html": self.html(), "text/plain": str(self)}


def snapshot() -> Snapshot:
    """The sign-ins now. Raises ``AuthError`` where the broker cannot be asked."""
    with line() as connection:
        status = read(connection, "status")
        profiles, accounts, cache, kernels = (
            read(connection, resource) for resource in ("profiles", "accounts", "cache", "kernels")
        )
    own = kernels[0] if kernels else {}
    names = [clean(own.get(name)) for name in ("notebook", "kernel_name")]
    return Snapshot(
        where=" · ".join(name.rsplit("/", 1)[-1] for name in names if name),
        lines=tuple(one for profile in profiles for one in _lines(profile, accounts, cache)),
        store=_store(status),
    )


def _lines(profile: Row, accounts: Iterable[Row], cache: Iterable[Row]) -> list[Line]:
    name, title = profile.get("name"), clean(profile.get("title")) or clean(profile.get("name"))
    held = [entry for entry in cache if entry.get("profile") == name]
    ids = "home_account_id"
    own = [account for account in accounts if account.get("profile") == name]
    if profile.get("faults") or not own:
        mark, state = _state_of(profile)
        tokens = tuple(_kept(entry) for entry in held)
        return [Line(profile=title, account="", mark=mark, state=state, tokens=tokens)]
    return [
        Line(
            profile=title,
            account=clean(account.get("username") or account.get("home_account_id")),
            mark="ok" if account.get("state") == "signed_in" else "warn",
            state=phrase(
                "panel.state.signedIn" if account.get("state") == "signed_in" else "panel.state.needsYou"
            ),
            tokens=tuple(_kept(entry) for entry in held if entry.get(ids) == account.get(ids)),
        )
        for account in own
    ]


def _state_of(profile: Row) -> tuple[str, Phrase]:
    if profile.get("faults"):
        return "bad", phrase("panel.state.setup", count=len(profile["faults"]))
    is_application = profile.get("provider") in _APPLICATIONS
    return "none", phrase("panel.state.app" if is_application else "panel.state.none")


def _kept(entry: Row) -> Token:
    until = time.strftime("%Y-%m-%d %H:%M %Z", time.localtime(entry.get("expires_on") or 0))
    scopes = " ".join(clean(scope) for scope in entry.get("scopes") or ())
    return Token(until=phrase("panel.until", time=until), scopes=scopes)


def _token(token: Token) -> Html:
    return fill("panel-token", until=sentence(token.until), scopes=token.scopes)


def _told(tokens: tuple[Token, ...]) -> str:
    return "; ".join(f"{token.until} ({token.scopes})" for token in tokens)


def _store(status: Row) -> Phrase:
    """Where sign-ins are kept, as the panel says it."""
    store, broker = status.get("store") or {}, status.get("broker") or {}
    if broker.get("where") == "process":
        return phrase("panel.store.process")
    if store.get("locked"):
        return phrase("panel.store.locked")
    if store.get("name") in {"memory", "redis"}:
        return phrase("panel.store.memory" if store["name"] == "memory" else "panel.store.redis")
    has_keyring = str(store.get("key_source")).startswith("keyring")
    return phrase("panel.store.keyring" if has_keyring else "panel.store.file")
