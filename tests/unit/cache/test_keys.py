"""Where the sealing key is kept: chosen once, in order, recorded with reasons; and an operator's change."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from jupyter_auth.cache.seals.keys import MAX_KEYS, KeySources, reasons_of
from jupyter_auth.cache.sqlite.store import SqliteStore
from jupyter_auth.core.errors import CacheError, CacheSealError
from jupyter_auth.testing.store_contract import keys, put
from tests.unit.cache.elsewhere import Elsewhere
from tests.unit.cache.samples import database, key_file, open_store, row

OLD, NEW = "0a" * 32, "0b" * 32
NO_OPERATOR = "operator's file: none is set (c.JupyterAuth.seal_key_file)"


def header(place: Path) -> dict[str, Any]:
    with closing(sqlite3.connect(database(place))) as db:
        return dict(db.execute("SELECT name, value FROM header"))


def given(place: Path, *lines: str) -> Path:
    """An operator's key file."""
    file = place / "operator.key"
    file.unlink(missing_ok=True)
    file.write_text("".join(f"{line}\n" for line in lines), encoding="ascii")
    file.chmod(0o400)
    return file


def open_given(place: Path, *lines: str) -> SqliteStore:
    return SqliteStore(place / "store", given(place, *lines), given_key=True)


def test_the_choice_is_recorded_with_its_reasons(tmp_path: Path) -> None:
    with closing(open_store(tmp_path)) as store:
        reasons = store.describe().key_sources
    assert reasons == (
        NO_OPERATOR,
        "keyring: there is none on this system, or it is switched off",
        f"own file: taken ({key_file(tmp_path)})",
    )
    written = header(tmp_path)
    assert (written["key_source"], written["key_location"]) == ("file", str(key_file(tmp_path)))
    assert len(written["key_id"]) == 16 and tuple(json.loads(written["key_why"])) == reasons
    with closing(open_store(tmp_path)) as store:
        assert store.describe().key_sources == reasons


def test_an_operator_s_file_is_the_only_one_that_counts(tmp_path: Path) -> None:
    with closing(open_given(tmp_path, OLD)) as store:
        assert store.describe().key_sources == (f"operator's file: taken ({tmp_path / 'operator.key'})",)
        put(store, row())
    with pytest.raises(CacheSealError, match=r"operator\.key is not the key that sealed"):
        open_given(tmp_path, NEW)
    given(tmp_path).unlink()
    with pytest.raises(CacheSealError, match=r"operator\.key is missing"):
        SqliteStore(tmp_path / "store", tmp_path / "operator.key", given_key=True)


def test_an_operator_s_folder_stays_as_it_is(tmp_path: Path) -> None:
    """Though the mark of how far the store has come is put beside the key, where that can be."""
    (folder := tmp_path / "etc").mkdir(mode=0o755)
    folder.chmod(0o755)
    file = given(tmp_path, OLD).rename(folder / "seal.key")
    with closing(SqliteStore(tmp_path / "store", file, given_key=True)) as store:
        put(store, row(), durable=True)
    assert folder.stat().st_mode & 0o777 == 0o755
    assert list(folder.glob(".*.mark"))


def test_a_clear_needs_no_key_that_has_gone_meanwhile(tmp_path: Path) -> None:
    """Neither to clear, nor to go on after a clear by another."""
    with closing(open_store(tmp_path)) as store, closing(open_store(tmp_path)) as other:
        put(store, row())
        key_file(tmp_path).rename(tmp_path / "away")
        store.clear()
        assert keys(store) == keys(other) == []
        put(other, row())
        assert keys(store) == [row().key]
    (tmp_path / "away").rename(key_file(tmp_path))
    with closing(open_store(tmp_path)) as store:
        assert keys(store) == [row().key]


@pytest.mark.parametrize(
    ("backend", "why"),
    [
        ("keyring.backends.null.Keyring", "there is none on this system, or it is switched off"),
        ("keyring.backends.fail.Keyring", "there is none on this system, or it is switched off"),
        (
            "keyrings.alt.file.PlaintextKeyring",
            "its backend keyrings.alt.file.PlaintextKeyring is not one that is known to be safe",
        ),
        ("no.such.Keyring", "it failed (ModuleNotFoundError)"),
    ],
)
def test_a_keyring_that_is_not_safe_is_not_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, backend: str, why: str
) -> None:
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", backend)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    with Elsewhere(tmp_path) as process:
        assert process("key") == [
            f"file {key_file(tmp_path)}",
            [NO_OPERATOR, f"keyring: {why}", f"own file: taken ({key_file(tmp_path)})"],
        ]
    assert not (tmp_path / "data").exists()


