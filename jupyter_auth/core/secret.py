"""A string that does not show itself."""

from __future__ import annotations

from hmac import compare_digest
from typing import Any, NoReturn

REDACTED = "•••"  # U+2022 has no place in Latin-1: a redacted HTTP header fails loudly


class Secret:
    """A token, code or key. ``reveal()`` is the one way to its text; everything else redacts or refuses.

    ``repr`` and ``str`` are redacted; formatting (``f"{secret}"``), pickling, copying and JSON raise
    ``TypeError``. Comparison takes constant time.
    """

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        object.__setattr__(self, "_value", value)

    def reveal(self) -> str:
        """The text itself."""
        return self._value  # type: ignore[no-any-return, attr-defined]

    def __repr__(self) -> str:
        return f"<Secret {REDACTED}>"

    def __str__(self) -> str:
        return REDACTED

    def __bool__(self) -> bool:
        return bool(self._value)  # type: ignore[attr-defined]

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        return compare_digest(self.reveal().encode(), other.reveal().encode())

    def __hash__(self) -> int:
        return hash((Secret, self.reveal()))

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError("a Secret is read-only")

    __delattr__ = __setattr__  # type: ignore[assignment]

    def __format__(self, spec: str) -> NoReturn:
        raise TypeError("a Secret is not formatted into text; call .reveal() where its value must go")

    def __reduce_ex__(self, protocol: Any) -> NoReturn:
        raise TypeError("a Secret is neither copied nor pickled; call .reveal() where its value must go")
