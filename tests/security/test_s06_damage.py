"""S6: a corrupt or foreign store is set aside with a clear message, and work goes on.

It is set aside with a note or refused, and never gives a wrong value.
"""

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from jupyter_auth.core.errors import CacheError
from jupyter_auth.testing.store_contract import keys, put
from tests.unit.cache.conftest import OpenStore
from tests.unit.cache.mutations import make_pristine, play
from tests.unit.cache.samples import database, open_store, row, set_aside

ROUNDS = 500  # 10 000 by the command of ``mutations``


@pytest.fixture
def pristine(quick_path: Path) -> Path:
    return make_pristine(quick_path)


def test_a_mutated_file_gives_right_values_or_none(quick_path: Path) -> None:
    outcomes = play(quick_path, ROUNDS, 37).outcomes
    assert sum(outcomes.values()) == ROUNDS
    assert min(outcomes.values()) > 0  # every way out was taken


def test_damage_found_while_the_store_is_open_is_survived(pristine: Path) -> None:
    """The file goes bad under a running server: one typed error, then work goes on."""
    with closing(open_store(pristine)) as store:
        path = database(pristine)
        content = path.read_bytes()
        path.write_bytes(content[:100] + bytes(len(content) - 100))
        before = store.generation.value
        with pytest.raises(CacheError):
            store.rows("p0")
        put(store, row("new", "p9"))
        assert keys(store, "p9") == ["new"] and keys(store, "p0") == []
        assert len(store.describe().notes) == 1 and set_aside(pristine) != []
        assert store.generation.value > before


# -- other things at the path -------------------------------------------------------------------


def _zero_bytes(path: Path) -> None:
    path.touch()


def _text(path: Path) -> None:
    path.write_text("# my tokens\n" * 500, encoding="utf-8")


def _short(path: Path) -> None:
    path.write_bytes(b"SQLite format 3\0")


def _sparse(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(2**30)


def _zeros_after_the_header(path: Path) -> None:
    path.write_bytes(b"SQLite format 3\0" + bytes(100_000))


def _json_bomb(path: Path) -> None:
    path.write_bytes(b"[" * 10**6)


@pytest.mark.parametrize(
    "make",
    [_text, _short, _sparse, _zeros_after_the_header, _json_bomb],
    ids=lambda make: make.__name__,
)
def test_what_is_no_database_is_set_aside_whole(
    tmp_path: Path, opened: OpenStore, make: Callable[[Path], None]
) -> None:
    database(tmp_path).parent.mkdir()
    make(database(tmp_path))
    size = database(tmp_path).stat().st_size
    store = opened()
    (kept,) = set_aside(tmp_path)
    assert kept.stat().st_size == size
    assert [kept.name in note for note in store.describe().notes] == [True]
    put(store, row())
    assert keys(store) == ["k"]
    assert opened().describe().notes == ()  # the next opener finds a good one


def test_zero_bytes_are_a_new_store(tmp_path: Path, opened: OpenStore) -> None:
    database(tmp_path).parent.mkdir()
    _zero_bytes(database(tmp_path))
    store = opened()
    put(store, row())
    assert keys(store) == ["k"] and store.describe().notes == ()


@pytest.mark.parametrize("tables", ["notes (text)", "header (a, b)", "records (id)"])
@pytest.mark.parametrize("journal", ["DELETE", "WAL"])
def test_another_program_s_database_is_set_aside_unchanged(
    tmp_path: Path, opened: OpenStore, tables: str, journal: str
) -> None:
    path = database(tmp_path)
    path.parent.mkdir()
    with closing(sqlite3.connect(path)) as db:
        db.execute(f"PRAGMA journal_mode={journal}")
        db.execute(f"CREATE TABLE {tables}")
        db.commit()
    content = path.read_bytes()
    store = opened()
    (kept,) = set_aside(tmp_path, "foreign")
    assert kept.read_bytes() == content
    assert "another program's" in store.describe().notes[0]
    put(store, row())
    store.clear()
    assert keys(store) == [] and kept.exists()  # it is not ours to wipe


def test_a_crashed_program_s_log_stays_with_its_database(tmp_path: Path, opened: OpenStore) -> None:
    path = tmp_path / "theirs"
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA journal_mode=WAL")
        db.execute("CREATE TABLE letters (text)")
        db.execute("INSERT INTO letters VALUES ('kept')")
        db.commit()
        database(tmp_path).parent.mkdir()
        for suffix in ("", "-wal"):
            shutil.copy(f"{path}{suffix}", f"{database(tmp_path)}{suffix}")
    opened()
    kept = next(p for p in set_aside(tmp_path, "foreign") if not p.name.endswith(("-wal", "-shm")))
    with closing(sqlite3.connect(kept)) as db:
        assert db.execute("SELECT text FROM letters").fetchall() == [("kept",)]


@pytest.mark.parametrize("schema", [3, 99, "x"])
def test_a_store_of_another_version_is_left_alone(tmp_path: Path, opened: OpenStore, schema: object) -> None:
    opened().close()
    with closing(sqlite3.connect(database(tmp_path), isolation_level=None)) as db:
        db.execute("UPDATE header SET value = ? WHERE name = 'schema'", (schema,))
    with pytest.raises(CacheError) as caught:
        opened()
    assert caught.value.reason == "schema" and set_aside(tmp_path) == []


@pytest.mark.parametrize(
    "change",
    [
        "DELETE FROM header WHERE name = 'epoch'",
        "DELETE FROM header WHERE name = 'data_key'",
        "UPDATE header SET value = 'x' WHERE name = 'epoch'",
        "UPDATE header SET value = -5 WHERE name = 'epoch'",
        "UPDATE header SET value = 9223372036854775807 WHERE name = 'epoch'",
        "UPDATE header SET value = 'x' WHERE name = 'data_key'",
        "UPDATE header SET value = zeroblob(60) WHERE name = 'data_key'",
        "UPDATE header SET value = NULL",
        "ALTER TABLE records RENAME COLUMN sealed TO saeled",
        "DROP INDEX by_partition",
        "DROP INDEX by_partition; CREATE INDEX by_partition ON records (sealed)",
        "CREATE TRIGGER x AFTER INSERT ON records BEGIN DELETE FROM records; END",
        "DELETE FROM header",
    ],
)
def test_a_header_or_schema_that_was_changed_stops_nothing(
    tmp_path: Path, opened: OpenStore, change: str
) -> None:
    store = opened()
    put(store, row("k"))
    store.close()
    with closing(sqlite3.connect(database(tmp_path), isolation_level=None)) as db:
        db.executescript(change)
    try:
        store = opened()
        put(store, row("new"))
    except CacheError as problem:
        if problem.reason == "schema":
            return
        put(store, row("new"))
    assert set(keys(store)) <= {"k", "new"} and "new" in keys(store)
    store.clear()
    assert store.epoch() > 0
