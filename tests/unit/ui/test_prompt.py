import io
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import jupyter_auth
from jupyter_auth.ui import hosts
from jupyter_auth.ui.card_html import render_card
from jupyter_auth.ui.card_text import render_text
from jupyter_auth.ui.prompt import CellPrompt, CellSurface, TerminalSurface, make_prompt

Make = Callable[..., dict[str, Any]]
ROOT = Path(jupyter_auth.__path__[0]).parent


class Recorder:
    """A cell: ``shown`` is what stands in it, ``count`` how often it was drawn."""

    shows_time = True

    def __init__(self) -> None:
        self.shown = ""
        self.count = 0

    def visible(self, interaction: Any) -> object:
        return render_text(interaction, now=0.0)

    def draw(self, interaction: Any, now: float) -> None:
        self.shown = render_card(interaction, now=now) + render_text(interaction, now=now)
        self.count += 1

    def ask(self, question: str) -> str:
        raise EOFError


class Clock:
    def __init__(self, now: float) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def cell() -> Recorder:
    return Recorder()


@pytest.fixture
def clock(now: int) -> Clock:
    return Clock(now)


@pytest.fixture
def prompt(cell: Recorder, clock: Clock) -> CellPrompt:
    return CellPrompt(cell, clock=clock)


def test_the_same_again_is_not_drawn_again(
    prompt: CellPrompt, cell: Recorder, clock: Clock, make: Make
) -> None:
    prompt.update(make())
    for _ in range(5):
        clock.now += 10
        prompt.update(make())
    assert cell.count == 1


@pytest.mark.parametrize(
    "changes",
    [{"user_code": "NEW1-NEW2"}, {"requested_by": {"waiting": 2}}, {"slow": True}, {"username": "ada"}],
)
def test_what_a_person_can_see_is_drawn_at_once(
    prompt: CellPrompt, cell: Recorder, make: Make, changes: dict[str, Any]
) -> None:
    prompt.update(make())
    prompt.update(make(**changes))
    assert cell.count == 2


def test_the_time_is_drawn_every_minute_and_under_five_every_15_seconds(
    prompt: CellPrompt, cell: Recorder, clock: Clock, make: Make
) -> None:
    start = clock.now
    prompt.update(make())
    drawn_at = []
    while clock.now < start + 899:
        clock.now += 1
        before = cell.count
        prompt.update(make())
        drawn_at += [int(clock.now - start)] if cell.count > before else []
    assert drawn_at == [*range(60, 601, 60), *range(615, 899, 15)]


def test_a_clock_that_steps_back_does_not_stop_it(
    prompt: CellPrompt, cell: Recorder, clock: Clock, make: Make
) -> None:
    prompt.update(make())
    clock.now -= 3600
    prompt.update(make())
    assert cell.count == 2


@pytest.mark.parametrize("state", ["succeeded", "declined", "expired", "cancelled", "failed", "pending"])
def test_finish_leaves_no_code_and_no_address(
    prompt: CellPrompt, cell: Recorder, make: Make, state: str
) -> None:
    prompt.update(make())
    assert "D7KX-92QP" in cell.shown
    prompt.finish(make(state=state))
    assert not any(left in cell.shown for left in ("D7KX", "devicelogin", "https:", "<script", "<style"))


def test_a_request_that_has_ended_finishes_at_update(prompt: CellPrompt, cell: Recorder, make: Make) -> None:
    prompt.update(make())
    prompt.update(make(state="succeeded", username="ada"))
    assert "Signed in as" in cell.shown


def test_nothing_comes_after_finish(prompt: CellPrompt, cell: Recorder, clock: Clock, make: Make) -> None:
    prompt.update(make())
    prompt.finish(make(state="cancelled"))
    clock.now += 600
    prompt.update(make(user_code="NEW1-NEW2"))
    prompt.finish(make(state="succeeded"))
    assert cell.count == 2
    assert "Sign-in cancelled." in cell.shown


def test_where_nothing_was_shown_no_outcome_is(prompt: CellPrompt, cell: Recorder, make: Make) -> None:
    prompt.finish(make(state="succeeded"))
    assert cell.count == 0


def test_an_interrupt_while_it_is_drawn_still_leaves_no_code(make: Make, now: int) -> None:
    class Interrupted(Recorder):
        def draw(self, interaction: Any, now: float) -> None:
            super().draw(interaction, now)
            if self.count == 1:
                raise KeyboardInterrupt

    cell = Interrupted()
    prompt = CellPrompt(cell, clock=Clock(now))
    with pytest.raises(KeyboardInterrupt):
        prompt.update(make())
    prompt.finish(make(state="cancelled"))
    assert "D7KX" not in cell.shown


def test_a_terminal_prints_again_only_for_a_new_code(clock: Clock, make: Make) -> None:
    out = io.StringIO()
    prompt = CellPrompt(TerminalSurface(out), clock=clock)
    prompt.update(make())
    clock.now += 120
    prompt.update(make(requested_by={"waiting": 2}, slow=True))
    assert out.getvalue().count("asks you to sign in") == 1
    prompt.update(make(user_code="NEW1-NEW2"))
    assert out.getvalue().count("asks you to sign in") == 2
    prompt.finish(make(state="succeeded", username="ada"))
    assert "To stop, press Ctrl+C.\n" in out.getvalue()
    assert out.getvalue().endswith("Signed in as ada - graph\n")


@pytest.mark.parametrize(
    ("encoding", "line"),
    [
        ("utf-8", "✓ Signed in as zoë · graph\n"),
        ("latin-1", "ok Signed in as zoë - graph\n"),
        ("ascii", "ok Signed in as zo? - graph\n"),
    ],
)
def test_a_terminal_gets_the_signs_it_can_show(make: Make, now: int, encoding: str, line: str) -> None:
    raw = io.BytesIO()
    out = io.TextIOWrapper(raw, encoding=encoding, newline="\n")
    TerminalSurface(out).draw(make(state="succeeded", username="zoë"), now)
    assert raw.getvalue().decode(encoding) == line


def test_plain_python_is_a_terminal(capsys: pytest.CaptureFixture[str], make: Make) -> None:
    prompt = make_prompt()
    prompt.update(make(expires_on=4_000_000_000))
    assert "press Ctrl+C" in capsys.readouterr().out


BY_ID = "application/vnd.jupyter_auth.interaction.v1+json"


class Handle:
    """What IPython displays through."""

    shown: list[dict[str, Any]]

    def display(self, bundle: dict[str, Any], *, raw: bool) -> None:
        assert raw
        Handle.shown = [bundle]

    def update(self, bundle: dict[str, Any], *, raw: bool) -> None:
        assert raw
        Handle.shown.append(bundle)


@pytest.fixture
def in_cell(monkeypatch: pytest.MonkeyPatch, clock: Clock) -> CellPrompt:
    monkeypatch.setattr("IPython.display.DisplayHandle", Handle)
    Handle.shown = []
    return CellPrompt(CellSurface(), clock=clock)


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


def test_importing_the_prompt_needs_the_standard_library_only() -> None:
    code = (
        "import sys; before = set(sys.modules); import jupyter_auth.ui.prompt;"
        "print(sorted({name.split('.')[0] for name in set(sys.modules) - before}"
        " - set(sys.stdlib_module_names) - {'jupyter_auth'}))"
    )
    ran = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"
