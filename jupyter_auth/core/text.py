"""Making strings from outside safe to show: providers, kernels and people all send them."""

import unicodedata

ELLIPSIS = "…"

# Cc control, Cf format (bidi overrides, zero-width), Cs surrogates, Co private use, Cn unassigned,
# Zl/Zp line and paragraph separators: none of them has a place in a name that a person reads.
_DROPPED = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def clean(value: object, limit: int = 120) -> str:
    """One line of plain text: no control, escape or bidi characters, at most ``limit`` characters.

    >>> clean("ada\\u202egnp.exe\\x1b[31m")
    'adagnp.exe[31m'
    """
    text = value if isinstance(value, str) else "" if value is None else str(value)
    text = text[: 8 * limit]  # a hostile megabyte is cut before it is walked
    kept = "".join(
        " " if char in "\t\n\r" else char for char in text if char in "\t\n\r" or _is_printable(char)
    )
    kept = " ".join(kept.split())
    return kept if len(kept) <= limit else kept[: limit - 1] + ELLIPSIS


def _is_printable(char: str) -> bool:
    return (char.isascii() and char.isprintable()) or unicodedata.category(char) not in _DROPPED


def clean_list(values: object, limit: int = 120, count: int = 64) -> list[str]:
    """``clean`` for each string of a list; anything else is left out."""
    if not isinstance(values, list | tuple):
        return []
    return [clean(value, limit) for value in values[:count] if isinstance(value, str)]
