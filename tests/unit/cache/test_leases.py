"""Leases: a ``flock`` on a local disk, a row of the store on a network filesystem."""

import errno
import fcntl
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from jupyter_auth.cache import places
from jupyter_auth.cache.sqlite.store import SqliteStore
from jupyter_auth.core.errors import CacheError, TransportError
from tests.support import until
from tests.unit.cache.elsewhere import Elsewhere
from tests.unit.cache.held import is_held, row_of
from tests.unit.cache.samples import ADA, CANARIES, database, open_store

Open = Callable[[], SqliteStore]
OF_FILES = pytest.mark.parametrize("network", [None], indirect=True)
AT_ONCE = 15.0  # seconds


@pytest.fixture(params=[None, "nfs4"], ids=["file", "row"])
def network(request: pytest.FixtureRequest) -> str | None:
    """The filesystem that the stores of a test are on."""
    kind: str | None = request.param
    return kind


@pytest.fixture
def opened(tmp_path: Path, network: str | None) -> Iterator[Open]:
    with ExitStack() as stack:
        yield lambda: stack.enter_context(closing(open_store(tmp_path, network)))


@pytest.fixture
def elsewhere(tmp_path: Path, network: str | None) -> Iterator[Elsewhere]:
    with Elsewhere(tmp_path, network) as process:
        process("open")
        yield process


# -- one at a time ------------------------------------------------------------------------------


def test_two_stores_of_one_process(opened: Open) -> None:
    first, second = opened(), opened()
    with first.lease("x", 0) as lease:
        assert is_held(second) and is_held(first)
        assert not is_held(second, "another")
        assert lease.renew()
    assert not is_held(second)


def test_what_is_raised_under_a_lease_gives_it_back(opened: Open) -> None:
    first, second = opened(), opened()
    with pytest.raises(KeyboardInterrupt), first.lease("x", 0):
        raise KeyboardInterrupt
    assert not is_held(second)


def test_threads(opened: Open) -> None:
    store, inside, most = opened(), [0], [0]

    def work() -> None:
        for _ in range(3):
            with store.lease("x", 20):
                inside[0] += 1
                most[0] = max(most[0], inside[0])
                time.sleep(0.005)
                inside[0] -= 1

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [1] and not is_held(store)


def test_processes(opened: Open, elsewhere: Elsewhere) -> None:
    store = opened()
    assert elsewhere("hold", "x", 0) is None
    assert is_held(store) and elsewhere("renew", "x") is True
    elsewhere("give_back", "x")
    with store.lease("x", 0):
        assert elsewhere("hold", "x", 0.1) == {"error": "transport_error", "reason": "lease_timeout"}
        elsewhere.begin("hold", "x", 20)
        time.sleep(0.2)
    assert elsewhere.answer() is None and is_held(store)


def test_who_waits_too_long_is_told(opened: Open) -> None:
    first, second = opened(), opened()
    started = time.monotonic()
    with first.lease("x", 0), pytest.raises(TransportError) as caught, second.lease("x", 0.2):
        pass
    assert 0.2 <= time.monotonic() - started < AT_ONCE
    assert (caught.value.reason, caught.value.retryable) == ("lease_timeout", True)
    assert caught.value.hint


@pytest.mark.parametrize("reap", [True, False], ids=["reaped", "zombie"])
def test_a_killed_holder_frees_it_at_once(opened: Open, elsewhere: Elsewhere, reap: bool) -> None:
    store = opened()
    elsewhere("hold", "x", 0)
    assert is_held(store)
    elsewhere.kill(reap=reap)
    started = time.monotonic()
    with store.lease("x", 20):
        assert time.monotonic() - started < AT_ONCE


def test_a_child_that_was_forked_meanwhile_does_not_keep_it(opened: Open, elsewhere: Elsewhere) -> None:
    store = opened()
    elsewhere("hold", "x", 0)
    child = elsewhere("fork")
    try:
        assert is_held(store)
        elsewhere("give_back", "x")
        assert not is_held(store)
        elsewhere("hold", "x", 0)
        other = elsewhere("fork")
        elsewhere.kill()
        until(lambda: not is_held(store))  # the child may not have come to its own code before
        os.kill(other, signal.SIGKILL)
    finally:
        os.kill(child, signal.SIGKILL)


def test_nobody_is_named(opened: Open, tmp_path: Path) -> None:
    store = opened()
    with store.lease(ADA.partition, 0):
        files = [path for path in tmp_path.rglob("*") if path.is_file()]
        text = b"".join(str(path).encode() + path.read_bytes() for path in files)
        told = row_of(store) or ""
    assert [canary for canary in (*CANARIES, ADA.home_account_id) if canary.encode() in text] == []
    assert ADA.home_account_id not in told


# -- files --------------------------------------------------------------------------------------


def lease_file(place: Path) -> Path:
    (found,) = (database(place).parent / "leases").iterdir()
    return found


@OF_FILES
def test_a_file_that_was_replaced_is_no_lease(opened: Open, tmp_path: Path) -> None:
    first, second = opened(), opened()
    with first.lease("x", 0) as lease:
        lease_file(tmp_path).unlink()
        assert not lease.renew()
        with second.lease("x", 0) as anew:  # what is at the path now
            assert anew.renew() and is_held(first)
    assert not is_held(first)


@OF_FILES
def test_a_waiter_does_not_take_the_lock_of_a_file_that_has_gone(opened: Open, tmp_path: Path) -> None:
    first, second = opened(), opened()
    taken = second.lease("x", 60)
    with first.lease("x", 0):
        waiter = threading.Thread(target=taken.__enter__)
        waiter.start()
        time.sleep(0.1)
        lease_file(tmp_path).unlink()
        waiter.join(60)
    assert is_held(first)
    taken.__exit__(None, None, None)


@OF_FILES
def test_a_folder_that_goes_at_any_moment_is_made_anew(
    opened: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, folder = opened(), database(tmp_path).parent / "leases"
    open_private, turns = places.open_private, [0]

    def late(path: Path, *args: int) -> int:
        turns[0] += 1
        if turns[0] == 1:
            folder.rmdir()
        return open_private(path, *args)

    monkeypatch.setattr(places, "open_private", late)
    with store.lease("x", 5):
        assert turns[0] == 2 and is_held(store)


@OF_FILES
def test_a_filesystem_without_locks_is_a_clear_error(opened: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(fd: int, operation: int) -> None:
        if operation != fcntl.LOCK_UN:
            raise OSError(errno.ENOLCK, "No locks available")

    store = opened()
    monkeypatch.setattr(fcntl, "flock", refuse)
    with pytest.raises(CacheError, match="ENOLCK") as caught, store.lease("x", 0):
        pass
    assert caught.value.reason == "no_locks" and "store_path" in caught.value.hint
