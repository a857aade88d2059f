"""The client inside a kernel: standard library and IPython only (layer L5)."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from jupyter_auth.kernel.prompting import Prompt

#: What shows a request to a person, and what ``%auth`` displays: from the layer above, which the package sets
#: here when it hands out the client. Here, since a call that asks nobody needs no module for it.
make_prompt: Callable[[], Prompt] | None = None
make_panel: Callable[[], Any] | None = None
