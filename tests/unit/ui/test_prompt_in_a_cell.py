"""What a waiting cell holds: an id for a front end of ours, a widget where those are shown, else HTML."""

from pathlib import Path
from typing import Any

import pytest

import jupyter_auth
from jupyter_auth.ui import hosts
from jupyter_auth.ui.prompt import CellPrompt, CellSurface
from tests.unit.ui.conftest import Clock, Handle, Make

ROOT = Path(jupyter_auth.__path__[0]).parent
BY_ID = "application/vnd.jupyter_auth.interaction.v1+json"


def test_for_a_front_end_of_ours_the_cell_holds_the_id_alone(
    in_cell: CellPrompt, clock: Clock, make: Make
) -> None:
    in_cell.update(make(front_end=True))
    for front_end in (True, False):  # a page that is closed meanwhile puts no code into the notebook
        clock.now += 300
        in_cell.update(make(front_end=front_end, user_code="NEW1-NEW2", slow=True))
    waiting = "Sign-in is waiting: see the card or the Jupyter Auth sidebar"
    assert Handle.shown == [{BY_ID: {"id": "int-1"}, "text/plain": waiting}]
    in_cell.finish(make(front_end=True, state="succeeded", username="ada\u202e"))
    last = Handle.shown[-1]
    assert last[BY_ID] == {
        "id": "int-1",
        "state": "succeeded",
        "flow": "device_code",
        "profile": "graph",
        "username": "ada",
        "host": "login.microsoftonline.com",
    }
    assert set(last) == {BY_ID, "text/html", "text/plain"}
    assert last["text/plain"] == "✓ Signed in as ada · graph"


@pytest.mark.parametrize("state", ["succeeded", "declined", "expired", "cancelled", "failed", "pending"])
def test_what_stays_for_a_front_end_of_ours_has_no_code_and_no_address(
    in_cell: CellPrompt, make: Make, state: str
) -> None:
    in_cell.update(make(front_end=True))
    in_cell.finish(make(front_end=True, state=state, reason="x", message="Said.", hint="Do."))
    assert not any(left in str(Handle.shown) for left in ("D7KX", "devicelogin", "https:", "<script"))
    assert Handle.shown[-1][BY_ID]["state"] == (state if state != "pending" else "cancelled")


def test_a_front_end_that_comes_later_changes_nothing(in_cell: CellPrompt, make: Make) -> None:
    in_cell.update(make(front_end=False))
    in_cell.update(make(front_end=True, slow=True))
    in_cell.finish(make(front_end=True, state="cancelled"))
    assert [set(bundle) for bundle in Handle.shown] == [{"text/html", "text/plain"}] * 3


KERNEL_CODE = """
import sys, time
sys.path.insert(0, {root!r})
from jupyter_auth.ui.prompt import make_prompt
interaction = {interaction!r}
prompt = make_prompt()
prompt.update(interaction)
prompt.update({{**interaction, "user_code": "NEW1-NEW2"}})
prompt.finish({{**interaction, "state": "succeeded", "username": "ada"}})
"""


def test_in_a_kernel_it_is_one_display_updated_in_place(make: Make) -> None:
    from jupyter_client.manager import start_new_kernel

    messages: list[dict[str, Any]] = []
    manager, client = start_new_kernel(kernel_name="python3", startup_timeout=60)
    try:
        code = KERNEL_CODE.format(root=str(ROOT), interaction=make(expires_on=4_000_000_000))
        reply = client.execute_interactive(code, output_hook=messages.append, timeout=60)
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
    assert reply["content"]["status"] == "ok", reply["content"]
    shown = [message for message in messages if "display" in message["msg_type"]]
    assert [message["msg_type"] for message in shown] == [
        *("display_data", "update_display_data", "update_display_data")
    ]
    assert len({message["content"]["transient"]["display_id"] for message in shown}) == 1
    bundles = [message["content"]["data"] for message in shown]
    assert [set(bundle) for bundle in bundles] == [{"text/html", "text/plain"}] * 3
    assert ["D7KX" in str(bundles[0]), "NEW1" in str(bundles[1])] == [True, True]
    assert bundles[2]["text/plain"] == "✓ Signed in as ada · graph"
    assert not any(left in str(bundles[2]) for left in ("D7KX", "NEW1", "https:"))


class Card:
    """A widget, as the prompt sees one."""

    def __init__(self) -> None:
        self.told: list[Any] = []

    def show(self, interaction: Any) -> None:
        self.told.append(interaction)

    def close(self) -> None:
        self.told.append("closed")

    def _repr_mimebundle_(self, **kwargs: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        return {"application/vnd.jupyter.widget-view+json": {"model_id": "m"}, "text/plain": "Card()"}, {}


def test_where_widgets_are_shown_the_cell_holds_a_widget_and_no_code(
    monkeypatch: pytest.MonkeyPatch, clock: Clock, make: Make
) -> None:
    monkeypatch.setattr("IPython.display.DisplayHandle", Handle)
    Handle.shown, card = [], Card()
    prompt = CellPrompt(CellSurface(lambda: card), clock=clock)
    prompt.update(make(front_end=False))
    clock.now += 61  # a page that was loaded anew is told again
    prompt.update(make(front_end=True))
    assert [told["user_code"] for told in card.told] == ["D7KX-92QP"] * 2
    (waiting,) = Handle.shown
    assert set(waiting) == {"application/vnd.jupyter.widget-view+json", "text/plain"}
    assert "D7KX" not in str(waiting) and "interrupt the cell" in waiting["text/plain"]
    prompt.finish(make(state="succeeded", username="ada"))
    assert card.told[-1] == "closed" and len(card.told) == 3
    assert set(Handle.shown[-1]) == {"text/html", "text/plain"}


def test_a_front_end_of_ours_comes_before_a_widget(in_cell: CellPrompt, make: Make) -> None:
    hosts.note_widgets()
    try:
        in_cell.update(make(front_end=True))
    finally:
        hosts._have_spoken = False
    assert set(Handle.shown[0]) == {BY_ID, "text/plain"}
