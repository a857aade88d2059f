"""The secrets that this process has in hand, known again in any text, without being kept.

What stays of a secret is the length of each form it may take, the first seven characters, and keyed digests.
So nothing has to be wiped here when a token is, and masking goes on for as long as a token may be good.

Whatever becomes a ``Secret`` is known, and known anew each time it is revealed. What is masked: the text
itself, also broken over lines or by colours; any base64 of a text with it; its percent-encoded form. In logs
also whatever begins with its first eight characters.
"""

from __future__ import annotations

import os
import re
import threading
from binascii import b2a_base64
from collections.abc import Iterator
from hashlib import blake2b
from itertools import chain
from time import time
from typing import Any, NamedTuple

REDACTED = "•••"  # U+2022 has no place in Latin-1: a redacted HTTP header fails loudly

SHORTEST = 12  # characters; what is shorter may be a word, which texts hold for other reasons
MOST = 256  # secrets; those that end first are let go of first
LIFE = 3600.0  # seconds for which it is fresh, and then known, unless it is known to be good for longer
ANCHOR = 7  # characters that are searched for: fewer than may be seen of a secret
START = 8
FEW, LONG = 12, 4096  # anchors, characters: which way of looking is the faster one
PICTURES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp", "application/pdf"})

_RUNS = re.compile(rf"[A-Za-z0-9_-]{{{ANCHOR},}}")
_WORD = re.compile(r"[\w.~+/=%-]*", re.ASCII)
#: What tables, tracebacks, colours, HTML and quoted lines put into a long word.
_BREAKS = re.compile(r"(?:\s|\\[nrt]|\x1b\[[0-9;]*m|<[^<>\n]{0,200}>|[\"'\\│])+")
_URLSAFE = str.maketrans("+/", "-_")


class _Form(NamedTuple):
    """One way in which a secret may look."""

    start: int  # hash of its first eight characters
    length: int
    digest: bytes


_salt = os.urandom(16)
_lock = threading.Lock()
#: The hashes of secrets that need not be noted again when they are revealed.
fresh: set[int] = set()
_ends: dict[int, float] = {}  # by the hash of a secret: until when it is fresh
_looks_of: dict[int, list[tuple[str, _Form]]] = {}
_forms: dict[str, tuple[_Form, ...]] = {}  # by their first seven characters
_anchors: tuple[str, ...] = ()
_odd: tuple[str, ...] = ()  # those of them that are no run of letters


def note(value: str, until: float = 0.0) -> None:
    """Know ``value`` from here on: until it ends (Unix seconds), and for an hour at least."""
    now = time()
    if _ends.get(hash(value), 0.0) >= max(until, now + LIFE / 2) or len(value) < SHORTEST:
        return
    with _lock:
        _let_go(now)
        _learn(value, max(until, now + LIFE))


def note_key(key: bytes) -> None:
    """Know a key of bytes by the texts that are made of one."""
    note(key.hex())
    note(b2a_base64(key, newline=False).decode("ascii").rstrip("="))


def knows_any() -> bool:
    """False while there is nothing to look for."""
    return bool(_anchors)


def forget_all() -> None:
    """Know nothing any more."""
    with _lock:
        fresh.clear()
        _ends.clear()
        _looks_of.clear()
        _forms.clear()
        _index()


def masked(text: str, *, starts: bool = False) -> str:
    """``text`` with known secrets masked; the same object where there are none. ``starts``: also words that
    only begin like one."""
    return _replaced(text, spans(text, starts=starts)) if near(text) else text


def masked_in(value: Any, *, starts: bool = False) -> Any:
    """JSON-like data with its texts masked; the same object where nothing was. Of a MIME bundle, pictures are
    left out: what they show are no texts, and they are large."""
    if isinstance(value, str):
        return masked(value, starts=starts)
    if isinstance(value, dict):
        changed = {
            k: new
            for k, v in value.items()
            if k not in PICTURES and (new := masked_in(v, starts=starts)) is not v
        }
        if changed or any(isinstance(key, str) and near(key) for key in value):
            return {masked_in(k, starts=starts): changed.get(k, v) for k, v in value.items()}
    elif isinstance(value, list | tuple):
        items = [
            masked_in(item, starts=starts) if isinstance(item, str | dict | list | tuple) else item
            for item in value
        ]
        if any(new is not old for new, old in zip(items, value, strict=True)):
            return items
    return value


def near(text: str) -> bool:
    """Whether it is worth a closer look: what nearly every text has to pay."""
    if len(_anchors) <= FEW or len(text) > LONG:
        for anchor in _anchors:  # noqa: SIM110 -- half of what any() costs, for each line that is logged
            if anchor in text:
                return True
        return False
    for run in _RUNS.findall(text):
        if run[:ANCHOR] in _forms:
            return True
        if len(run) > SHORTEST and any(
            run[at : at + ANCHOR] in _forms for at in range(1, len(run) - ANCHOR + 1)
        ):
            return True
    return any(map(text.__contains__, _odd))


