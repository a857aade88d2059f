"""The system's keyring, as one of the places of a sealing key. Asked only when a store is opened or its key
changes; every wait has a limit, since a keyring may ask a person, or be one that never answers.
"""

import queue
import threading
import time
from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from typing import Any, TypeVar

T = TypeVar("T")

SERVICE = "jupyter-token-broker"  # what the entries are called there
WAIT = 8.0  # seconds for one answer
SHUN = 60.0  # seconds for which one that did not answer is not asked again

#: The backends of the package ``keyring`` that keep what they are given closed to others. What is in none
#: of these is a file in the clear, as of ``keyrings.alt``, or not known.
_SAFE = frozenset(
    f"keyring.backends.{name}" for name in ("SecretService", "kwallet", "libsecret", "macOS", "Windows")
)
_silent: dict[str, float] = {}  # when it did not answer


class NoKeyringError(Exception):
    """Why the keyring cannot be used, for people to read."""


def read(entry: str) -> str | None:
    """What ``entry`` holds; None where there is none. Raises ``NoKeyringError``."""
    found = _bounded(lambda: _backend().get_password(SERVICE, entry))
    return None if found is None else str(found)


def write(entry: str, text: str) -> None:
    """Make an entry, and see that it is there. Raises ``NoKeyringError``."""

    def put() -> Any:
        backend = _backend()
        backend.set_password(SERVICE, entry, text)
        return backend.get_password(SERVICE, entry)

    if _bounded(put) != text:
        raise NoKeyringError("it does not give back what it was given")


def _backend() -> Any:
    """The backend that the package would use, if that one is safe."""
    chosen = import_module("keyring").get_keyring()
    candidates = getattr(chosen, "backends", None) or [chosen]  # one that asks several in turn, or itself
    for backend in candidates:
        if type(backend).__module__ in _SAFE:
            return backend
    name = f"{type(candidates[0]).__module__}.{type(candidates[0]).__name__}"
    if name.startswith(("keyring.backends.fail.", "keyring.backends.null.")):
        raise NoKeyringError("there is none on this system, or it is switched off")
    raise NoKeyringError(f"its backend {name} is not one that is known to be safe")


def _bounded(ask: Callable[[], T]) -> T:
    """The answer, where it comes in time and the keyring is a safe one. Raises ``NoKeyringError``."""
    if find_spec("keyring") is None:
        raise NoKeyringError("not installed (pip install 'jupyter-token-broker[keyring]')")
    if time.monotonic() - _silent.get("keyring", -SHUN) < SHUN:
        raise NoKeyringError("it did not answer a short while ago: is it locked?")
    answers: queue.SimpleQueue[tuple[bool, Any]] = queue.SimpleQueue()

    def run() -> None:
        try:
            answers.put((True, ask()))
        except NoKeyringError as problem:
            answers.put((False, str(problem)))
        except Exception as problem:  # noqa: BLE001 -- a program of others; its text may tell anything
            answers.put((False, f"it failed ({type(problem).__name__})"))

    # a daemon: one that waits for a person who never comes ends with the process
    threading.Thread(target=run, name="jupyter_auth-keyring", daemon=True).start()
    try:
        is_answer, answer = answers.get(timeout=WAIT)
    except queue.Empty:
        _silent["keyring"] = time.monotonic()
        raise NoKeyringError(f"it did not answer within {WAIT:.0f} s: is it locked?") from None
    _silent.pop("keyring", None)
    if not is_answer:
        raise NoKeyringError(answer)
    return answer  # type: ignore[no-any-return]
