"""A string that does not show itself."""

from __future__ import annotations

from collections.abc import Callable
from hmac import compare_digest
from typing import Any, NoReturn

from jupyter_auth.core.known import fresh, note
from jupyter_auth.core.redaction import REDACTED


def utf8(text: str) -> bytes:
    """``text`` in UTF-8; half a surrogate pair, which JSON may bring, is encoded like any character.

    Python's own error for it would quote the whole text, which may be a secret.
    """
    return text.encode("utf-8", "surrogatepass")


class Secret:
    """A token, code or key. ``reveal()`` is the one way to its text; everything else redacts or refuses.

    ``repr`` and ``str`` are redacted; formatting (``f"{secret}"``), pickling, copying and JSON raise
    ``TypeError``. Comparison takes constant time.
    """

    __slots__ = ("_read", "_sent")
    _read: Callable[[], str]
    _sent: bool

    def __init__(self, value: str, *, sent: bool = False) -> None:
        if not isinstance(value, str):
            raise TypeError("a Secret holds text")
        # Not the text but a method of it: debuggers and inspectors that list attributes show no more.
        object.__setattr__(self, "_read", value.__str__)
        object.__setattr__(self, "_sent", sent)  # by somebody else: see known.note
        note(value, sent=sent)

    def reveal(self) -> str:
        """The text itself. Logs, and the output of a kernel, mask it from here on."""
        value = self._read()
        if hash(value) not in fresh:
            note(value, sent=self._sent)
        return value

    def equals(self, text: str) -> bool:
        """Whether it is ``text``, which somebody else sent and which need not become a secret for that."""
        return compare_digest(utf8(self._read()), utf8(text))

    def __repr__(self) -> str:
        return f"<Secret {REDACTED}>"

    def __str__(self) -> str:
        return REDACTED

    def __bool__(self) -> bool:
        return bool(self._read())

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        return self.equals(other._read())

    def __hash__(self) -> int:
        return hash((Secret, self._read()))

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError("a Secret is read-only")

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError("a Secret is read-only")

    def __format__(self, spec: str) -> NoReturn:
        raise TypeError("a Secret is not formatted into text; call .reveal() where its value must go")

    def __getstate__(self) -> NoReturn:
        raise TypeError("a Secret is neither copied nor pickled; call .reveal() where its value must go")

    def __reduce_ex__(self, protocol: Any) -> NoReturn:
        self.__getstate__()
