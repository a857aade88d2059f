"""The store of somebody else in the place of one's own: another owner, another key, another person's file."""

import os
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from jupyter_auth.broker.config.settings import Settings
from jupyter_auth.broker.storage import open_store as open_at_usual_place
from jupyter_auth.core.errors import CacheSealError, NoSafeStoreError
from jupyter_auth.testing.store_contract import keys, put
from tests.unit.cache.samples import database, key_file, open_store, row, set_aside


def made(place: Path) -> bytes:
    with closing(open_store(place)) as store:
        put(store, row("theirs"))
    return database(place).read_bytes()


def test_another_user_s_file_opens_nothing_and_is_left_as_it_is(tmp_path: Path) -> None:
    """A copy of bob's file where ada's would be, with ada's own key."""
    bob, ada = tmp_path / "bob", tmp_path / "ada"
    content = made(bob)
    made(ada)
    shutil.copy(database(bob), database(ada))
    key_file(bob).unlink()  # ada cannot read it
    with pytest.raises(CacheSealError) as caught:
        open_store(ada)
    assert str(key_file(bob)) in caught.value.message and "%auth clear" in caught.value.hint
    assert database(ada).read_bytes() == content and set_aside(ada) == []


def test_with_another_key_in_its_place_too(tmp_path: Path) -> None:
    made(tmp_path)
    key_file(tmp_path).write_text("ab" * 32)
    with pytest.raises(CacheSealError, match="is not the key that sealed"):
        open_store(tmp_path)


def test_rows_of_another_store_open_nothing_in_one_s_own(tmp_path: Path) -> None:
    """Even under one key file each store has a data key of its own."""
    ada, bob = tmp_path / "ada", tmp_path / "bob"
    made(ada)
    key_file(bob).parent.mkdir(parents=True)
    shutil.copy(key_file(ada), key_file(bob))
    made(bob)
    with closing(sqlite3.connect(database(bob))) as db:
        rows = db.execute("SELECT key, partition, kind, expires_on, sealed FROM records").fetchall()
    with closing(sqlite3.connect(database(ada), isolation_level=None)) as db:
        db.executemany(
            "INSERT INTO records (key, partition, kind, expires_on, sealed) VALUES (?, ?, ?, ?, ?)", rows
        )
        db.execute("UPDATE records SET sealed = ? WHERE id = 1", (rows[0][4],))
    with closing(open_store(ada)) as store:
        assert keys(store) == [] and list(store.rows_of_kind(row().kind)) == []


def another_owner(monkeypatch: pytest.MonkeyPatch) -> None:
    """The files belong to somebody else. Only root could give them away, so it is us who are another."""
    own = os.geteuid()
    monkeypatch.setattr(os, "geteuid", lambda: own + 4321)


def test_files_of_another_owner_are_not_used_and_the_broker_goes_on_in_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = made(tmp_path)
    another_owner(monkeypatch)
    with pytest.raises(NoSafeStoreError, match="belongs to another user"):
        open_store(tmp_path)
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(tmp_path / "run"))
    settings = Settings(store_path=str(tmp_path / "store"), seal_key_file=str(key_file(tmp_path)))
    with closing(open_at_usual_place(settings)) as store:
        told = store.describe()
        assert told.name == "memory" and "belongs to another user" in told.notes[0]
        put(store, row("mine"))
        assert keys(store) == ["mine"]
    assert database(tmp_path).read_bytes() == content
