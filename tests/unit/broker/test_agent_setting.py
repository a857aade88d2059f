"""Who says what becomes of the agent: a person, and an administrator where it must not be."""

from pathlib import Path

import pytest

from jupyter_auth.broker.config.configuration import AGENT_VARIABLE, load
from jupyter_auth.broker.config.settings import AGENT, DEFAULTS, PLACE, Settings
from jupyter_auth.core.profile import Fault

WRONG = Settings(faults=(Fault(file=PLACE, key="people", message="must be one"),))


@pytest.mark.parametrize(
    ("settings", "said", "meant"),
    [
        (DEFAULTS, (None, None), "use"),
        (DEFAULTS, ("start", None), "start"),
        (DEFAULTS, ("start", "never"), "never"),
        (DEFAULTS, ("never", "use"), "use"),
        (DEFAULTS, ("start", "sometimes"), "start"),  # what is no answer says nothing
        (Settings(agent="start"), (None, None), "start"),
        (Settings(agent="start"), ("use", None), "use"),
        (Settings(agent="never"), ("start", "start"), "never"),
        (WRONG, ("start", "start"), "never"),  # nobody knows what an administrator meant
    ],
)
def test_a_person_says_what_an_administrator_leaves_open(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    settings: Settings,
    said: tuple[str | None, str | None],
    meant: str,
) -> None:
    in_file, variable = said
    monkeypatch.delenv(AGENT_VARIABLE, raising=False)
    if variable:
        monkeypatch.setenv(AGENT_VARIABLE, variable)
    file = tmp_path / "jupyter_auth.toml"
    file.write_text(f'agent = "{in_file}"\n' if in_file else "")
    assert load([file], settings).agent == meant


@pytest.mark.parametrize("value", ['"sometimes"', "true", "1", '["use"]'])
def test_anything_else_is_a_fault_and_counts_for_nothing(tmp_path: Path, value: str) -> None:
    file = tmp_path / "jupyter_auth.toml"
    file.write_text(f"agent = {value}\n")
    found = load([file])
    assert [(fault.key, fault.message) for fault in found.faults] == [
        ("agent", f"must be {' or '.join(map(repr, AGENT))}")
    ]
    assert found.agent_wish is None


def test_the_strongest_file_counts(tmp_path: Path) -> None:
    files = [tmp_path / name for name in ("strong.toml", "weak.toml")]
    files[0].write_text('agent = "never"\n')
    files[1].write_text('agent = "start"\n')
    assert load(files).agent_wish == "never"
    files[0].write_text("")
    assert load(files).agent_wish == "start"
