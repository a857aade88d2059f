"""Durations and scopes in the words people use."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from jupyter_auth.core.text import clean
from jupyter_auth.ui.strings import Phrase, known, phrase, text, verbatim

SECONDS_SHOWN_UNDER = 300

# Every OpenID sign-in asks for these; they say nothing about what the notebook may do.
_SIGN_IN_SCOPES = frozenset({"openid", "profile", "email"})


def duration(seconds: float) -> str:
    """A time span as people write it; seconds only under five minutes.

    >>> duration(3900), duration(872), duration(200), duration(-3)
    ('1 h 5 min', '15 min', '3 min 20 s', '0 s')
    """
    whole = max(0, math.ceil(seconds))
    if whole < SECONDS_SHOWN_UNDER:
        return _minutes_and_seconds(*divmod(whole, 60))
    minutes = (whole + 30) // 60
    hours, minutes = divmod(minutes, 60)
    if hours >= 24:
        return text("time.day", count=(hours + 12) // 24)
    if hours and minutes:
        return text("time.hourMinute", hours=str(hours), minutes=str(minutes))
    return text("time.hour", count=hours) if hours else text("time.minute", count=minutes)


def _minutes_and_seconds(minutes: int, seconds: int) -> str:
    parts = [text("time.minute", count=minutes)] if minutes else []
    if seconds or not parts:
        parts.append(text("time.second", count=seconds))
    return " ".join(parts)


@dataclass(frozen=True, slots=True, kw_only=True)
class ScopeWords:
    """One scope in words; ``raw`` is its own name, empty where the words hold it already."""

    words: Phrase
    raw: str = ""


def scope_words(scopes: Iterable[object], titles: Mapping[object, object]) -> list[ScopeWords]:
    """What the scopes allow: in the profile's words, else in ours, else "Use <scope>".

    ``openid``, ``profile`` and ``email`` are left out unless nothing else is asked for.
    """
    asked = list(dict.fromkeys(scope for scope in scopes if isinstance(scope, str) and clean(scope)))
    telling = [scope for scope in asked if scope not in _SIGN_IN_SCOPES]
    return [_one_scope(scope, titles.get(scope)) for scope in telling or asked]


def _one_scope(scope: str, title: object) -> ScopeWords:
    raw = clean(scope)
    if isinstance(title, str) and clean(title):
        return ScopeWords(words=verbatim(clean(title)), raw=raw)
    if scope != "unknown" and known(f"scope.{scope}"):
        return ScopeWords(words=phrase(f"scope.{scope}"), raw=raw)
    return ScopeWords(words=phrase("scope.unknown", scope=raw))
