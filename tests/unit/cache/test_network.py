"""A store on a network filesystem: no write-ahead log, and a generation that every host has of its own."""

import socket
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from jupyter_auth.cache.sqlite import network
from jupyter_auth.cache.sqlite.store import SqliteStore
from jupyter_auth.cache.token_cache import TokenCache
from jupyter_auth.testing.store_contract import StoreContract, keys, put
from tests.support import until
from tests.unit.cache.elsewhere import Elsewhere
from tests.unit.cache.samples import (
    ADA,
    CLIENT,
    NOW,
    account,
    database,
    open_store,
    refresh_token,
    row,
    target,
    token,
)

OnHost = Callable[[str], SqliteStore]


@pytest.fixture
def on_host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[OnHost]:
    """Open the one store on a host of that name."""
    monkeypatch.setattr(network, "LOOK", 3600.0)  # a test looks itself
    with ExitStack() as stack:

        def start(name: str) -> SqliteStore:
            monkeypatch.setattr(socket, "gethostname", lambda: name)
            return stack.enter_context(closing(open_store(tmp_path, "nfs4")))

        yield start


def look(store: SqliteStore) -> None:
    """What happens every few seconds."""
    assert isinstance(store.generation, network.NetworkGeneration)
    store.generation.look()


class TestNetworkStore(StoreContract):
    @pytest.fixture
    def store(self, on_host: OnHost) -> SqliteStore:
        return on_host("a")


# -- the file -----------------------------------------------------------------------------------


def beside(place: Path) -> set[str]:
    return {path.name for path in database(place).parent.iterdir()}


def journal(place: Path) -> str:
    with closing(sqlite3.connect(database(place))) as db:
        return str(db.execute("PRAGMA journal_mode").fetchone()[0])


def test_there_is_no_log_and_no_shared_memory(on_host: OnHost, tmp_path: Path) -> None:
    store = on_host("a")
    put(store, row("k"), durable=True)
    with store.lease("x", 0), Elsewhere(tmp_path, "nfs4") as process:
        process("put", "other", 10, True)
        store.generation.bump()
        assert keys(store) == ["k", "other"]
        assert not {name for name in beside(tmp_path) if name.endswith(("-wal", "-shm"))}
    assert journal(tmp_path) == "delete" and "leases" not in beside(tmp_path)


def test_a_store_that_has_moved_there_goes_on_without_its_log(on_host: OnHost, tmp_path: Path) -> None:
    with closing(open_store(tmp_path)) as local:
        put(local, row("k"))
        assert journal(tmp_path) == "wal"
    store = on_host("a")
    assert keys(store) == ["k"] and journal(tmp_path) == "delete"


# -- the generation -----------------------------------------------------------------------------


def test_each_host_has_its_own_file_and_the_others_see_a_bump_when_they_look(on_host: OnHost) -> None:
    here, there = on_host("a"), on_host("b")
    assert here.generation_file != there.generation_file
    for bumping, looking in ((here, there), (there, here)):
        before = looking.generation.value
        bumping.generation.bump()
        assert looking.generation.value == before
        look(looking)
        after = looking.generation.value
        assert after > before
        look(looking)
        look(bumping)
        assert looking.generation.value == after  # once
    before = here.generation.value
    look(here)
    assert here.generation.value == before  # one's own bump is no news


def test_a_bump_between_two_looks_is_not_lost_in_one_s_own(on_host: OnHost) -> None:
    here, there, third = on_host("a"), on_host("b"), on_host("c")
    values = [store.generation.value for store in (here, there, third)]
    here.generation.bump()
    there.generation.bump()  # before it has looked
    look(third)
    look(here)
    assert all(s.generation.value > v for s, v in zip((here, there, third), values, strict=True))


def test_two_processes_of_one_host_share_its_file(on_host: OnHost, tmp_path: Path) -> None:
    store = on_host(socket.gethostname())
    with Elsewhere(tmp_path, "nfs4") as process:
        process("open")
        store.generation.bump()
        assert process("generation") == store.generation.value


def test_hosts_look_by_themselves(on_host: OnHost, monkeypatch: pytest.MonkeyPatch) -> None:
    here = on_host("a")
    monkeypatch.setattr(network, "LOOK", 0.05)
    there = on_host("b")
    before = there.generation.value
    here.generation.bump()
    until(lambda: there.generation.value != before)


def test_looking_goes_on_after_a_failure_and_ends_with_the_store(
    on_host: OnHost, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = on_host("a")
    monkeypatch.setattr(network, "LOOK", 0.05)
    there = on_host("b")
    database(tmp_path).chmod(0o600)
    database(tmp_path).rename(tmp_path / "away")
    database(tmp_path).mkdir()  # the filesystem has its moods
    time.sleep(0.2)
    database(tmp_path).rmdir()
    (tmp_path / "away").rename(database(tmp_path))
    before = there.generation.value
    here.generation.bump()
    until(lambda: there.generation.value != before)
    there.close()
    until(lambda: sum(t.name == "jupyter_auth-generation" for t in threading.enumerate()) == 1)


def test_a_clear_on_one_host_empties_the_other_s_memory(on_host: OnHost) -> None:
    here, there = (TokenCache(on_host(name), clock=lambda: NOW) for name in ("a", "b"))
    here.save_sign_in(account(), token(version="v"), refresh_token())
    look(there.store)  # type: ignore[arg-type]
    assert there.find_token(ADA, target(), fold=False) is not None and there.accounts(CLIENT)
    assert there.peek_token(ADA, target(), fold=False) is not None
    here.clear()
    look(there.store)  # type: ignore[arg-type]
    assert there.peek_token(ADA, target(), fold=False) is None
    assert there.peek_accounts(CLIENT) is None and there.accounts(CLIENT) == ()
    assert there.refresh_token(ADA) is None


def test_a_store_that_was_removed_on_one_host_is_let_go_of_on_the_other(
    on_host: OnHost, tmp_path: Path
) -> None:
    here, there = on_host("a"), on_host("b")
    values = [store.generation.value for store in (here, there)]
    database(tmp_path).unlink()
    look(here)
    look(there)
    assert all(s.generation.value > v for s, v in zip((here, there), values, strict=True))