def test_without_the_package_that_is_the_reason(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jupyter_auth.cache.seals.keyrings.find_spec", lambda name: None)
    with closing(open_store(tmp_path)) as store:
        assert "keyring: not installed (pip install" in store.describe().key_sources[1]


# -- an operator changes the key ----------------------------------------------------------------


def test_a_new_key_above_the_old_one_takes_over_when_the_store_is_opened(tmp_path: Path) -> None:
    with closing(open_given(tmp_path, OLD)) as store:
        put(store, row())
        before = header(tmp_path)
        with closing(open_given(tmp_path, NEW, OLD)) as other:
            assert keys(other) == ["k"]
            put(other, row("of the other"))
            assert keys(store) == ["k", "of the other"]  # it has it open, and reads the file anew
            put(store, row("of the first"))
            assert keys(other) == ["k", "of the first", "of the other"]
    after = header(tmp_path)
    assert before["key_id"] != after["key_id"] and before["data_key"] != after["data_key"]
    with closing(open_given(tmp_path, NEW)) as store:  # the old one may go
        assert len(keys(store)) == 3
    with pytest.raises(CacheSealError):
        open_given(tmp_path, OLD)


def test_a_new_key_alone_opens_nothing_and_loses_nothing(tmp_path: Path) -> None:
    with closing(open_given(tmp_path, OLD)) as store:
        put(store, row())
    with pytest.raises(CacheSealError) as caught:
        open_given(tmp_path, NEW)
    assert "line below" in caught.value.hint
    with closing(open_given(tmp_path, NEW, OLD)) as store:
        assert keys(store) == ["k"]


def test_one_who_has_it_open_and_lacks_the_new_key_is_told(tmp_path: Path) -> None:
    """A process whose key file cannot be read any more: a typed error, and nothing is written."""
    with closing(open_given(tmp_path, OLD)) as store:
        put(store, row())
        open_given(tmp_path, NEW, OLD).close()
        given(tmp_path, OLD)
        with pytest.raises(CacheSealError):
            store.rows("p")
        with pytest.raises(CacheSealError):
            put(store, row("late"))
        given(tmp_path, NEW)
        assert keys(store) == ["k"]


# -- what may stand in a key file ---------------------------------------------------------------


@pytest.mark.parametrize(
    "lines", [(), ("0a" * 31,), (OLD, "0b" * 33), (OLD, "no hex"), (OLD,) * (MAX_KEYS + 1)]
)
def test_a_file_with_anything_but_keys_is_refused(tmp_path: Path, lines: tuple[str, ...]) -> None:
    with pytest.raises(CacheSealError, match=r"operator\.key holds no key"):
        open_given(tmp_path, *lines)


def test_a_file_holds_no_more_than_a_few_keys(tmp_path: Path) -> None:
    sources = KeySources(key_file(tmp_path))
    made = [sources.choose(fresh=True).master.key.hex() for _ in range(MAX_KEYS + 3)]
    assert key_file(tmp_path).read_text().split() == made[::-1][:MAX_KEYS]
    assert key_file(tmp_path).stat().st_mode & 0o777 == 0o600
    assert sources.choose().master.key.hex() == made[-1]  # a new store takes the newest


def test_an_old_key_that_cannot_be_read_is_not_overwritten(tmp_path: Path) -> None:
    open_store(tmp_path).close()
    key_file(tmp_path).write_text("damaged")
    with pytest.raises(CacheError):
        KeySources(key_file(tmp_path)).choose(fresh=True)
    assert key_file(tmp_path).read_text() == "damaged"


@pytest.mark.parametrize("text", ["", "{", "[1]", '{"a": 1}', json.dumps(["x" * 2000]), None, b"\xff"])
def test_reasons_that_cannot_be_read_are_none(text: object) -> None:
    assert reasons_of(text) == ()
