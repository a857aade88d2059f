"""``jupyter auth doctor``: what it says of the store."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from jupyter_auth.cache.sqlite.store import SqliteStore
from jupyter_auth.cli.doctor import checks as doctor


@pytest.fixture(autouse=True)
def store_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Folders of the test's own; the settings are read anew."""
    for name in ("config", "data", "runtime"):
        monkeypatch.setenv(f"JUPYTER_{name.upper()}_DIR", str(tmp_path / name))
    doctor._settings.cache_clear()
    yield tmp_path / "data" / "jupyter_auth"
    doctor._settings.cache_clear()


def findings() -> list[tuple[str, str]]:
    return [(found.state, found.message) for found in doctor.check_store()]


def test_a_network_filesystem_is_named_with_what_can_be_done(
    store_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Path] = []

    def nfs(path: Path) -> str:
        asked.append(path)
        return "nfs4"

    monkeypatch.setattr(doctor, "network_filesystem", nfs)
    note, store = doctor.check_store()
    assert asked == [store_folder]
    assert note.state == "note" and "network filesystem (nfs4)" in note.message
    assert str(store_folder) in note.message and "c.JupyterAuth.store_path" in note.remedy
    assert store.state == "ok"


def test_a_local_one_is_not_mentioned(store_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def local(path: Path) -> None: ...

    monkeypatch.setattr(doctor, "network_filesystem", local)
    assert findings() == [("ok", f"none yet; the first use makes it in {store_folder}")]


def test_the_store_is_opened_as_the_network_s(store_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from jupyter_auth.broker import storage

    opened: list[Any] = []

    class Noted(SqliteStore):
        def __init__(self, *args: Any, **more: Any) -> None:
            opened.append(more["network"])
            super().__init__(*args, **more)

    monkeypatch.setattr("jupyter_auth.cache.sqlite.store.SqliteStore", Noted)
    monkeypatch.setattr(storage, "network_filesystem", lambda path: "lustre")
    storage.open_store().close()
    assert findings()[-1][0] == "ok" and opened == ["lustre", "lustre"]
    assert not list(store_folder.glob("*-wal"))
