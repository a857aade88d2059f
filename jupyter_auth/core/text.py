"""Making strings from outside safe to show: providers, kernels and people all send them."""

import unicodedata
from collections.abc import Iterator

ELLIPSIS = "…"

# Cc control, Cf format (bidi overrides, zero-width), Cs surrogates, Co private use, Cn unassigned,
# Zl/Zp line and paragraph separators: none of them has a place in a name that a person reads.
_DROPPED = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
# Letters, marks and signs that show nothing (Unicode: Default_Ignorable_Code_Point; the blank of Braille):
# a name made of them looks like none, and one with them like another.
_INVISIBLE = frozenset(
    map(
        chr,
        (
            *(0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x180B, 0x180C, 0x180D, 0x180F, 0x2800, 0x3164, 0xFFA0),
            *range(0xFE00, 0xFE10),
            *range(0xE0100, 0xE01F0),
        ),
    )
)
_MARKS = frozenset({"Mn", "Me"})
_MAX_MARKS = 4  # on one letter; more of them climb into the lines above and below


def clean(value: object, limit: int = 120) -> str:
    """One line of plain text: no control, escape, bidi or invisible characters, at most ``limit`` characters.

    >>> clean("ada\\u202egnp.exe\\x1b[31m")
    'adagnp.exe[31m'
    """
    text = value if isinstance(value, str) else "" if value is None else str(value)
    text = text[: 8 * limit]  # a hostile megabyte is cut before it is walked
    kept = " ".join("".join(_visible(text)).split())
    return kept if len(kept) <= limit else kept[: limit - 1] + ELLIPSIS


def _visible(text: str) -> Iterator[str]:
    marks = 0
    for char in text:
        if char.isascii():
            marks = 0
            if char.isprintable() or char in "\t\n\r":
                yield " " if char in "\t\n\r" else char
            continue
        category = unicodedata.category(char)
        if category in _DROPPED or char in _INVISIBLE:
            continue
        marks = marks + 1 if category in _MARKS else 0
        if marks <= _MAX_MARKS:
            yield char


def clean_list(values: object, limit: int = 120, count: int = 64) -> list[str]:
    """``clean`` for each string of a list; anything else is left out."""
    if not isinstance(values, list | tuple):
        return []
    return [clean(value, limit) for value in values[:count] if isinstance(value, str)]
