"""S5: the key lives apart from the data, chosen once, recorded in the header; without it CacheSealError.

Never silently in the clear; ``doctor`` and the panel (which shows the server's ``status``) say which it is.
"""

import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from jupyter_auth.broker import storage
from jupyter_auth.broker.config.settings import Settings
from jupyter_auth.cache.sqlite.store import SqliteStore
from jupyter_auth.cache.token_cache import TokenCache
from jupyter_auth.core.errors import CacheError, CacheSealError
from jupyter_auth.testing.store_contract import keys, put
from tests.security.off import switch_off
from tests.support import place
from tests.support.keyring_session import KeyringSession
from tests.unit.cache.conftest import OpenStore
from tests.unit.cache.elsewhere import Elsewhere
from tests.unit.cache.samples import (
    ADA,
    NOW,
    REFRESH_TOKEN,
    account,
    database,
    key_file,
    open_store,
    refresh_token,
    row,
    set_aside,
    token,
)

# -- a copied folder ------------------------------------------------------------------------------


def taken_by_a_thief(root: Path, patch: pytest.MonkeyPatch) -> str:
    """Ada signs in; somebody copies the folder of her store and opens it at home. What they got."""
    ada, thief = root / "ada", root / "thief"
    for home in (ada, thief):
        home.mkdir(mode=0o700)

    def at(home: Path) -> None:
        for name in ("CONFIG", "DATA", "RUNTIME"):
            patch.setenv(f"JUPYTER_{name}_DIR", str(home / name))

    at(ada)
    with closing(TokenCache(storage.open_store(), clock=lambda: NOW)) as cache:
        cache.save_sign_in(account(), token(), refresh_token())
    at(thief)
    shutil.copytree(ada / "DATA" / "jupyter_auth", thief / "DATA" / "jupyter_auth")
    ada.rename(root / "another user's, whom the thief cannot read")
    with closing(TokenCache(storage.open_store(), clock=lambda: NOW)) as cache:
        found = cache.refresh_token(ADA)
        told = cache.describe()
    if found is None:
        assert told.name == "memory" and told.locked
        assert str(ada / "CONFIG" / "jupyter_auth" / "seal.key") in told.notes[0]
    return found.secret.reveal() if found else ""


def test_a_copied_folder_opens_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert taken_by_a_thief(tmp_path, monkeypatch) == ""


def test_without_the_defence_it_opens_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    switch_off(monkeypatch, "s05")
    assert taken_by_a_thief(tmp_path, monkeypatch) == REFRESH_TOKEN


# -- each source is taken away --------------------------------------------------------------------


def _missing(path: Path) -> None:
    path.unlink()


def _no_folder(path: Path) -> None:
    path.unlink()
    path.parent.rmdir()


def _another(path: Path) -> None:
    path.write_text("ab" * 32 + "\n")


def _short(path: Path) -> None:
    path.write_text(path.read_text()[:32])


def _long(path: Path) -> None:
    path.write_text(path.read_text().strip() + "00")


def _empty(path: Path) -> None:
    path.write_text("")


def _no_hex(path: Path) -> None:
    path.write_text("not a key at all, but as long as one would be in hexadecimal....")


def _binary(path: Path) -> None:
    path.write_bytes(bytes(range(128, 192)))


def _linked(path: Path) -> None:
    path.symlink_to(path.rename(path.with_name("moved")))


def _second_name(path: Path) -> None:
    path.with_name("second").hardlink_to(path)


