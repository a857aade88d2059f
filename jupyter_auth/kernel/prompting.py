"""Where the kernel client gets its prompt: the layer above brings it, imported when it is needed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


class Prompt(Protocol):
    """What shows an interaction to a person."""

    def show(self, interaction: Mapping[str, Any]) -> None: ...

    def update(self, interaction: Mapping[str, Any]) -> None: ...

    def finish(self, interaction: Mapping[str, Any]) -> None: ...


#: Set by the package when it hands out the client.
factory: Callable[[], Prompt] | None = None


def make() -> Prompt:
    """A prompt for one interaction."""
    if factory is None:
        raise RuntimeError("nobody has set jupyter_auth.kernel.prompting.factory")
    return factory()
