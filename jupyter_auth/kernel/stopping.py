"""How a stopped cell looks: IPython shows the last frame of a traceback even where that asks to be hidden."""

from __future__ import annotations

from types import TracebackType
from typing import Any

from jupyter_auth.kernel import own


def hide_ours(stop: BaseException) -> None:
    """Have IPython show ``stop`` where the caller's own code was, and nothing of what is below."""
    shell = own.shell()
    if shell is not None and isinstance(stop, KeyboardInterrupt):
        # IPython asks an exception for this name before it makes a traceback of its own.
        stop._render_traceback_ = lambda: _rendered(shell, stop)  # type: ignore[attr-defined]


def _rendered(shell: Any, stop: BaseException) -> list[str]:
    shown: list[str] = shell.InteractiveTB.structured_traceback(
        type(stop), stop, _callers(stop.__traceback__)
    )
    return shown


def _callers(trace: TracebackType | None) -> TracebackType | None:
    """The traceback up to the first frame that asks to be hidden; the very first is IPython's own."""
    kept: list[TracebackType] = []
    while trace is not None and not (kept and trace.tb_frame.f_locals.get("__tracebackhide__")):
        kept.append(trace)
        trace = trace.tb_next
    rest: TracebackType | None = None
    for one in reversed(kept):
        rest = TracebackType(rest, one.tb_frame, one.tb_lasti, one.tb_lineno)
    return rest
