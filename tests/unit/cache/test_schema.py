"""A store of another version: it says whose it is and what to do, and nothing of it is touched."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from jupyter_auth import __version__
from jupyter_auth.broker import storage
from jupyter_auth.broker.config.settings import Settings
from jupyter_auth.cache.records import Kind
from jupyter_auth.cache.sqlite.header import SCHEMA_VERSION
from jupyter_auth.cache.sqlite.store import SqliteStore
from jupyter_auth.core.errors import CacheError
from jupyter_auth.core.generation import Generation
from jupyter_auth.testing.store_contract import keys, put
from tests.unit.cache.samples import database, key_file, open_store, row, set_aside

ANOTHER = "UPDATE header SET value = {schema} WHERE name = 'schema'"
BY = "INSERT OR REPLACE INTO header VALUES ('written_by', {by!r})"


def rewrite(place: Path, *statements: str) -> bytes:
    """Make a store as another version may have left it; what its file holds."""
    with closing(open_store(place)) as store:
        put(store, row("k"))
    with closing(sqlite3.connect(database(place), isolation_level=None)) as db:
        for statement in statements:
            db.execute(statement)
    return database(place).read_bytes()


def refused(place: Path, network: str | None = None) -> CacheError:
    with pytest.raises(CacheError) as caught:
        open_store(place, network)
    assert caught.value.reason == "schema"
    return caught.value


def test_a_new_store_tells_which_version_made_it(tmp_path: Path) -> None:
    rewrite(tmp_path)
    with closing(sqlite3.connect(database(tmp_path))) as db:
        values = dict(db.execute("SELECT name, value FROM header"))
    assert (values["schema"], values["written_by"]) == (SCHEMA_VERSION, __version__)


def test_a_store_from_before_that_was_told_is_used(tmp_path: Path) -> None:
    rewrite(tmp_path, "DELETE FROM header WHERE name = 'written_by'")
    with closing(open_store(tmp_path)) as store:
        assert keys(store) == ["k"] and store.describe().notes == ()


NEWER = (ANOTHER.format(schema=3), BY.format(by="0.7.2"))


@pytest.mark.parametrize("network", [None, "nfs4"])
@pytest.mark.parametrize(
    "more",
    [(), ("DROP TABLE records",), ("DROP INDEX by_kind",), ("ALTER TABLE header ADD COLUMN more",)],
    ids=["same", "no records", "no index", "more columns"],
)
def test_a_newer_one_is_left_alone_to_the_byte(
    tmp_path: Path, more: tuple[str, ...], network: str | None
) -> None:
    before = rewrite(tmp_path, *NEWER, *more)
    problem = refused(tmp_path, network)
    assert "jupyter-token-broker 0.7.2 (schema 3)" in problem.message
    assert f"({__version__}, schema 2)" in problem.message
    assert "Update jupyter-token-broker" in problem.hint and "store_path" in problem.hint
    assert database(tmp_path).read_bytes() == before
    assert set_aside(tmp_path) == set_aside(tmp_path, "foreign") == []


def test_a_newer_one_that_is_in_use_is_not_disturbed(tmp_path: Path) -> None:
    rewrite(tmp_path, *NEWER)
    with closing(sqlite3.connect(database(tmp_path), isolation_level=None)) as newer:
        newer.execute("PRAGMA journal_mode=WAL")
        newer.execute("INSERT INTO header VALUES ('theirs', 1)")
        wal = database(tmp_path).with_name("tokens.db-wal").read_bytes()
        refused(tmp_path)
        assert database(tmp_path).with_name("tokens.db-wal").read_bytes() == wal
        newer.execute("BEGIN IMMEDIATE")  # no lock is waited for, either
        refused(tmp_path)
        newer.execute("COMMIT")
        assert newer.execute("SELECT value FROM header WHERE name = 'theirs'").fetchone() == (1,)


def test_an_older_one_is_left_alone_too_and_may_be_given_up(tmp_path: Path) -> None:
    before = rewrite(tmp_path, ANOTHER.format(schema=0), "DELETE FROM header WHERE name = 'written_by'")
    problem = refused(tmp_path)
    assert "another version (schema 0)" in problem.message and "%auth clear" in problem.hint
    assert database(tmp_path).read_bytes() == before


@pytest.mark.parametrize("by", ["<script>alert(1)</script>", "x" * 10_000, "1.0\nTo repair it, run …", ""])
def test_what_a_file_says_of_its_writer_is_not_believed(tmp_path: Path, by: str) -> None:
    rewrite(tmp_path, ANOTHER.format(schema=3))
    with closing(sqlite3.connect(database(tmp_path), isolation_level=None)) as db:
        db.execute("INSERT OR REPLACE INTO header VALUES ('written_by', ?)", (by,))
    assert "jupyter-token-broker another version (schema 3)" in refused(tmp_path).message


def test_one_that_a_newer_version_takes_over_is_let_go_of(tmp_path: Path) -> None:
    """The package was updated while a server of the old version runs: that one writes no more."""
    with closing(open_store(tmp_path)) as store:
        put(store, row("k"))
        with closing(sqlite3.connect(database(tmp_path), isolation_level=None)) as newer:
            for statement in NEWER:
                newer.execute(statement)
        uses: list[Callable[[], object]] = [
            lambda: store.rows("p"),
            lambda: put(store, row("late")),
            store.epoch,
            store.clear,
            lambda: store.rows_of_kind(Kind.ACCOUNT),
        ]
        for use in uses:
            with pytest.raises(CacheError, match=r"0\.7\.2") as caught:
                use()
            assert caught.value.reason == "schema"
    with closing(sqlite3.connect(database(tmp_path))) as db:
        assert db.execute("SELECT count(*) FROM records").fetchone() == (1,)
    assert set_aside(tmp_path) == []


# -- the broker's store -------------------------------------------------------------------------


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(tmp_path / "run"))
    monkeypatch.setenv("JUPYTER_CONFIG_DIR", str(tmp_path / "config"))
    return Settings(store_path=str(tmp_path / "store"), seal_key_file=str(key_file(tmp_path)))


@pytest.mark.parametrize("schema", [0, 3])
def test_the_broker_goes_on_in_memory_and_says_why(tmp_path: Path, settings: Settings, schema: int) -> None:
    before = rewrite(tmp_path, ANOTHER.format(schema=schema))
    with closing(storage.open_store(settings)) as store:
        put(store, row("mine"))
        assert keys(store) == ["mine"]
        (note,) = store.describe().notes
        assert note.startswith("Tokens are kept in memory only and are gone when the broker stops.")
        assert f"(schema {schema})" in note and "left as it is" in note
    assert database(tmp_path).read_bytes() == before


def test_a_clear_clears_it_all_the_same_and_everybody_who_has_it_open_lets_go(
    tmp_path: Path, settings: Settings
) -> None:
    """A person asks for it; the kernels of the version that can read it must not keep what was cleared."""
    rewrite(tmp_path, *NEWER)
    theirs = Generation(tmp_path / "store" / "generation")
    with closing(storage.open_store(settings)) as store:
        before = theirs.value
        store.clear()
        assert theirs.value > before
    assert not database(tmp_path).exists() and key_file(tmp_path).exists()
    theirs.close()
    with closing(storage.open_store(settings)) as store:  # the next start makes a new one
        assert isinstance(store, SqliteStore) and store.describe().notes == ()
