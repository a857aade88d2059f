"""The prompt of a waiting cell: shown once, kept current in place, replaced by how it ended.

In a notebook it is one display that is updated by its id; in a terminal, which cannot take back what it
printed, it is text that is printed again only for a new code. Where a front end of ours is open, a cell gets
the request's id only: what the notebook holds may be saved at any moment. Where there is none, but a page of
this kernel has shown a widget of ours before, it gets a widget, whose code is no part of the notebook either.
IPython is imported when something is shown.
"""

import getpass
import sys
import time
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any, Protocol, TextIO

from jupyter_auth.ui import hosts
from jupyter_auth.ui.card_html import render_card
from jupyter_auth.ui.card_text import render_text
from jupyter_auth.ui.content import Card, read
from jupyter_auth.ui.saved import MIME_TYPE, saved_end
from jupyter_auth.ui.strings import text
from jupyter_auth.ui.words import SECONDS_SHOWN_UNDER

Interaction = Mapping[str, Any]


class Surface(Protocol):
    """Where a prompt appears. ``shows_time``: what is drawn says how much is left, and can be drawn anew."""

    @property
    def shows_time(self) -> bool: ...

    def visible(self, interaction: Interaction) -> object:
        """What a person sees there, apart from the time."""

    def draw(self, interaction: Interaction, now: float) -> None: ...

    def ask(self, question: str) -> str:
        """What a person types there; raises ``EOFError`` or ``NotImplementedError`` where nothing can be."""


class CellPrompt:
    """One prompt: ``update`` as often as one likes, then ``finish``.

    ``update`` draws again when something visible changed, and for front ends that run no script when
    the time shown is out of date: every minute, under five minutes every 15 seconds.
    """

    def __init__(self, surface: Surface, *, clock: Callable[[], float] = time.time) -> None:
        self._surface = surface
        self._clock = clock
        self._drawn: object = None
        self._drawn_at = 0.0
        self._finished = False

    def update(self, interaction: Interaction) -> None:
        """Draw it again if that would show a person anything new."""
        if interaction.get("state") != "pending":
            self.finish(interaction)
        elif not self._finished:
            now = self._clock()
            if self._surface.visible(interaction) != self._drawn or self._is_time_old(interaction, now):
                self._draw(interaction, now)

    def finish(self, interaction: Interaction) -> None:
        """Replace the prompt by its outcome, so that no code and no address stays behind.

        An interaction that is pending still counts as cancelled; where nothing was shown, nothing is.
        """
        if self._drawn is None or self._finished:
            return
        if interaction.get("state") == "pending":
            interaction = {**interaction, "state": "cancelled"}
        self._draw(interaction, self._clock())
        self._finished = True

    def ask_address(self) -> str | None:
        """What the person types as the address they ended up on; waits until they have, or interrupt."""
        try:
            return self._surface.ask(f"{text('card.paste.label')}: ")
        except (EOFError, NotImplementedError):  # IPython's StdinNotImplementedError is one
            return None

    def _draw(self, interaction: Interaction, now: float) -> None:
        self._drawn = self._surface.visible(interaction)  # first: an interrupted drawing is one to finish
        self._drawn_at = now
        self._surface.draw(interaction, now)

    def _is_time_old(self, interaction: Interaction, now: float) -> bool:
        content = read(interaction, now=now)
        if not self._surface.shows_time or not isinstance(content, Card):
            return False
        period = 60 if content.left >= SECONDS_SHOWN_UNDER else 15
        return abs(now - self._drawn_at) >= period


class Shown(Protocol):
    """A widget that shows a request, which it is told by custom message."""

    def show(self, interaction: Interaction) -> None: ...

    def close(self) -> None: ...

    def _repr_mimebundle_(self, **kwargs: Any) -> tuple[dict[str, Any], dict[str, Any]] | None: ...


