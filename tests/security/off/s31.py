"""Without S31: a cell shows the request itself, whatever front ends are open."""

import pytest

from jupyter_auth.ui.card_text import render_text
from jupyter_auth.ui.prompt import CellSurface, Interaction


def _visible(self: CellSurface, interaction: Interaction) -> object:
    self._by_id, self._widget = False, None
    return render_text(interaction, now=0.0)


def switch_off(patch: pytest.MonkeyPatch) -> None:
    """As it says above."""
    patch.setattr(CellSurface, "visible", _visible)
