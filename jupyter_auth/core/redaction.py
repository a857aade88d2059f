"""Known secrets are masked in any text.

What is masked: the text itself, also broken over lines or by colours; any base64 of a text with it; its
percent-encoded form. In logs also whatever begins with its first eight characters.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from jupyter_auth.core import known
from jupyter_auth.core.known import ANCHOR, LETTERS, SHORTEST, START, Alike

REDACTED = "•••"  # U+2022 has no place in Latin-1: a redacted HTTP header fails loudly

LOOKS = 64  # close ones for nothing that a text, or all of a log record, is worth
PIECES = 16  # of a broken word that cost as much as one look
FEW, LONG = 12, 4096  # anchors, characters: which way of looking is the faster one
MANY = 200  # anchors beyond which it is the other one in a long text, too, even in one that is a single word
PICTURES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp", "application/pdf"})

_RUN = rf"[{LETTERS}]{{{ANCHOR},}}"
_WORD = r"(?a)[\w.~+/=%-]*"
#: What tables, tracebacks, colours, HTML and quoted lines put into a long word.
_BREAK = r"(?:\s|\\[nrt]|\x1b\[[0-9;]*m|<[^<>\n]{0,200}>|[\"'\\│])+"
_compiled = cache(re.compile)  # when one is first needed: in most kernels none is


class Looks:
    """How many close looks are left: whoever writes a text decides how many it would take."""

    __slots__ = ("left",)

    def __init__(self) -> None:
        self.left = LOOKS


def knows_any() -> bool:
    """False while there is nothing to look for."""
    return bool(known.anchors)


def masked(text: str, *, starts: bool = False, looks: Looks | None = None) -> str:
    """``text`` with known secrets masked; the same object where there are none. ``starts``: also words that
    only begin like one."""
    return _replaced(text, spans(text, starts=starts, looks=looks)) if near(text) else text


def masked_in(value: Any, *, starts: bool = False, looks: Looks | None = None) -> Any:
    """JSON-like data with its texts masked; the same object where nothing was. Of a MIME bundle, pictures are
    left out: what they show are no texts, and they are large."""
    if isinstance(value, str):
        return masked(value, starts=starts, looks=looks)
    if isinstance(value, dict):
        changed = {
            k: new
            for k, v in value.items()
            if k not in PICTURES and (new := masked_in(v, starts=starts, looks=looks)) is not v
        }
        if changed or any(isinstance(key, str) and near(key) for key in value):
            return {masked_in(k, starts=starts, looks=looks): changed.get(k, v) for k, v in value.items()}
    elif isinstance(value, list | tuple):
        items = [
            masked_in(item, starts=starts, looks=looks)
            if isinstance(item, str | dict | list | tuple)
            else item
            for item in value
        ]
        if any(new is not old for new, old in zip(items, value, strict=True)):
            return items
    return value


def near(text: str) -> bool:
    """Whether it is worth a closer look: what nearly every text has to pay."""
    if len(known.anchors) <= (MANY if len(text) > LONG else FEW):
        for anchor in known.anchors:  # noqa: SIM110 -- half of what any() costs, for each line that is logged
            if anchor in text:
                return True
        return False
    for run in _compiled(_RUN).findall(text):
        if run[:ANCHOR] in known.forms:
            return True
        if len(run) > SHORTEST and any(
            run[at : at + ANCHOR] in known.forms for at in range(1, len(run) - ANCHOR + 1)
        ):
            return True
    return any(map(text.__contains__, known.odd))


def spans(text: str, *, starts: bool = False, looks: Looks | None = None) -> list[tuple[int, int]]:
    """Where secrets stand, in order. Without looks left, a word that begins like one is taken for one."""
    found, looks = [], looks or Looks()
    for anchor in known.anchors:
        at = text.find(anchor)
        while at >= 0:
            alike = known.forms.get(anchor, {}).get(hash(text[at : at + START]))
            end = _end(text, at, alike, looks) if alike and looks.left > 0 else 0
            if alike and not end:
                looks.left -= 1
                if starts or looks.left < 0:
                    word = _compiled(_WORD).match(text, at)
                    end = max(at + START, word.end() if word else 0)
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
            if _is_begun(text, at, known.forms.get(anchor, {})):
                at_most = at
            at = text.find(anchor, at + 1)
    return at_most


def _is_begun(text: str, at: int, forms: dict[int, Alike]) -> bool:
    there = len(text) - at
    if there >= START:
        alike = forms.get(hash(text[at : at + START]))
        if alike is None or there >= alike.lengths[0]:
            return False
    return not _compiled(_BREAK).search(text, at)


def _end(text: str, at: int, alike: Alike, looks: Looks) -> int:
    """Where what begins at ``at`` ends, if it is one of those secrets; else 0."""
    longest = alike.lengths[0]
    if length := _length(text[at : at + longest], alike):
        return at + length
    breaks = _compiled(_BREAK)
    if not breaks.search(text, at, at + longest):
        return 0
    parts, places, have, begun = [], [], 0, at
    for gap in breaks.finditer(text, at, at + 4 * longest + 400):
        parts.append(text[begun : gap.start()])
        places.append((have, begun))
        have += gap.start() - begun
        begun = gap.end()
        if have >= longest:
            break
    looks.left -= len(parts) // PIECES
    places.append((have, begun))
    length = _length("".join([*parts, text[begun : begun + max(0, longest - have)]])[:longest], alike)
    return max((begun + length - have for have, begun in places if have < length), default=0)


def _length(text: str, alike: Alike) -> int:
    """Of the secret that ``text`` begins with; or 0. Only what also ends like one is digested."""
    for length in alike.lengths:
        is_near = length <= len(text) and hash(text[length - START : length]) in alike.ends
        if is_near and known.digest(text[:length]) in alike.digests:
            return length
    return 0


def _replaced(text: str, found: list[tuple[int, int]]) -> str:
    parts, done = [], 0
    for start, end in found:
        if start >= done:
            parts += [text[done:start], REDACTED]
        done = max(done, end)
    return "".join([*parts, text[done:]]) if found else text
