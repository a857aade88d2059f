"""``jupyter auth rotate-key``, and what ``doctor`` says of the sealing key."""

from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from jupyter_auth.broker import storage
from jupyter_auth.cache.sqlite.store import SqliteStore
from jupyter_auth.cli.doctor.checks import store as doctor
from jupyter_auth.cli.doctor.situation import Situation
from jupyter_auth.cli.main import main
from jupyter_auth.testing.store_contract import keys, make_row, put

Configure = Callable[[str], None]


@pytest.fixture(autouse=True)
def configure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Configure:
    """Folders of the test's own; write lines of Jupyter's configuration."""
    for name in ("config", "data", "runtime"):
        monkeypatch.setenv(f"JUPYTER_{name.upper()}_DIR", str(tmp_path / name))
    (tmp_path / "config").mkdir()
    file = tmp_path / "config" / "jupyter_server_config.py"

    def write(text: str) -> None:
        file.write_text(text, encoding="utf-8")

    return write


def opened() -> SqliteStore:
    store = storage.open_store()
    assert isinstance(store, SqliteStore)
    return store


def test_everything_is_sealed_anew_and_a_server_goes_on(capsys: pytest.CaptureFixture[str]) -> None:
    with closing(opened()) as server:
        put(server, make_row("k"))
        before = storage.key_file().read_text()
        assert main(["rotate-key"]) == 0
        told = capsys.readouterr().out
        assert (
            f"1 record is sealed under new keys. The key that wraps them: file {storage.key_file()}" in told
        )
        assert "keyring: there is none on this system" in told and "own file: taken" in told
        assert keys(server) == ["k"]
        assert storage.key_file().read_text().endswith(before)
        assert main(["rotate-key", "--forget-old"]) == 0
        assert len(storage.key_file().read_text().split()) == 1 and keys(server) == ["k"]


def test_no_key_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    opened().close()
    main(["rotate-key"])
    for key in storage.key_file().read_text().split():
        assert key not in capsys.readouterr().out


def test_an_operator_s_key_is_taken_and_not_made(
    tmp_path: Path, configure: Configure, capsys: pytest.CaptureFixture[str]
) -> None:
    """The store was made with a key of its own; the operator sets a file later, with that key below."""
    with closing(opened()) as store:
        put(store, make_row("k"))
    file = tmp_path / "operator.key"
    file.write_text("0c" * 32 + "\n" + storage.key_file().read_text())
    file.chmod(0o400)
    configure(f"c.JupyterAuth.seal_key_file = {str(file)!r}")
    assert main(["rotate-key", "--forget-old"]) == 0
    assert f"operator's file: taken ({file})" in capsys.readouterr().out
    assert len(file.read_text().split()) == 2  # it is the operator's
    with closing(SqliteStore(storage.store_folder(), file, given_key=True)) as store:
        assert keys(store) == ["k"]


@pytest.mark.parametrize("why", ["memory", "no key"])
def test_where_nothing_can_be_sealed_it_says_why(
    configure: Configure, capsys: pytest.CaptureFixture[str], why: str
) -> None:
    opened().close()
    if why == "memory":
        configure("c.JupyterAuth.store = 'memory'")
    else:
        storage.key_file().unlink()
    assert main(["rotate-key"]) == 1
    told = capsys.readouterr().out
    assert ("nothing is sealed" if why == "memory" else "seal.key, which is gone") in told
    assert why == "memory" or not storage.key_file().exists()


def test_the_doctor_tells_where_the_key_is_and_why() -> None:
    opened().close()
    (found,) = (found for found in doctor.check(Situation()) if found.check == "sealing key")
    assert found.state == "ok"
    assert found.message.startswith("operator's file: none is set (c.JupyterAuth.seal_key_file); keyring: ")
    assert found.message.endswith(f"own file: taken ({storage.key_file()})")


def test_people_s_stores_are_not_known_to_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("JUPYTER_CONFIG_DIR", str(tmp_path))
    (tmp_path / "jupyter_server_config.py").write_text("c.JupyterAuth.people = 'many'\n")
    assert main(["rotate-key"]) == 1
    assert "Put a new key above the old one" in capsys.readouterr().out
