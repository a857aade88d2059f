"""What a kernel's frame may say: arguments by verb, each of its kind."""

from typing import Any

from jupyter_auth.core.errors import ProfileError

Message = dict[str, Any]

MAX_WAIT = 30.0  # seconds for one ``wait``; the kernel asks again
MAX_COUNT = 2**40


def seconds(message: Message) -> float:
    """``timeout``, within what is waited for at once."""
    timeout = message.get("timeout")
    return float(max(0, min(timeout, MAX_WAIT))) if isinstance(timeout, int | float) else MAX_WAIT


def text(message: Message, name: str) -> str | None:
    """A name that may be left out. Raises ``ProfileError``."""
    value = message.get(name)
    if value is not None and (not isinstance(value, str) or not 0 < len(value) <= 320):
        raise ProfileError(f"{name} must be text.", reason="bad_argument")
    return value


def count(message: Message) -> int:
    """``count``, a number of things that have happened. Raises ``ProfileError``."""
    value = message.get("count")
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= MAX_COUNT:
        raise ProfileError("count must be a number.", reason="bad_argument")
    return value
