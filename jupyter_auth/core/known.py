"""The secrets that this process has in hand, known again in any text, without being kept.

What stays of a secret is the length of each form it may take, the first seven characters, and keyed digests.
So nothing has to be wiped here when a token is, and masking goes on for as long as a token may be good.

Whatever becomes a ``Secret`` is known, and known anew each time it is revealed.
"""

from __future__ import annotations

import os
import threading
from binascii import b2a_base64
from collections.abc import Iterator
from hashlib import blake2b
from itertools import chain
from time import time

SHORTEST = 12  # characters; what is shorter may be a word, which texts hold for other reasons
MOST = 2048  # secrets of our own; those that end first are let go of first
SENT = 256  # that others sent, of whom none may so push out one of our own
LIFE = 3600.0  # seconds for which it is fresh, and then known, unless it is known to be good for longer
ANCHOR = 7  # characters that are searched for: fewer than may be seen of a secret
START = 8

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-"  # what a run is made of
_UNRESERVED = f"{LETTERS}.~"  # RFC 3986 §2.3: percent-encoding leaves these as they are
_URLSAFE = str.maketrans("+/", "-_")


class Form:
    """One way in which a secret may look. A plain class, as ``Alike``: making others would cost each kernel
    more than all else here."""

    __slots__ = ("digest", "end", "length", "start")

    def __init__(self, text: str) -> None:
        self.start, self.end = hash(text[:START]), hash(text[-START:])
        self.length, self.digest = len(text), digest(text)


class Alike:
    """Forms whose first eight characters are the same: of JWTs of one algorithm that is each."""

    __slots__ = ("digests", "ends", "lengths")
    lengths: tuple[int, ...]  # the longest first
    ends: frozenset[int]
    digests: frozenset[bytes]

    def __init__(self, added: list[Form], before: Alike | None = None) -> None:
        lengths = {form.length for form in added}.union(before.lengths if before else ())
        self.lengths = tuple(sorted(lengths, reverse=True))
        self.ends = frozenset(form.end for form in added).union(before.ends if before else ())
        self.digests = frozenset(form.digest for form in added).union(before.digests if before else ())


_salt = os.urandom(16)
#: Reentrant: the collector may run a finalizer here that makes or reveals a secret.
_lock = threading.RLock()
_is_learning = False
_waiting: list[tuple[str, float, bool]] = []
#: The hashes of secrets that need not be noted again when they are revealed.
fresh: set[int] = set()
_ends: dict[int, float] = {}  # by the hash of a secret: until when it is fresh
_sent: set[int] = set()  # the hashes of those that others sent
_looks_of: dict[int, list[tuple[str, Form]]] = {}
forms: dict[str, dict[int, Alike]] = {}  # by their first seven characters, and by Form.start
anchors: tuple[str, ...] = ()
odd: tuple[str, ...] = ()  # those of them that are no run of letters


def note(value: str, until: float = 0.0, *, sent: bool = False) -> None:
    """Know ``value`` from here on: until it ends (Unix seconds), and for an hour at least. ``sent``: it came
    from a kernel or a browser, and is no secret of our own by that."""
    global _is_learning  # noqa: PLW0603 -- module state by design
    now = time()
    is_fresh = _ends.get(hash(value), 0.0) >= max(until, now + LIFE / 2)
    if len(value) < SHORTEST or (is_fresh and (sent or hash(value) not in _sent)):
        return
    with _lock:
        _waiting.append((value, max(until, now + LIFE), sent))
        if _is_learning:
            return  # whom the finalizer interrupted does it
        _is_learning = True
        try:
            while _waiting:
                _let_go(now)
                _learn(*_waiting.pop())
        finally:
            _is_learning = False


def note_key(key: bytes) -> None:
    """Know a key of bytes by the texts that are made of one."""
    note(key.hex())
    note(b2a_base64(key, newline=False).decode("ascii").rstrip("="))


def forget_all() -> None:
    """Know nothing any more."""
    with _lock:
        fresh.clear()
        _ends.clear()
        _sent.clear()
        _looks_of.clear()
        forms.clear()
        _index()


def _learn(value: str, until: float, sent: bool) -> None:
    key = hash(value)
    if not sent:
        _sent.discard(key)
    elif key not in _ends:
        _sent.add(key)
    if key not in _ends:
        _looks_of[key] = [(text[:ANCHOR], Form(text)) for text in _looks(value)]
        for anchor, form in _looks_of[key]:
            alike = forms.get(anchor, {})
            forms[anchor] = {**alike, form.start: Alike([form], alike.get(form.start))}
        _index()
    _ends[key] = until
    fresh.add(key)


def _let_go(now: float) -> None:
    """Of what has ended, and of the first to end where there are too many."""
    if len(_sent) < SENT and len(_ends) - len(_sent) < MOST and min(_ends.values(), default=now) >= now:
        return
    fresh.difference_update([key for key, end in _ends.items() if end < now])
    gone = {key for key, end in _ends.items() if end + LIFE < now}
    for those, most in ((_sent, SENT), (_ends.keys() - _sent, MOST)):
        if len(those) >= most:
            gone.update(
                sorted(those, key=_ends.__getitem__)[: len(those) - most + most // 16]
            )  # seldom, for all is indexed anew
    if not gone:
        return
    fresh.difference_update(gone)
    _sent.difference_update(gone)
    for key in gone:
        del _ends[key], _looks_of[key]
    left: dict[str, dict[int, list[Form]]] = {}
    for anchor, form in chain.from_iterable(_looks_of.values()):
        left.setdefault(anchor, {}).setdefault(form.start, []).append(form)
    for anchor in forms.keys() - left.keys():
        del forms[anchor]
    for anchor, starts in left.items():
        forms[anchor] = {start: Alike(those) for start, those in starts.items()}
    _index()


def _index() -> None:
    global anchors, odd  # noqa: PLW0603 -- module state by design: readers take it without a lock
    anchors = tuple(forms)
    odd = tuple(anchor for anchor in anchors if anchor.strip(LETTERS))


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
    if value.strip(_UNRESERVED):
        from urllib.parse import quote  # noqa: PLC0415 -- tokens seldom need it

        yield from {quote(raw, safe=""), quote(raw)} - {value}


def digest(text: str) -> bytes:
    """What is kept of a text."""
    return blake2b(text.encode("utf-8", "surrogatepass"), key=_salt, digest_size=16).digest()


def _after_fork() -> None:
    """Of the threads one is left: another may have held the lock."""
    global _lock, _is_learning
    _lock, _is_learning = threading.RLock(), False


os.register_at_fork(after_in_child=_after_fork)
