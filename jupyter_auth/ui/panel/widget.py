"""The widgets: the panel, and the card of a cell that waits. The front end is ``labextension/src/widget``.

Their traits say which of the two they are, and hold the front end's code; nothing else is in them, and so
nothing else is in a notebook that is saved with its widgets. All that they show goes by custom message.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from contextvars import Context, copy_context
from pathlib import Path
from typing import Any

import anywidget
import traitlets

from jupyter_auth.core.errors import AuthError
from jupyter_auth.core.threads import DaemonThreads
from jupyter_auth.ui import hosts
from jupyter_auth.ui.panel.answers import Answers
from jupyter_auth.ui.panel.sign_ins import SignIns
from jupyter_auth.ui.panel.snapshot import snapshot
from jupyter_auth.ui.panel.watcher import Watcher

SCRIPT = Path(__file__).parents[1] / "static" / "panel.js"
THREADS = 8  # a page asks for six resources at once

Message = dict[str, Any]


class _Widget(anywidget.AnyWidget):
    """What both share: a page that speaks has shown that this kernel's pages can show widgets."""

    _esm = SCRIPT

    def __init__(self) -> None:
        super().__init__()
        self._one_at_a_time = threading.Lock()
        self._asker: Context | None = None
        self.on_msg(self._heard)

    def say(self, message: Message) -> None:
        """Send a custom message; from any thread, also after the end."""
        with self._one_at_a_time:
            if self._asker is None:
                self.send(message)
            else:
                # ipykernel hears a page where it was last spoken to from. Spoken to on behalf of the cell
                # that runs, it would be heard when that has ended; on behalf of its own message, at once.
                self._asker.run(self.send, message)

    def _heard(self, _widget: object, content: object, _buffers: object) -> None:
        if isinstance(content, dict):
            hosts.note_widgets()
            self._asker = copy_context()
            self.heed(content)

    def heed(self, content: Message) -> None:
        """What a page has said; must return at once, since a cell may be waiting to run."""


class PanelWidget(_Widget):
    """The sign-ins of this notebook. See ``jupyter_auth.panel``."""

    kind = traitlets.Unicode("panel", read_only=True).tag(sync=True)

    def __init__(self) -> None:
        super().__init__()
        self._threads = DaemonThreads(THREADS, "jupyter_auth-panel")
        self._watcher = Watcher(self._changed, lambda: self.say({"kind": "who-looks"}))
        self._sign_ins = SignIns(self._changed)
        self._answers = Answers(self._sign_ins.begin)

    def heed(self, content: Message) -> None:
        if not self.is_open:
            return
        match content.get("kind"):
            case "ask":
                self._threads.submit(self._answer, content)
            case "look":
                # Here and not in a thread: going and coming must not change places.
                self._watcher.look(str(content.get("view"))[:64], looks=content.get("looks") is True)

    def close(self) -> None:
        """Take it away, everywhere; what it waits for, it waits for no more."""
        self._watcher.close()
        self._sign_ins.close()
        super().close()
        self._threads.shutdown(cancel_futures=True)

    @property
    def is_open(self) -> bool:
        """False once it has been closed."""
        return self.comm is not None

    def _answer(self, question: Message) -> None:
        body = question.get("body")
        status, value = self._answers.answer(
            str(question.get("method")), str(question.get("path")), body if isinstance(body, Mapping) else {}
        )
        self.say({"kind": "answer", "to": question.get("id"), "status": status, "body": value})

    def _changed(self) -> None:
        self.say({"kind": "changed"})

    def _repr_mimebundle_(self, **kwargs: Any) -> tuple[Message, Message] | None:
        """The widget, and a snapshot for whoever reads the notebook without a kernel."""
        made = super()._repr_mimebundle_(**kwargs)
        if made is None:
            return None
        try:
            still = snapshot()._repr_mimebundle_()
        except AuthError:
            return made  # the widget itself says what is wrong
        return {**made[0], **still}, made[1]


class CardWidget(_Widget):
    """The card of a sign-in that a cell waits for. It can be shown, not be clicked: the kernel is busy."""

    kind = traitlets.Unicode("card", read_only=True).tag(sync=True)

    def __init__(self) -> None:
        super().__init__()
        self._shown: Message | None = None

    def show(self, interaction: Mapping[str, Any]) -> None:
        """Show the request as it is now."""
        self._shown = {"kind": "interaction", "interaction": dict(interaction)}
        self.say(self._shown)

    def heed(self, content: Message) -> None:
        """A page that was loaded anew asks, where the kernel can hear it."""
        if content.get("kind") == "show" and self._shown is not None:
            self.say(self._shown)

    def close(self) -> None:
        """Forget the request, and take the card away."""
        self._shown = None
        super().close()


_panel: PanelWidget | None = None


def the_panel() -> PanelWidget:
    """This kernel's panel: one, however often it is displayed."""
    global _panel  # noqa: PLW0603 -- one a kernel
    if _panel is None or not _panel.is_open:
        _panel = PanelWidget()
    return _panel
