"""Known secrets are masked in any text.

What is masked: the text itself, also broken over lines or by colours; any base64 of a text with it; its
percent-encoded form. In logs also whatever begins with its first eight characters.
"""

from __future__ import annotations

import re
from typing import Any

from jupyter_auth.core import known
from jupyter_auth.core.known import ANCHOR, RUNS, SHORTEST, START, Form

REDACTED = "•••"  # U+2022 has no place in Latin-1: a redacted HTTP header fails loudly

FEW, LONG = 12, 4096  # anchors, characters: which way of looking is the faster one
PICTURES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp", "application/pdf"})

_WORD = re.compile(r"[\w.~+/=%-]*", re.ASCII)
#: What tables, tracebacks, colours, HTML and quoted lines put into a long word.
_BREAKS = re.compile(r"(?:\s|\\[nrt]|\x1b\[[0-9;]*m|<[^<>\n]{0,200}>|[\"'\\│])+")


def knows_any() -> bool:
    """False while there is nothing to look for."""
    return bool(known.anchors)


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
    if len(known.anchors) <= FEW or len(text) > LONG:
        for anchor in known.anchors:  # noqa: SIM110 -- half of what any() costs, for each line that is logged
            if anchor in text:
                return True
        return False
    for run in RUNS.findall(text):
        if run[:ANCHOR] in known.forms:
            return True
        if len(run) > SHORTEST and any(
            run[at : at + ANCHOR] in known.forms for at in range(1, len(run) - ANCHOR + 1)
        ):
            return True
    return any(map(text.__contains__, known.odd))


def spans(text: str, *, starts: bool = False) -> list[tuple[int, int]]:
    """Where secrets stand, in order."""
    found = []
    for anchor in known.anchors:
        at = text.find(anchor)
        while at >= 0:
            end = max((_end(text, at, form, starts) for form in known.forms.get(anchor, ())), default=0)
            if end:
                found.append((at, end))
            at = text.find(anchor, end or at + 1)
    return sorted(found)


def open_end(text: str) -> int:
    """From where on ``text`` may be the first part of a secret, of which the rest is still to come."""
    at_most = len(text)
    for anchor in known.anchors:
        at = text.find(anchor)
        while 0 <= at < at_most:
            if any(_is_begun(text, at, form) for form in known.forms.get(anchor, ())):
                at_most = at
            at = text.find(anchor, at + 1)
    return at_most


def _is_begun(text: str, at: int, form: Form) -> bool:
    there = len(text) - at
    is_it = there < START or hash(text[at : at + START]) == form.start
    return is_it and there < form.length and not _BREAKS.search(text, at)


def _end(text: str, at: int, form: Form, starts: bool) -> int:
    """Where what begins at ``at`` ends, if it is that secret; else 0."""
    if hash(text[at : at + START]) != form.start:
        return 0
    piece = text[at : at + form.length]
    if known.digest(piece) == form.digest:
        return at + form.length
    end = _end_of_broken(text, at, form) if _BREAKS.search(piece) else 0
    if starts and not end:
        word = _WORD.match(text, at)
        end = max(at + START, word.end() if word else 0)
    return end


def _end_of_broken(text: str, at: int, form: Form) -> int:
    parts, missing = [], form.length
    for gap in _BREAKS.finditer(text, at, at + 4 * form.length + 400):
        part = text[at : gap.start()]
        if len(part) >= missing:
            break
        parts.append(part)
        missing -= len(part)
        at = gap.end()
    parts.append(text[at : at + missing])
    return at + missing if known.digest("".join(parts)) == form.digest else 0


def _replaced(text: str, found: list[tuple[int, int]]) -> str:
    parts, done = [], 0
    for start, end in found:
        if start >= done:
            parts += [text[done:start], REDACTED]
        done = max(done, end)
    return "".join([*parts, text[done:]]) if found else text
