"""A kernel that has to be allowed a profile, where no page of ours is open: the cell says where to answer."""

from typing import Any

import pytest

from jupyter_auth.ui.card_html import render_card
from jupyter_auth.ui.card_text import render_text
from jupyter_auth.ui.prompt import CellPrompt
from jupyter_auth.ui.saved import MIME_TYPE as BY_ID
from jupyter_auth.ui.saved import saved_end
from tests.unit.ui.conftest import Handle, Make
from tests.unit.ui.hostile import FIELDS, HOSTILE, with_value
from tests.unit.ui.tree import parse

ASKS: dict[str, Any] = {
    "flow": "consent",
    "user_code": None,
    "verification_uri": None,
    "verification_uri_complete": None,
    "account": "ada@contoso.com",
    "consent": {"token_lifetime": 3600},
}
TEXT = """\
sales-forecast.ipynb wants to use graph
Only allow this if you know what the notebook does. It will act as you.

  Notebook     projects/2026/sales-forecast.ipynb
  Kernel       Python 3 (ipykernel)
               name not verified
  Application  Contoso Notebooks
  Account      ada@contoso.com
  Sign in at   login.microsoftonline.com for contoso.com
  Allows       Read your profile (User.Read)
               Read your files (Files.Read)

The notebook itself could answer here, so answer in the Sign-ins panel of
JupyterLab, or in a terminal with jupyter auth grants.

Request ends in 15 min."""
LINES = [
    ("succeeded", "✓ Allowed to use graph"),
    ("declined", "✗ Not allowed to use graph. Change it in the Sign-ins panel."),
    (
        "expired",
        "✗ Nobody answered in time, so nothing was allowed. Run the cell again to be asked again.",
    ),
    ("cancelled", "✗ Cancelled, so nothing was allowed. Run the cell again to be asked again."),
    ("melted", "✗ This request has ended. Run the cell again to be asked again."),
]


def test_as_text(make: Make, now: int) -> None:
    assert render_text(make(**ASKS), now=now) == TEXT


@pytest.mark.parametrize(
    ("kernel", "title"),
    [("Python 3", "Python 3 wants to use graph"), (None, "A kernel wants to use graph")],
)
def test_without_a_notebook(make: Make, now: int, kernel: str | None, title: str) -> None:
    asker = {"notebook": None, "kernel_name": kernel}
    lines = render_text(make(**ASKS, requested_by=asker), now=now).splitlines()
    assert lines[:2] == [title, "Only allow this if you know what it does. It will act as you."]


def test_as_html_it_has_no_button_no_link_and_no_field(make: Make, now: int) -> None:
    card = parse(render_card(make(**ASKS, expires_on=now + 20, created_on=now - 600), now=now))
    assert card.one(cls="ja-title").words == "sales-forecast.ipynb wants to use graph"
    assert "so answer in the Sign-ins panel" in card.one(cls="ja-elsewhere").words
    assert "jupyter auth grants" in card.one(cls="ja-elsewhere").words
    assert "The cell is waiting for your answer" in card.one(cls="ja-foot").words
    assert not [*card.all("button"), *card.all("a"), *card.all("input"), *card.all(cls="ja-tip")]


@pytest.mark.parametrize(("state", "line"), LINES)
def test_how_it_ended_is_one_line(make: Make, now: int, state: str, line: str) -> None:
    ended = make(**ASKS, state=state)
    assert render_text(ended, now=now) == line
    assert parse(render_card(ended, now=now)).one(cls="ja-line").words == line[2:]


@pytest.mark.parametrize("value", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize("field", [*FIELDS, "account"])
def test_names_of_others_are_only_text(make: Make, now: int, field: str, value: str) -> None:
    asks = with_value(make(**ASKS | {"user_code": "x"}), field, value)
    card = parse(render_card(asks, now=now))
    assert not [*card.all("a"), *card.all("button"), *card.all("img"), *card.all("form")]
    assert "\u202e" not in render_text(asks, now=now)
    assert "\x1b" not in render_text(asks, now=now)


def test_of_it_a_notebook_keeps_the_id_and_then_how_it_ended(in_cell: CellPrompt, make: Make) -> None:
    in_cell.update(make(**ASKS, front_end=True))
    waiting = "A notebook is waiting for your answer: see the card or the Jupyter Auth sidebar"
    assert Handle.shown == [{BY_ID: {"id": "int-1"}, "text/plain": waiting}]
    in_cell.finish(make(**ASKS, front_end=True, state="succeeded", username="ada"))
    assert Handle.shown[-1][BY_ID] == {
        "id": "int-1",
        "state": "succeeded",
        "flow": "consent",
        "profile": "graph",
    }
    assert not any(word in str(Handle.shown) for word in ("ada", "User.Read", "contoso", "ipykernel"))


def test_what_is_saved_of_its_end_names_nobody(make: Make) -> None:
    kept = saved_end(make(**ASKS, state="declined", message="ada", hint="ada", reason="x"))
    assert kept == {"id": "int-1", "state": "declined", "flow": "consent", "profile": "graph"}