class CellSurface:
    """The output of a notebook cell: by its id for a front end of ours, else as a widget where the kernel's
    pages have been seen to show one, else as HTML and as text.

    Which of them is settled when it is first drawn. A page that is closed or opened meanwhile changes
    nothing: a code that was kept out of the notebook is not put there after all.
    """

    def __init__(self, make_widget: Callable[[], Shown | None] | None = None) -> None:
        self._make_widget = make_widget or _card_widget
        self._handle: Any = None
        self._by_id: bool | None = None
        self._widget: Shown | None = None

    @property
    def shows_time(self) -> bool:
        """A widget needs no time, but a page that was loaded anew needs to be told what it shows."""
        return not self._by_id

    def visible(self, interaction: Interaction) -> object:
        if self._by_id is None:
            self._by_id = interaction.get("front_end") is True
            self._widget = None if self._by_id else self._make_widget()
        return interaction.get("id") if self._by_id else render_text(interaction, now=0.0)

    def draw(self, interaction: Interaction, now: float) -> None:
        is_pending = interaction.get("state") == "pending"
        if self._widget is None or self._handle is None or not is_pending:
            self._display(self._bundle(interaction, now))
        if self._widget is not None and is_pending:
            self._widget.show(interaction)
        elif self._widget is not None:
            self._widget.close()

    def ask(self, question: str) -> str:
        """Like a password, since an address holds a code, and pages put what is typed into the notebook."""
        return getpass.getpass(question)

    def _display(self, bundle: dict[str, Any]) -> None:
        if self._handle is not None:
            self._handle.update(bundle, raw=True)
            return
        # The handle comes first: a stop button pressed while this shows must still find what to replace.
        self._handle = import_module("IPython.display").DisplayHandle()
        self._handle.display(bundle, raw=True)

    def _bundle(self, interaction: Interaction, now: float) -> dict[str, Any]:
        is_pending = interaction.get("state") == "pending"
        asks = interaction.get("flow") == "consent"
        if self._by_id and is_pending:
            words = text("text.front_end.consent" if asks else "text.front_end")
            return {MIME_TYPE: {"id": interaction.get("id")}, "text/plain": words}
        made = self._widget._repr_mimebundle_() if self._widget is not None and is_pending else None
        if made is not None:
            return {**made[0], "text/plain": text("text.widget.consent" if asks else "text.widget")}
        ours = {MIME_TYPE: saved_end(interaction)} if self._by_id else {}
        return {
            **ours,
            "text/html": render_card(interaction, now=now),
            "text/plain": render_text(interaction, now=now),
        }


def _card_widget() -> Shown | None:
    """The card as a widget, where one can be shown for certain."""
    if not hosts.show_widgets():
        return None
    made: Shown = import_module("jupyter_auth.ui.panel.widget").CardWidget()
    return made


class TerminalSurface:
    """A terminal: text, one below the other."""

    shows_time = False

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream

    def visible(self, interaction: Interaction) -> object:
        return tuple(interaction.get(key) for key in ("user_code", "verification_uri", "authorization_uri"))

    def draw(self, interaction: Interaction, now: float) -> None:
        stream = self._stream or sys.stdout
        encoding = getattr(stream, "encoding", None) or "ascii"
        shown = render_text(interaction, now=now, terminal=True, unicode=_can_write("✓✗·…", encoding))
        print(shown.encode(encoding, "replace").decode(encoding), file=stream, flush=True)

    def ask(self, question: str) -> str:
        """Shown as it is typed: nothing keeps it, and a terminal that hides it cuts long lines off."""
        return input(question)


def _can_write(signs: str, encoding: str) -> bool:
    try:
        signs.encode(encoding)
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def make_prompt() -> CellPrompt:
    """A prompt for where this code runs: a kernel's cell, else the terminal."""
    ipython = sys.modules.get("IPython")  # where nobody imported it, there is no kernel
    shell = ipython.get_ipython() if ipython else None
    in_kernel = getattr(shell, "kernel", None) is not None
    return CellPrompt(CellSurface() if in_kernel else TerminalSurface())
