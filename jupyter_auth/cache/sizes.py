"""What values take in this process's memory."""

import sys
from typing import Any

from jupyter_auth.core.secret import Secret

_SECRET = 180  # bytes of a ``Secret`` with the method that it holds, beside the text


def size_of(value: Any) -> int:
    """The bytes of a record with all that it holds; what is shared is counted each time."""
    if isinstance(value, Secret):
        return _SECRET + sys.getsizeof(value.reveal())
    size = sys.getsizeof(value)
    if isinstance(value, dict):
        return size + sum(size_of(key) + size_of(entry) for key, entry in value.items())
    if isinstance(value, tuple | list):
        return size + sum(map(size_of, value))
    return size + sum(size_of(getattr(value, name)) for name in getattr(value, "__slots__", ()))
