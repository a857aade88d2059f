"""From the plain JSON of an opened row to a record: every field of its type, or no record at all.

A seal says that this program wrote a row, and not which version of it.
"""

from collections.abc import Callable
from dataclasses import MISSING, fields
from functools import cache
from typing import Any, TypeVar

from jupyter_auth.core.secret import Secret

T = TypeVar("T")

_MAX = 2**53  # a time in JSON is a number that every float can hold


class _MissesError(Exception):
    """A value is not of the type of its field."""


def from_plain(cls: type[T], value: object) -> T | None:
    """A ``cls``, a dataclass, of the fields in ``value``; None where one has another type or is missing."""
    if not isinstance(value, dict):
        return None
    made: dict[str, Any] = {}
    try:
        for name, take, is_needed in _fields(cls):  # type: ignore[arg-type]  # a class is hashable
            if name in value:
                made[name] = take(value[name])
            elif is_needed:
                return None
    except _MissesError:
        return None
    return cls(**made)


@cache
def _fields(cls: Any) -> tuple[tuple[str, Callable[[Any], Any], bool], ...]:
    return tuple(
        (f.name, _TAKES[f.type], f.default is MISSING and f.default_factory is MISSING) for f in fields(cls)
    )


def _of(kind: type | tuple[type, ...]) -> Callable[[Any], Any]:
    def take(value: Any) -> Any:
        if not isinstance(value, kind):
            raise _MissesError
        return value

    return take


def _number(value: Any) -> int:
    if type(value) is not int or not -_MAX < value < _MAX:
        raise _MissesError
    return value


def _secret(value: Any) -> Secret:
    if not isinstance(value, str) or not value:
        raise _MissesError
    return Secret(value)


def _texts(value: Any) -> tuple[str, ...]:
    # in memory it is what it was; JSON makes a list of it
    if not isinstance(value, list | tuple) or not all(isinstance(entry, str) for entry in value):
        raise _MissesError
    return tuple(value)


#: By the types that the records' fields are declared with.
_TAKES: dict[Any, Callable[[Any], Any]] = {
    Secret: _secret,
    bool: _of(bool),
    dict[str, Any]: _of(dict),
    int: _number,
    str: _of(str),
    str | None: _of((str, type(None))),
    tuple[str, ...]: _texts,
}