def _key_fifo(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def _key_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


@pytest.mark.parametrize(
    "change",
    [
        _missing, _no_folder, _another, _short, _long, _empty, _no_hex, _binary, _linked, _second_name,
        _key_fifo, _key_folder,
    ],
    ids=lambda f: f.__name__,
)  # fmt: skip
def test_a_store_without_its_key_says_which_key_and_makes_no_other(
    tmp_path: Path, opened: OpenStore, change: Callable[[Path], None]
) -> None:
    store = opened()
    put(store, row())
    store.close()
    key = key_file(tmp_path).read_bytes()
    for lock in tmp_path.rglob(".lock"):
        lock.unlink()
    change(key_file(tmp_path))
    left = key_file(tmp_path).read_bytes() if key_file(tmp_path).is_file() else None
    for _ in range(2):
        with pytest.raises(CacheSealError) as caught:
            opened()
        assert str(key_file(tmp_path)) in str(caught.value) and caught.value.hint
        assert key.decode().strip() not in str(caught.value)
    assert (key_file(tmp_path).read_bytes() if key_file(tmp_path).is_file() else None) == left
    assert set_aside(tmp_path) == []
    _put_back(tmp_path, key)
    assert keys(opened()) == ["k"]


def _put_back(place: Path, key: bytes) -> None:
    path = key_file(place)
    for old in path.parent.glob("*"):
        old.rmdir() if old.is_dir() else old.unlink()
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(key)


@pytest.mark.parametrize("change", [_short, _no_hex, _linked, _key_fifo], ids=lambda f: f.__name__)
def test_a_new_store_takes_no_unsafe_key(tmp_path: Path, change: Callable[[Path], None]) -> None:
    key_file(tmp_path).parent.mkdir()
    key_file(tmp_path).write_text("cd" * 32)
    change(key_file(tmp_path))
    with pytest.raises(CacheError, match=r"seal\.key"):
        open_store(tmp_path)


@pytest.mark.parametrize("change", [_missing, _another, _empty, _linked], ids=lambda f: f.__name__)
def test_nor_without_an_operator_s(tmp_path: Path, change: Callable[[Path], None]) -> None:
    operators = tmp_path / "operator" / "seal.key"
    operators.parent.mkdir()
    operators.write_text("0a" * 32)
    operators.chmod(0o600)
    with closing(SqliteStore(tmp_path / "store", operators, given_key=True)) as store:
        put(store, row())
    change(operators)
    with pytest.raises(CacheSealError, match="operator"):
        SqliteStore(tmp_path / "store", operators, given_key=True)
    with pytest.raises(CacheSealError, match="operator"):  # nor is another source taken instead
        open_store(tmp_path)
    assert not key_file(tmp_path).exists()


@pytest.fixture
def desktop(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with KeyringSession() as session:
        for name, value in session.environment.items():
            monkeypatch.setenv(name, value)
        yield


@pytest.mark.usefixtures("desktop")
def test_nor_without_the_keyring_s_entry(tmp_path: Path) -> None:
    with Elsewhere(tmp_path) as process:
        process("put", "k", 10, True)
        assert process("key")[0] == "keyring seal-key"
    content = database(tmp_path).read_bytes()
    remove = "import keyring; keyring.delete_password('jupyter-token-broker', 'seal-key')"
    subprocess.run([sys.executable, "-c", remove], check=True)
    with Elsewhere(tmp_path) as process:
        assert process("open") == {"error": "cache_seal_error", "reason": "seal_key_missing"}
        assert "jupyter-token-broker/seal-key of the keyring, which is gone" in process("told", "open")
    assert database(tmp_path).read_bytes() == content and not key_file(tmp_path).exists()


# -- which it is ----------------------------------------------------------------------------------


def test_the_header_says_source_and_key_id_and_never_the_key(tmp_path: Path) -> None:
    open_store(tmp_path).close()
    with closing(sqlite3.connect(database(tmp_path))) as db:
        header = dict(db.execute("SELECT name, value FROM header"))
    assert (header["key_source"], header["key_location"]) == ("file", str(key_file(tmp_path)))
    assert len(header["key_id"]) == 16
    key = key_file(tmp_path).read_text().strip()
    assert key.encode() not in database(tmp_path).read_bytes()
    assert bytes.fromhex(key) not in database(tmp_path).read_bytes()


def test_doctor_and_the_panel_s_status_say_which_and_that_it_is_gone() -> None:
    with place() as made:
        doctor = [sys.executable, "-m", "jupyter_auth.cli.main", "doctor"]

        def asked() -> str:
            done = subprocess.run(
                doctor, env=dict(made.environment), capture_output=True, text=True, check=False, timeout=60
            )
            return done.stdout

        key = made.config / "jupyter_auth" / "seal.key"
        with made.server() as server:
            server.delete("jupyter_auth/v1/cache").raise_for_status()  # opens the store
            told = server.get("jupyter_auth/v1/status").json()["store"]
        assert told["key_source"] == f"file {key}" and told["locked"] is False
        assert f"own file: taken ({key})" in told["key_sources"]
        assert f"sealed with file {key}" in asked()
        key.rename(key.with_name("away"))
        assert "FAULT" in (said := asked()) and str(key) in said
        with made.server() as server:
            server.get("jupyter_auth/v1/accounts").raise_for_status()
            told = server.get("jupyter_auth/v1/status").json()["store"]
        assert told["name"] == "memory" and told["locked"] is True and str(key) in told["notes"][0]
        assert not key.exists()


def test_where_no_key_can_be_had_nothing_is_written(tmp_path: Path) -> None:
    """Not in the clear, not at all: memory serves, and a note says why."""
    (tmp_path / "taken").write_text("a file where the key's folder would be")
    settings = Settings(
        store_path=str(tmp_path / "store"), seal_key_file=str(tmp_path / "taken" / "seal.key")
    )
    with closing(storage.open_store(settings)) as store:
        put(store, row())
        assert keys(store) == ["k"] and store.describe().name == "memory"
        assert "in memory only" in store.describe().notes[0]
    left = (tmp_path / "store").iterdir()
    assert all(path.stat().st_size == 0 or path.name == "generation" for path in left)
