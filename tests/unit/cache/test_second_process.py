"""Two processes over one SQLite store: what one does, the other sees."""

import contextlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from jupyter_auth.cache.sqlite.store import SqliteStore
from jupyter_auth.cache.token_cache import TokenCache
from tests.unit.cache.conftest import OpenStore
from tests.unit.cache.elsewhere import Elsewhere
from tests.unit.cache.samples import (
    ADA,
    CLIENT,
    NOW,
    account,
    database,
    refresh_token,
    set_aside,
    target,
    token,
)


@pytest.fixture
def elsewhere(tmp_path: Path) -> Iterator[Elsewhere]:
    with Elsewhere(tmp_path) as process:
        process("open")
        yield process


@pytest.fixture
def here(sqlite: SqliteStore) -> TokenCache:
    cache = TokenCache(sqlite, clock=lambda: NOW)
    cache.save_sign_in(account(username="ada"), token(version="here"), refresh_token("here"))
    return cache


def peeked(cache: TokenCache) -> str | None:
    record = cache.peek_token(ADA, target(), fold=False)
    return record.version if record else None


def test_a_sign_in_there_is_seen_here(sqlite: SqliteStore, elsewhere: Elsewhere) -> None:
    cache = TokenCache(sqlite, clock=lambda: NOW)
    assert cache.accounts(CLIENT) == () and cache.peek_accounts(CLIENT) == ()
    elsewhere("sign_in", "there")
    assert cache.peek_accounts(CLIENT) is None  # memory does not say "nobody" any more
    assert len(cache.accounts(CLIENT)) == 1
    found = cache.find_token(ADA, target(), fold=False)
    assert found is not None and found.version == "there"


def test_a_second_account_there_makes_the_one_account_here_ambiguous(
    here: TokenCache, elsewhere: Elsewhere
) -> None:
    assert len(here.peek_accounts(CLIENT) or ()) == 1
    elsewhere("sign_in", "x", "bob")
    assert here.peek_accounts(CLIENT) is None
    assert [a.username for a in here.accounts(CLIENT)] == ["ada", "bob"]


def test_a_clear_there_is_seen_here_at_once(here: TokenCache, elsewhere: Elsewhere) -> None:
    epoch, generation = here.store.epoch(), here.store.generation.value
    assert peeked(here) == "here" and elsewhere("find") == "here"
    assert elsewhere("clear") == 3
    assert here.store.generation.value > generation and here.store.epoch() > epoch
    assert peeked(here) is None and here.peek_accounts(CLIENT) is None
    assert here.find_token(ADA, target(), fold=False) is None and here.accounts(CLIENT) == ()
    assert here.refresh_token(ADA) is None


def test_both_go_on_under_the_new_data_key(here: TokenCache, elsewhere: Elsewhere) -> None:
    elsewhere("clear")
    here.save_sign_in(account(), token(version="after"), refresh_token("after"))
    assert (elsewhere("find"), elsewhere("refresh_token")) == ("after", "after")
    here.clear()
    elsewhere("sign_in", "there")
    found = here.find_token(ADA, target(), fold=False)
    assert found is not None and found.version == "there"
    assert here.store.describe().notes == () and elsewhere("notes") == []


def test_a_refresh_that_began_before_a_clear_elsewhere_is_not_saved(
    here: TokenCache, elsewhere: Elsewhere
) -> None:
    began = elsewhere("epoch")
    here.clear()
    here.save_sign_in(account(), token(version="after"), refresh_token("after"))
    assert elsewhere("refresh", "late", began) is False
    assert elsewhere("refresh_token") == "after"


def test_a_sign_out_there_is_seen_here(here: TokenCache, elsewhere: Elsewhere) -> None:
    assert elsewhere("remove") is True
    assert peeked(here) is None and here.accounts(CLIENT) == () and here.refresh_token(ADA) is None


def test_a_rotation_there_is_seen_here(here: TokenCache, elsewhere: Elsewhere) -> None:
    assert elsewhere("refresh", "rotated", elsewhere("epoch")) is True
    found = here.refresh_token(ADA)
    assert found is not None and found.secret.reveal() == "rotated"


def test_a_listing_while_another_clears_and_signs_in_removes_nothing(
    here: TokenCache, sqlite: SqliteStore, elsewhere: Elsewhere
) -> None:
    """What a reader cannot open because the data key has changed under it is not broken."""

    def in_between(statement: str) -> None:
        if statement.startswith("SELECT key") and done == []:
            done.append(elsewhere("clear"))
            elsewhere("sign_in", "there")

    done: list[int] = []
    elsewhere("hurry")
    sqlite._file.db.set_trace_callback(in_between)
    listed = here.all_accounts()
    sqlite._file.db.set_trace_callback(None)
    assert done == [3] and [a.username for a in listed] == ["ada"]
    assert elsewhere("accounts") == ["ada"] and elsewhere("find") == "there"
    assert [a.username for a in here.all_accounts()] == ["ada"]


def test_many_processes_may_make_the_store_at_once(tmp_path: Path) -> None:
    with contextlib.ExitStack() as stack:
        processes = [stack.enter_context(Elsewhere(tmp_path)) for _ in range(5)]
        for number, process in enumerate(processes):
            process.begin("sign_in", "v", f"user{number}")
        assert [process.answer() for process in processes] == [None] * 5
        expected = [f"user{number}" for number in range(5)]
        assert [process("accounts") for process in processes] == [expected] * 5
        assert all(process("notes") == [] for process in processes)


def test_opening_a_store_twice_takes_no_lock_away(
    tmp_path: Path, opened: OpenStore, here: TokenCache
) -> None:
    """POSIX locks end with the first close of any descriptor: then another process, at its end, would
    take itself for the last one and remove the log that this one still writes to."""
    opened().close()
    with Elsewhere(tmp_path) as process:
        process("sign_in", "x")
    here.save_sign_in(account(), token(version="acknowledged"), None)
    with Elsewhere(tmp_path) as process:
        assert process("find") == "acknowledged"


OVERWRITE = """
import sqlite3, sys
db = sqlite3.connect(sys.argv[1])
db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
db.close()
with open(sys.argv[1], "r+b") as file:
    file.write(b"garbage" * 1000)
"""


def test_a_store_that_another_has_replaced_is_followed(
    here: TokenCache, elsewhere: Elsewhere, tmp_path: Path
) -> None:
    """The other finds the file damaged and sets it aside: who has it open must not go on with it."""
    elsewhere("find")
    subprocess.run([sys.executable, "-c", OVERWRITE, str(database(tmp_path))], check=True)
    with Elsewhere(tmp_path) as third:
        third("sign_in", "anew")
        assert len(third("notes")) == 1
    assert set_aside(tmp_path) != []
    found = here.find_token(ADA, target(), fold=False)
    assert found is not None and found.version == "anew"
    here.clear()
    assert elsewhere("find") is None and elsewhere("accounts") == []
    assert set_aside(tmp_path) == []  # what a damaged store still holds, the same key would open


def test_a_store_that_a_person_removed_is_made_anew(
    here: TokenCache, elsewhere: Elsewhere, tmp_path: Path
) -> None:
    folder = database(tmp_path).parent
    for path in folder.iterdir():
        path.unlink()
    folder.rmdir()
    assert here.find_token(ADA, target(), fold=False) is None and peeked(here) is None
    here.save_sign_in(account(username="new"), token(version="new"), refresh_token())
    assert elsewhere("find") == "new" and elsewhere("accounts") == ["new"]
    assert elsewhere("generation") == here.store.generation.value
    here.clear()
    assert elsewhere("peek") is None and elsewhere("find") is None
