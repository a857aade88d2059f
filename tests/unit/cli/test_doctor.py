"""``jupyter auth doctor`` ends, whatever happens, and changes nothing.

What it finds of set-ups that are really broken is in ``tests/doctor``.
"""

import json
import threading
from contextlib import closing
from pathlib import Path

import pytest

from jupyter_auth.broker import storage
from jupyter_auth.cli.doctor.checks import store
from jupyter_auth.cli.doctor.examination import examine
from jupyter_auth.cli.doctor.finding import Finding, Findings, Reason
from jupyter_auth.cli.doctor.situation import Situation
from jupyter_auth.cli.main import main
from jupyter_auth.testing.store_contract import make_row, put


@pytest.fixture(autouse=True)
def store_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Folders of the test's own."""
    for name in ("config", "data", "runtime"):
        monkeypatch.setenv(f"JUPYTER_{name.upper()}_DIR", str(tmp_path / name))
        (tmp_path / name).mkdir(mode=0o700)
    return tmp_path / "data" / "jupyter_auth"


def everything(folder: Path) -> dict[str, tuple[int, int]]:
    """Each file with its mode and when it was changed; each folder with its mode."""
    found = ((path, path.lstat()) for path in folder.rglob("*"))
    return {str(p): (s.st_mode, 0 if p.is_dir() else s.st_mtime_ns) for p, s in found}


# -- it ends, whatever happens --------------------------------------------------------------------


def raising(_: Situation) -> Findings:
    yield Finding(check="raising", state="ok", message="before")
    raise ValueError("canary: a secret may be in what is raised")


def hanging(_: Situation) -> Findings:
    yield Finding(check="hanging", state="ok", message="before")
    threading.Event().wait()


def test_a_check_that_raises_is_a_finding_and_the_others_go_on(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fine(_: Situation) -> Findings:
        yield Finding(check="fine", state="ok", message="well")

    monkeypatch.setattr(
        "jupyter_auth.cli.doctor.examination.CHECKS", {"One": {"raising": raising}, "Two": {"fine": fine}}
    )
    assert main(["doctor", "--json"]) == 1
    said = capsys.readouterr()
    rows = json.loads(said.out)
    assert [(row["check"], row["reason"]) for row in rows] == [
        ("raising", "ok"),
        ("raising", "check_failed"),
        ("fine", "ok"),
    ]
    assert "ValueError at test_doctor.py" in rows[1]["message"] and "canary" not in said.out + said.err


def test_a_check_that_never_ends_is_left_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jupyter_auth.cli.doctor.examination.CHECKS", {"One": {"hanging": hanging}})
    (found, late) = examine(limit=2.0)["One"]
    assert found.message == "before" and late.reason is Reason.CHECK_TIMEOUT and late.check == "hanging"


def test_a_configuration_that_never_ends_is_a_finding_of_each_check_that_needs_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Jupyter's configuration files are programs."""
    monkeypatch.setattr("jupyter_auth.cli.doctor.situation.load_settings", lambda: threading.Event().wait())
    groups = examine(limit=4.0)
    late = {
        finding.check for group in groups.values() for finding in group if finding.reason == "check_timeout"
    }
    assert {"configuration", "store", "provider"} <= late and not {"packages", "labextension"} & late


def test_what_configuration_files_print_is_not_in_the_json(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "config" / "jupyter_server_config.py").write_text("print('hello from a program')")
    main(["doctor", "--json"])
    said = capsys.readouterr()
    assert isinstance(json.loads(said.out), list) and "hello from a program" in said.err


# -- it changes nothing ---------------------------------------------------------------------------


def test_it_makes_no_store_and_no_key(tmp_path: Path) -> None:
    before = everything(tmp_path)
    examine()
    assert everything(tmp_path) == before


def test_it_leaves_a_store_as_it_is_whether_it_is_in_use_or_not(tmp_path: Path) -> None:
    with closing(storage.open_store()) as opened:
        put(opened, make_row("k"))
        before = everything(tmp_path)
        in_use = list(store.check(Situation()))
        assert everything(tmp_path) == before
    before = everything(tmp_path)
    assert in_use == list(store.check(Situation())) and everything(tmp_path) == before
    assert [found.check for found in in_use] == ["store", "sealing key"]
    assert {found.state for found in in_use} == {"ok"}


def test_a_store_whose_key_is_gone_is_named_and_no_other_is_made(tmp_path: Path) -> None:
    storage.open_store().close()
    key = storage.key_file()
    kept = key.read_bytes()
    key.unlink()
    (*_, found) = store.check(Situation())
    assert found.reason is Reason.KEY_MISSING and str(key) in found.message and not key.exists()
    key.write_bytes(kept)
    key.chmod(0o600)
    assert {found.state for found in store.check(Situation())} == {"ok"}


def test_traces_of_dead_servers_are_left(tmp_path: Path) -> None:
    """``list_running_servers`` would remove them."""
    left = tmp_path / "runtime" / "jpserver-999999999.json"
    left.write_text(json.dumps({"pid": 999999999, "url": "http://127.0.0.1:9/", "token": "canary"}))
    assert Situation().servers == [] and left.exists()
