"""The prompts of this process's cells: who waits for the same in one cell sees one card."""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING, Any, Protocol

from jupyter_auth import kernel
from jupyter_auth.kernel import asking

if TYPE_CHECKING:
    from collections.abc import Mapping


class Prompt(Protocol):
    """What shows an interaction to a person."""

    def update(self, interaction: Mapping[str, Any]) -> None: ...

    def finish(self, interaction: Mapping[str, Any]) -> None: ...

    def ask_address(self) -> str | None: ...


class Joined:
    """One waiter's part in the prompt of a cell: many who wait for the same in one cell show one card."""

    def __init__(self, key: tuple[str, str | None]) -> None:
        self._key = key

    def update(self, interaction: Mapping[str, Any]) -> None:
        """Show it as it is now."""
        with _lock:
            _shown[self._key][0].update(interaction)

    def ask_address(self) -> str | None:
        """The address that the person types, having signed in; None where nothing can be typed."""
        with _lock:
            prompt = _shown[self._key][0]
        return prompt.ask_address()

    def finish(self, interaction: Mapping[str, Any]) -> None:
        """This one waits no more; with the last one the prompt ends, as ``interaction`` did."""
        with _lock:
            prompt, waiting = _shown[self._key]
            if waiting > 1:
                _shown[self._key] = (prompt, waiting - 1)
                return
            del _shown[self._key]
            prompt.finish(interaction)


_lock = threading.RLock()
_shown: dict[tuple[str, str | None], tuple[Prompt, int]] = {}


def join(interaction: Mapping[str, Any]) -> Joined:
    """The prompt for an interaction in this cell, which is made for the first who waits."""
    if kernel.make_prompt is None:
        raise RuntimeError("nobody has set jupyter_auth.kernel.make_prompt")
    key = str(interaction.get("id")), asking.cell()
    with _lock:
        prompt, waiting = _shown.get(key) or (kernel.make_prompt(), 0)
        _shown[key] = (prompt, waiting + 1)
    return Joined(key)


def _after_fork() -> None:
    global _lock  # noqa: PLW0603 -- another thread may have held it
    _lock = threading.RLock()
    _shown.clear()


os.register_at_fork(after_in_child=_after_fork)
