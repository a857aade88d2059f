import io
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import jupyter_auth
from jupyter_auth.ui.card_html import render_card
from jupyter_auth.ui.card_text import render_text
from jupyter_auth.ui.prompt import CellPrompt, TerminalSurface, make_prompt
from tests.unit.ui.conftest import Clock, Make

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


@pytest.fixture
def cell() -> Recorder:
    return Recorder()


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


def test_importing_the_prompt_needs_the_standard_library_only() -> None:
    code = (
        "import sys; before = set(sys.modules); import jupyter_auth.ui.prompt;"
        "print(sorted({name.split('.')[0] for name in set(sys.modules) - before}"
        " - set(sys.stdlib_module_names) - {'jupyter_auth'}))"
    )
    ran = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"
