"""Leases by a row of the store, as they are on a network filesystem."""

import contextlib
import json
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import psutil
import pytest

from jupyter_auth.cache import leases
from jupyter_auth.cache.seals.sealing import lease_name
from jupyter_auth.cache.sqlite.store import SqliteStore
from jupyter_auth.testing.store_contract import keys
from tests.unit.cache.elsewhere import Elsewhere
from tests.unit.cache.held import is_held, row_of
from tests.unit.cache.samples import database, open_store

Open = Callable[[], SqliteStore]
AT_ONCE = 15.0  # seconds


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Open]:
    with ExitStack() as stack:
        yield lambda: stack.enter_context(closing(open_store(tmp_path, "nfs4")))


@pytest.fixture
def elsewhere(tmp_path: Path) -> Iterator[Elsewhere]:
    with Elsewhere(tmp_path, "nfs4") as process:
        process("open")
        yield process


@pytest.fixture
def foreign(opened: Open, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[SqliteStore, leases.Lease]]:
    """A store whose lease ``x`` a process of another host holds, and that process's lease."""
    holder, store = opened(), opened()
    monkeypatch.setattr(socket, "gethostname", lambda: "another-host")
    with contextlib.ExitStack() as stack:
        lease = stack.enter_context(holder.lease("x", 0))
        monkeypatch.undo()
        yield store, lease


def test_a_holder_on_another_host_is_given_a_row_s_life_by_the_waiter_s_own_clock(
    foreign: tuple[SqliteStore, leases.Lease], monkeypatch: pytest.MonkeyPatch
) -> None:
    store, lease = foreign
    monkeypatch.setattr(leases, "ROW_LIFE", 0.4)
    wall = iter(range(0, 10**9, 10**6))
    monkeypatch.setattr(time, "time", lambda: next(wall))  # it jumps about
    started = time.monotonic()
    with store.lease("x", 10) as own:
        assert 0.4 <= time.monotonic() - started < AT_ONCE
        assert own.renew() and not lease.renew()


def test_a_holder_who_renews_keeps_it(
    foreign: tuple[SqliteStore, leases.Lease], monkeypatch: pytest.MonkeyPatch
) -> None:
    store, lease = foreign
    monkeypatch.setattr(leases, "ROW_LIFE", 0.4)
    waiter = leases.RowLease(lease_name(store._header.lease_key, "x"), store._transact)
    for _ in range(5):
        assert not waiter._take()
        time.sleep(0.15)
        assert lease.renew()
    time.sleep(0.5)
    assert not waiter._take()  # it was renewed since the last look
    time.sleep(0.5)
    assert waiter._take() and not lease.renew()


def test_who_has_lost_it_gives_nothing_back(opened: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second, third = opened(), opened(), opened()
    with first.lease("x", 0) as lost:
        monkeypatch.setattr(leases, "ROW_LIFE", -1.0)
        held = second.lease("x", 0)
        own = held.__enter__()
        monkeypatch.undo()
        assert own.renew() and not lost.renew()
    assert is_held(third) and own.renew()
    held.__exit__(None, None, None)
    assert row_of(third) is None


def test_another_host_of_the_same_name_is_another(opened: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    """Images give many hosts one name, and their first process namespaces have one number."""
    store = opened()
    with store.lease("x", 0):
        host, boot, ids, _, started, nonce = json.loads(row_of(store) or "")
        assert boot
        for place, dead in ((host, boot), True), ((host, "another boot"), False), (("b", boot), False):
            assert leases._is_dead(json.dumps([*place, ids, 4_000_000, started, nonce])) is dead


def test_an_id_that_was_used_again_is_no_holder(opened: Open) -> None:
    store = opened()
    with store.lease("x", 0):
        *named, started, nonce = json.loads(row_of(store) or "")
        assert leases._is_dead(json.dumps([*named, started - 60, nonce]))
        assert not leases._is_dead(json.dumps([*named, started, "of another thread"]))


def test_a_host_whose_clock_was_set_does_not_take_its_own_for_dead(
    opened: Open, elsewhere: Elsewhere, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = opened()
    elsewhere("hold", "x", 0)
    right = psutil.Process.create_time
    monkeypatch.setattr(psutil.Process, "create_time", lambda self: right(self) + 3600)
    assert is_held(store)


@pytest.mark.parametrize("left", ["", "{}", "[]", '["x"]', "[1,2,3,4,5,6]", '["a","b",0,"pid",1,"n"]'])
def test_what_nobody_can_read_runs_out(opened: Open, monkeypatch: pytest.MonkeyPatch, left: str) -> None:
    store = opened()
    name = f"lease {lease_name(store._header.lease_key, 'x')}"
    with store._transact() as db:
        db.execute("INSERT INTO header VALUES (?, ?)", (name, left))
    assert is_held(store)
    monkeypatch.setattr(leases, "ROW_LIFE", 0.1)
    with store.lease("x", 5):
        pass


def test_what_a_crash_left_stops_no_opening(opened: Open, elsewhere: Elsewhere, tmp_path: Path) -> None:
    for name in ("x", "y", "z"):
        elsewhere("hold", name, 0)
    elsewhere("put", "k", 10, True)
    elsewhere.kill()
    store = opened()
    assert keys(store) == ["k"] and store.describe().notes == ()
    store.clear()
    assert not is_held(store)
    with closing(open_store(tmp_path)) as local:  # the folder has moved to a local disk
        assert local.describe().notes == () and not is_held(local, "y")


def test_a_store_that_fails_at_the_end_does_not_undo_what_was_done(opened: Open) -> None:
    store = opened()
    with store.lease("x", 0):
        store.close()


def test_a_store_that_was_removed_takes_its_leases_along(opened: Open, tmp_path: Path) -> None:
    first, second = opened(), opened()
    with first.lease("x", 0) as lost:
        database(tmp_path).unlink()
        with second.lease("x", 0) as own:
            assert own.renew() and not lost.renew()
