"""One decision about tokens, as it is written down for an administrator. It cannot hold a secret.

Its fields are enums and texts of four kinds, each with what it may be made of and how long it may be. None
of them is made of a ``Secret``, or of anything else but plain text.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, ClassVar, Self

from jupyter_auth.core.text import clean

MAX_SCOPES = 100

#: A JWT (RFC 7519 §3) or the beginning of one, in what people and programs may name as they like.
_TOKEN = re.compile(r"eyJ[A-Za-z0-9_-]{6,}(\.[A-Za-z0-9_-]*)*")
_HIDDEN = "•••"


class Decision(StrEnum):
    """What was decided."""

    FIRST_USE = "first_use"
    HITS = "hits"
    REFRESHED = "refreshed"
    DENIED = "denied"
    PROMPT_STARTED = "prompt_started"
    PROMPT_ENDED = "prompt_ended"
    SIGNED_IN = "signed_in"
    NEEDS_SIGN_IN = "needs_sign_in"
    SWITCHED = "switched"
    SIGNED_OUT = "signed_out"
    REMOVED = "removed"
    REVOCATION = "revocation"
    CLEARED = "cleared"
    GRANT_GIVEN = "grant_given"
    GRANT_REFUSED = "grant_refused"
    GRANT_REVOKED = "grant_revoked"
    RECORDS_LOST = "records_lost"


class Source(StrEnum):
    """What gave the token: a level of the cache, or the provider."""

    KERNEL = "kernel"
    MEMORY = "memory"
    STORE = "store"
    IDENTITY_PROVIDER = "identity_provider"


class Via(StrEnum):
    """From where it was asked: a kernel's own connection, that of a worker with its handle, REST, a process
    with a broker of its own; or the broker did it by itself."""

    KERNEL = "kernel"
    WORKER = "worker"
    REST = "rest"
    PROCESS = "process"
    BROKER = "broker"


class UserSource(StrEnum):
    """Who says who the user is: Jupyter's login, or the operating system."""

    JUPYTER = "jupyter"
    SYSTEM = "system"


class _Text(str):
    """Text of a kind. Raises ``TypeError`` for anything but plain text, ``ValueError`` for text of another
    kind; neither error repeats it."""

    __slots__ = ()
    limit: ClassVar[int]
    pattern: ClassVar[str]

    def __new__(cls, value: str) -> Self:
        if type(value) is not str and type(value) is not cls:  # a subclass may show itself otherwise
            raise TypeError(f"{cls.__name__} is made of plain text, not of {type(value).__name__}")
        if not 0 < len(value) <= cls.limit or not re.fullmatch(cls.pattern, value):
            raise ValueError(f"this is no {cls.__name__}")
        if _TOKEN.search(value):
            raise ValueError(f"no {cls.__name__} holds a token")
        return super().__new__(cls, value)

    @classmethod
    def of(cls, value: str | None) -> Self | None:
        """The text, or None for what is not of this kind."""
        if value is None or value == "":
            return None
        try:
            return cls(value)
        except ValueError:
            return None


class Id(_Text):
    """An id of the product, of Jupyter or of an account."""

    __slots__ = ()
    limit, pattern = 400, r"[A-Za-z0-9_.\-]+"


class Slug(_Text):
    """A word of a list, as a program reads it."""

    __slots__ = ()
    limit, pattern = 64, r"[a-z][a-z0-9_]*"

    @classmethod
    def of(cls, value: str | None) -> Self | None:
        """The word; ``other`` for what is none, since a provider may invent some."""
        return super().of(value) or (cls("other") if value else None)


class Scope(_Text):
    """A scope (RFC 6749 §3.3)."""

    __slots__ = ()
    limit, pattern = 256, r"[\x21\x23-\x5B\x5D-\x7E]+"


class Name(_Text):
    """What people and programs call themselves and their notebooks: one clean line."""

    __slots__ = ()
    limit, pattern = 160, r"[^\x00-\x1f\x7f]+"

    def __new__(cls, value: str) -> Self:
        name = super().__new__(cls, value)
        if clean(value, cls.limit) != value:
            raise ValueError("a Name is one clean line")
        return name

    @classmethod
    def of(cls, value: str | None) -> Self | None:
        """The text made clean and short, with what looks like a token taken out."""
        if value is not None and type(value) is not str and type(value) is not cls:
            raise TypeError(f"Name is made of plain text, not of {type(value).__name__}")
        short = clean(_TOKEN.sub(_HIDDEN, clean(value, cls.limit)), cls.limit)
        return cls(short) if short else None


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditRecord:
    """One decision. ``at`` is in milliseconds since 1970; ``reason`` says why, how it ended or for
    how long; ``count`` how often, where several of a kind are one record. Raises ``TypeError`` for a field of
    another type."""

    at: int
    decision: Decision
    via: Via = Via.BROKER
    user: Name | None = None
    user_source: UserSource = UserSource.SYSTEM
    kernel_id: Id | None = None
    kernel_name: Name | None = None
    notebook: Name | None = None
    profile: Name | None = None
    scopes: tuple[Scope, ...] = ()
    home_account_id: Id | None = None
    source: Source | None = None
    reason: Slug | None = None
    interaction: Id | None = None
    flow: Slug | None = None
    count: int = 1

    def __post_init__(self) -> None:
        for name, kind in _KINDS.items():
            value = getattr(self, name)
            if value is not None and type(value) is not kind:
                raise TypeError(f"{name} is a {kind.__name__}, not a {type(value).__name__}")
            if value is None and name in _NEVER_NONE:
                raise TypeError(f"{name} is missing")
        if len(self.scopes) > MAX_SCOPES or any(type(scope) is not Scope for scope in self.scopes):
            raise TypeError(f"scopes holds at most {MAX_SCOPES} of Scope")

    def to_wire(self) -> dict[str, Any]:
        """All of it, for the log; ``at`` as RFC 3339 has it, in UTC."""
        told = {field.name: getattr(self, field.name) for field in fields(self)}
        return {**told, "at": rfc3339(self.at), "scopes": list(self.scopes)}

    def to_event(self) -> dict[str, Any]:
        """Ids and states: without what people call themselves, their kernels and their notebooks."""
        return {name: value for name, value in self.to_wire().items() if name not in _NAMES}

    def to_line(self) -> str:
        """One line of JSON, in ASCII: no value can end it or begin another."""
        return json.dumps(self.to_wire(), separators=(",", ":"))


_NAMES = frozenset({"user", "user_source", "kernel_name", "notebook"})
_KINDS: dict[str, type] = {
    "at": int,
    "decision": Decision,
    "via": Via,
    "user": Name,
    "user_source": UserSource,
    "kernel_id": Id,
    "kernel_name": Name,
    "notebook": Name,
    "profile": Name,
    "scopes": tuple,
    "home_account_id": Id,
    "source": Source,
    "reason": Slug,
    "interaction": Id,
    "flow": Slug,
    "count": int,
}
_NEVER_NONE = frozenset({"at", "decision", "via", "user_source", "scopes", "count"})


def scopes_of(scopes: Iterable[str]) -> tuple[Scope, ...]:
    """As many as a record holds; one that is too long, or looks like a token, is left out."""
    return tuple(scope for text in scopes if (scope := Scope.of(text)) is not None)[:MAX_SCOPES]


def rfc3339(milliseconds: int) -> str:
    """A time in UTC with milliseconds (RFC 3339 §5.6)."""
    moment = datetime.fromtimestamp(milliseconds // 1000, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{milliseconds % 1000:03d}Z"