def spans(text: str, *, starts: bool = False) -> list[tuple[int, int]]:
    """Where secrets stand, in order."""
    found = []
    for anchor in _anchors:
        at = text.find(anchor)
        while at >= 0:
            end = max((_end(text, at, form, starts) for form in _forms.get(anchor, ())), default=0)
            if end:
                found.append((at, end))
            at = text.find(anchor, end or at + 1)
    return sorted(found)


def open_end(text: str) -> int:
    """From where on ``text`` may be the first part of a secret, of which the rest is still to come."""
    at_most = len(text)
    for anchor in _anchors:
        at = text.find(anchor)
        while 0 <= at < at_most:
            if any(_is_begun(text, at, form) for form in _forms.get(anchor, ())):
                at_most = at
            at = text.find(anchor, at + 1)
    return at_most


def _is_begun(text: str, at: int, form: _Form) -> bool:
    there = len(text) - at
    is_it = there < START or hash(text[at : at + START]) == form.start
    return is_it and there < form.length and not _BREAKS.search(text, at)


def _end(text: str, at: int, form: _Form, starts: bool) -> int:
    """Where what begins at ``at`` ends, if it is that secret; else 0."""
    if hash(text[at : at + START]) != form.start:
        return 0
    piece = text[at : at + form.length]
    if _digest(piece) == form.digest:
        return at + form.length
    end = _end_of_broken(text, at, form) if _BREAKS.search(piece) else 0
    if starts and not end:
        word = _WORD.match(text, at)
        end = max(at + START, word.end() if word else 0)
    return end


def _end_of_broken(text: str, at: int, form: _Form) -> int:
    parts, missing = [], form.length
    for gap in _BREAKS.finditer(text, at, at + 4 * form.length + 400):
        part = text[at : gap.start()]
        if len(part) >= missing:
            break
        parts.append(part)
        missing -= len(part)
        at = gap.end()
    parts.append(text[at : at + missing])
    return at + missing if _digest("".join(parts)) == form.digest else 0


def _replaced(text: str, found: list[tuple[int, int]]) -> str:
    parts, done = [], 0
    for start, end in found:
        if start >= done:
            parts += [text[done:start], REDACTED]
        done = max(done, end)
    return "".join([*parts, text[done:]]) if found else text


# -- what is known ------------------------------------------------------------------------------


def _learn(value: str, until: float) -> None:
    key = hash(value)
    if key not in _ends:
        _looks_of[key] = [
            (text[:ANCHOR], _Form(hash(text[:START]), len(text), _digest(text))) for text in _looks(value)
        ]
        for anchor, form in _looks_of[key]:
            _forms[anchor] = (*_forms.get(anchor, ()), form)
        _index()
    _ends[key] = until
    fresh.add(key)


def _let_go(now: float) -> None:
    """Of what has ended, and of the first to end where there are too many."""
    if len(_ends) < MOST and min(_ends.values(), default=now) >= now:
        return
    fresh.difference_update([key for key, end in _ends.items() if end < now])
    over = sorted(_ends, key=_ends.__getitem__)[: max(0, len(_ends) - MOST + 1)]
    gone = {key for key, end in _ends.items() if end + LIFE < now} | set(over)
    if not gone:
        return
    fresh.difference_update(gone)
    for key in gone:
        del _ends[key], _looks_of[key]
    left: dict[str, tuple[_Form, ...]] = {}
    for anchor, form in chain.from_iterable(_looks_of.values()):
        left[anchor] = (*left.get(anchor, ()), form)
    for anchor in _forms.keys() - left.keys():
        del _forms[anchor]
    _forms.update(left)
    _index()


def _index() -> None:
    global _anchors, _odd  # noqa: PLW0603 -- module state by design: readers take it without a lock
    _anchors = tuple(_forms)
    _odd = tuple(anchor for anchor in _anchors if not _RUNS.fullmatch(anchor))


def _looks(value: str) -> Iterator[str]:
    """The forms of a secret, each as a text that stands in a longer one unchanged."""
    raw = value.encode("utf-8", "surrogatepass")
    yield value
    for shift in range(3):  # what base64 makes of it depends on its place, and at both ends on its neighbours
        whole = b2a_base64(bytes(shift) + raw, newline=False).decode("ascii")
        inner = whole[-(-shift * 8 // 6) : (shift + len(raw)) * 8 // 6]
        yield inner
        if inner != (safe := inner.translate(_URLSAFE)):
            yield safe
    if not re.fullmatch(r"[\w.~-]*", value, re.ASCII):
        from urllib.parse import quote  # noqa: PLC0415 -- tokens seldom need it

        yield from {quote(raw, safe=""), quote(raw)} - {value}


def _digest(text: str) -> bytes:
    return blake2b(text.encode("utf-8", "surrogatepass"), key=_salt, digest_size=16).digest()
