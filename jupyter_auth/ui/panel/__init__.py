"""``%auth`` and ``jupyter_auth.panel()``: who is signed in, for this notebook.

Where widgets can be shown it is one, built on anywidget, which is imported only then. Elsewhere it is a
snapshot: HTML and text.
"""

from __future__ import annotations

import os
from importlib import import_module
from typing import TYPE_CHECKING

from jupyter_auth.core.errors import AuthError
from jupyter_auth.kernel import asking, own
from jupyter_auth.ui.panel.snapshot import Snapshot, snapshot

if TYPE_CHECKING:
    from jupyter_auth.ui.panel.widget import PanelWidget

#: Voilà sets it for its kernels; it runs cells as nbconvert does, but a person looks at their widgets.
VOILA_VARIABLE = "VOILA_BASE_URL"


def panel() -> PanelWidget | Snapshot:
    """The sign-ins of this notebook, to be displayed: a widget where a person can use one, else a snapshot.

    The widget shows what the Sign-ins panel of JupyterLab shows, for this kernel; its clicks never keep the
    kernel busy. A terminal, nbconvert and papermill get a snapshot, as HTML and as text.

    :raises AuthError: widgets could be shown, but ipywidgets or anywidget is missing here (``no_widgets``);
        or the broker cannot be asked.
    """
    kernel = getattr(own.shell(), "kernel", None)
    is_watched = kernel is not None and (asking.can_ask() or VOILA_VARIABLE in os.environ)
    if not is_watched:
        return snapshot()
    try:
        widget = import_module("jupyter_auth.ui.panel.widget")
    except ModuleNotFoundError as missing:
        raise _no_widgets(missing.name or "") from None
    shown: PanelWidget = widget.the_panel()
    return shown


def _no_widgets(module: str) -> AuthError:
    return AuthError(
        f"The panel is a widget, and {module} is missing in this kernel's environment.",
        reason="no_widgets",
        hint="Run %pip install anywidget, restart the kernel, and reload the page; or use %auth status.",
    )
