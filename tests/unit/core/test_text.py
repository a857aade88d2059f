"""Strings from outside, made safe to show."""

import random
import sys
import unicodedata
from typing import Any

import pytest

from jupyter_auth.core.faults import where
from jupyter_auth.core.secret import Secret
from jupyter_auth.core.text import clean, clean_list
from tests.unit.core.samples import CANARY, assert_hidden


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, ""),
        ("", ""),
        (5, "5"),
        (True, "True"),
        ("Contoso Notebooks", "Contoso Notebooks"),
        ("  two\t words\r\n here ", "two words here"),
        ("ada\u202egnp.exe\x1b[31m", "adagnp.exe[31m"),
        ("zero\u200bwidth\ufeff\u2060", "zerowidth"),
        ("\u2066isolated\u2069", "isolated"),
        ("line\u2028para\u2029graph", "lineparagraph"),
        ("nul\x00bell\x07del\x7fcsi\x9b31m", "nulbelldelcsi31m"),
        ("half\ud800pair", "halfpair"),
        ("private\ue000\U000f0000", "private"),
        ("tags\U000e0041\U000e007f", "tags"),
        ("soft\u00adhyphen", "softhyphen"),
        ("no\u00a0break\u3000wide", "no break wide"),
        ("Zoë 数据 علم \U0001f600", "Zoë 数据 علم \U0001f600"),
        ("<b onclick=x>&amp;", "<b onclick=x>&amp;"),  # escaping is for who writes markup
    ],
)
def test_clean(value: object, shown: str) -> None:
    assert clean(value) == shown


def test_every_character_alone() -> None:
    for code in range(sys.maxunicode + 1):
        shown = clean(chr(code))
        assert shown == "" or shown == chr(code)
        assert unicodedata.category(shown or "a")[0] not in "CZ"


def test_what_is_long_ends_with_an_ellipsis() -> None:
    assert clean("x" * 120) == "x" * 120
    assert clean("x" * 121) == "x" * 119 + "…"
    assert clean("x" * 50, 10) == "x" * 9 + "…"


@pytest.mark.parametrize("piece", ["x", "\u200b", "\x1b[0m", " ", "e\u0301", "\U0001f600"])
def test_megabytes_are_cut_before_they_are_walked(piece: str) -> None:
    assert len(clean(piece * 2_000_000)) <= 120


def test_any_text_gives_one_printable_line() -> None:
    chance = random.Random(17)
    for _ in range(300):
        text = "".join(chr(chance.randrange(sys.maxunicode + 1)) for _ in range(chance.randrange(400)))
        shown = clean(text, 40)
        assert len(shown) <= 40 and shown.isprintable() and shown == shown.strip()
        assert clean(shown, 40) == shown


@pytest.mark.parametrize(
    ("values", "shown"),
    [
        (None, []),
        ("text", []),
        ({"a": 1}, []),
        (["a\x1b", None, 5, ["b"], "c"], ["a", "c"]),
        (("a",), ["a"]),
    ],
)
def test_clean_list(values: Any, shown: list[str]) -> None:
    assert clean_list(values) == shown


def test_clean_list_takes_so_many_and_no_more() -> None:
    assert clean_list(["x"] * 1000, count=3) == ["x"] * 3


def test_a_secret_is_not_made_showable() -> None:
    assert_hidden(clean(Secret(CANARY)))


def test_where_tells_the_place_and_not_the_message() -> None:
    def inner(token: str) -> None:
        raise ValueError(f"bad token {token}")

    with pytest.raises(ValueError, match="bad token") as caught:
        inner(CANARY)
    told = where(caught.value)
    assert told.startswith("ValueError at test_text.py:") and " inner" in told
    assert_hidden(told)
