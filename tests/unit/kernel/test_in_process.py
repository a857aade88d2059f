"""The broker of a kernel's own process knows whether a cell runs in it."""

from types import SimpleNamespace
from typing import Any

import pytest
from IPython.core.events import EventManager, available_events

from jupyter_auth.kernel import in_process, own


def test_where_cells_run_their_beginnings_and_ends_are_heard(monkeypatch: pytest.MonkeyPatch) -> None:
    shell: Any = SimpleNamespace()
    shell.events = EventManager(shell, available_events)
    monkeypatch.setattr(own, "shell", lambda: shell)
    process = in_process._ThisProcess()
    heard = [process.runs("")]  # a cell has made it
    for event in ("post_execute", "pre_execute", "post_execute"):
        shell.events.trigger(event)
        heard.append(process.runs(""))
    assert heard == [True, False, True, False]


def test_a_script_runs_until_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(own, "shell", lambda: None)
    assert in_process._ThisProcess().runs("")
