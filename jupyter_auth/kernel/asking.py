"""Whether a person can answer just now."""

from __future__ import annotations

import os
import sys
from typing import Any

from jupyter_auth.core.errors import InteractionRequiredError
from jupyter_auth.kernel import own


def can_ask() -> bool:
    """True where somebody looks at this cell.

    The current request's own ``allow_stdin`` says so (nbconvert, papermill and nbval send False); the
    kernel's global flag does not. A parent that is no execute_request (a comm, a timer) means no.
    In a terminal it takes one.
    """
    running = own.shell()
    kernel = getattr(running, "kernel", None)
    if running is None or kernel is None:
        return _is_terminal()
    if kernel.session.pid != os.getpid():  # a forked child: what it shows reaches nobody
        return False
    if type(running.display_pub).__name__ == "CapturingDisplayPublisher":  # nor what a cell captures
        return False
    parent = _parent(kernel)
    header, content = parent.get("header") or {}, parent.get("content") or {}
    return header.get("msg_type") == "execute_request" and content.get("allow_stdin") is True


def is_own_terminal() -> bool:
    """True in a process of a terminal that a person types at, and not in a kernel."""
    return getattr(own.shell(), "kernel", None) is None and _is_terminal()


def cell() -> str | None:
    """What names the cell that runs; None where no kernel runs one."""
    kernel = getattr(own.shell(), "kernel", None)
    header = (_parent(kernel).get("header") if kernel is not None else None) or {}
    return header.get("msg_id")


def notebook() -> str | None:
    """The notebook's path, as VS Code or jupyter_server tell it to the kernel."""
    told = getattr(own.shell(), "user_ns", {}).get("__vsc_ipynb_file__") or os.environ.get("JPY_SESSION_NAME")
    return told if isinstance(told, str) else None


def _parent(kernel: Any) -> dict[str, Any]:
    return kernel.get_parent("shell") or {}


def _is_terminal() -> bool:
    return all(getattr(s, "isatty", bool)() for s in (sys.stdin, sys.stdout))


def nobody_to_ask(required: InteractionRequiredError, *, has_server: bool) -> InteractionRequiredError:
    """The same error, saying that this run cannot ask, and where a person can be asked: in a notebook of its
    Jupyter server, or, where there is none, in a terminal."""
    way = "in a notebook with: %get_token" if has_server else "in a terminal with: jupyter auth login"
    return InteractionRequiredError(
        f"{required.message} This run cannot ask a person.",
        reason=required.reason,
        hint=f"Sign in first {way} {required.profile or ''}".rstrip(),
        profile=required.profile,
        scopes=required.scopes,
        claims=required.claims,
        accounts=required.accounts,
        interaction_id=required.interaction_id,
    )
