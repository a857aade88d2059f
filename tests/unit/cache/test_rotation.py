"""A change of the keys while servers use the store: nobody notices, and what was copied opens nothing."""

import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from jupyter_auth.cache.redis.store import RedisStore
from jupyter_auth.cache.seals.keys import MAX_KEYS
from jupyter_auth.cache.sqlite.store import SqliteStore
from jupyter_auth.cache.token_cache import TokenCache
from jupyter_auth.core.errors import CacheSealError, TransportError
from jupyter_auth.testing.store_contract import keys, make_row, put
from tests.support.redis_server import RedisServer
from tests.unit.cache.elsewhere import ROOT, Elsewhere
from tests.unit.cache.samples import (
    ADA,
    BOB,
    account,
    database,
    key_file,
    open_redis,
    open_store,
    refresh_token,
    row,
    target,
    token,
)

KILLS = 25
SOME = 2  # rotations
ROWS = 200
FAR = 4_000_000_000
Opened = Callable[[], SqliteStore | RedisStore]


@pytest.fixture(params=["sqlite", "redis"])
def opened_any(request: pytest.FixtureRequest) -> Opened:
    """Open the place's store, as often as a test wants: each as another server would."""
    found: Opened = request.getfixturevalue("opened" if request.param == "sqlite" else "redis_opened")
    return found


def text_of(cache: TokenCache) -> str | None:
    found = cache.refresh_token(ADA)
    return found.secret.reveal() if found else None


def test_everybody_goes_on_over_a_rotation(opened_any: Opened) -> None:
    here, there = (TokenCache(opened_any(), clock=lambda: FAR - 10_000) for _ in range(2))
    for who in (ADA, BOB):
        here.save_sign_in(account(who), token(version="v", expires_on=FAR), refresh_token("first"))
    assert text_of(there) == "first"
    epoch = there.store.epoch()
    for number in range(3):
        assert rotate(here) == 6
        assert text_of(there) == text_of(here) == "first"
        assert len(there.all_accounts()) == 2 and there.find_token(BOB, target(), fold=False)
        there.save_sign_in(account(BOB), token(version=f"{number}", expires_on=FAR), refresh_token())
        assert here.find_token(BOB, target(), fold=False)
    assert here.store.epoch() == there.store.epoch() == epoch  # no clear: refreshes under way are saved


def rotate(cache: TokenCache, *, forget_old: bool = False) -> int:
    assert isinstance(cache.store, SqliteStore | RedisStore)
    return cache.store.rotate_key(forget_old=forget_old)


def test_a_refresh_that_began_before_is_saved(opened_any: Opened) -> None:
    """Else the provider would take the refresh token that is in the store for stolen."""
    here, there = (TokenCache(opened_any(), clock=lambda: FAR - 10_000) for _ in range(2))
    here.save_sign_in(account(), token(expires_on=FAR), refresh_token("first"))
    used, epoch = here.refresh_token(ADA), here.store.epoch()
    assert used
    rotate(there)
    newer, rotated = token(version="new", expires_on=FAR), refresh_token("rotated")
    assert here.save_refresh(ADA, token=newer, used=used, rotated=rotated, claims=None, epoch=epoch)
    assert text_of(there) == "rotated"


def test_a_lease_that_is_held_stays_the_only_one(opened_any: Opened) -> None:
    """Under another name two would refresh one sign-in at a time, and end it."""
    here, there = opened_any(), opened_any()
    with here.lease("x", 1) as lease:
        there.rotate_key()
        assert lease.renew()
        for store in (there, opened_any()):
            with pytest.raises(TransportError), store.lease("x", 0.1):
                pass
    with there.lease("x", 1):
        pass


def test_a_clear_after_it_clears(opened_any: Opened) -> None:
    here, there = opened_any(), opened_any()
    put(here, make_row("k"))
    here.rotate_key()
    there.clear()
    assert keys(here) == keys(there) == []
    put(here, make_row("k"))
    there.rotate_key()
    assert keys(here) == ["k"]


def test_what_was_copied_before_opens_nothing_once_the_old_key_is_forgotten(
    tmp_path: Path, opened: Callable[[], SqliteStore]
) -> None:
    store = opened()
    put(store, row())
    shutil.copytree(tmp_path, tmp_path / "copy")
    old_key = key_file(tmp_path).read_text().split()
    with closing(sqlite3.connect(database(tmp_path))) as db:
        sealed = [blob for (blob,) in db.execute("SELECT sealed FROM records")]
        names = [name for (name,) in db.execute("SELECT key FROM records")]
    assert store.rotate_key() == 1
    assert key_file(tmp_path).read_text().split()[1:] == old_key  # other stores may need it
    store.rotate_key(forget_old=True)
    assert len(key_file(tmp_path).read_text().split()) == 1
    for path in (tmp_path / "store").iterdir():  # nothing of it is left in the file or its log
        content = path.read_bytes() if path.is_file() else b""
        assert not any(part in content for part in (*(blob[20:60] for blob in sealed), *names))
    for suffix in ("", "-wal", "-shm"):
        Path(f"{database(tmp_path)}{suffix}").unlink(missing_ok=True)
        copied = Path(f"{database(tmp_path / 'copy')}{suffix}")
        if copied.exists():
            shutil.copy(copied, f"{database(tmp_path)}{suffix}")
    with pytest.raises(CacheSealError):
        open_store(tmp_path)


def test_what_does_not_open_is_gone_and_the_rest_is_sealed_anew(tmp_path: Path, sqlite: SqliteStore) -> None:
    put(sqlite, row("victim"), row("other"))
    with closing(sqlite3.connect(database(tmp_path), isolation_level=None)) as db:
        db.execute("UPDATE records SET sealed = zeroblob(60) WHERE id = 1")
    assert sqlite.rotate_key() == 1 and keys(sqlite) == ["other"]


# -- killed at any moment -----------------------------------------------------------------------


#: Forks, whenever it is told to, a process that rotates until it is killed; all import but once.
ROTATES = """
import os, sys
from pathlib import Path
from tests.unit.cache.orders import Orders
for _ in sys.stdin:
    if pid := os.fork():
        os.waitpid(pid, 0)
        print(flush=True)
        continue
    orders = Orders(Path(sys.argv[1]), sys.argv[2] or None)
    orders.open()
    print(os.getpid(), flush=True)
    while True:
        orders.rotate_key()
        print(".", end="", flush=True)
"""


def killed_rotations(place: Path, network: str, check: Callable[[], None]) -> int:
    """Let processes rotate, and ``kill -9`` each at a random moment; how many rotations there were."""
    chance, done, moments = random.Random(7), 0, 0.0
    command = [sys.executable, "-c", ROTATES, str(place), network]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
    ) as forking:
        assert forking.stdin and forking.stdout
        for number in range(KILLS):
            forking.stdin.write("\n")
            pid, begun = int(forking.stdout.readline()), time.monotonic()
            if number % 4 == 0:  # has rotated, however busy the machine is; and see how long that takes now
                forking.stdout.read(SOME)
                moments = time.monotonic() - begun
                done += SOME
            time.sleep(chance.uniform(0, moments))
            os.kill(pid, signal.SIGKILL)
            done += forking.stdout.readline().count(".")
            check()
        forking.stdin.close()
    return done


def test_a_rotation_that_is_killed_loses_nothing(quick_path: Path) -> None:
    expected = sorted(f"k{n}" for n in range(ROWS))
    with closing(open_store(quick_path)) as store, Elsewhere(quick_path) as other:
        put(store, *(row(name, text="x" * 300) for name in expected))

        def check() -> None:
            assert keys(store) == expected == other("keys") and store.describe().notes == ()
            with closing(open_store(quick_path)) as fresh:
                assert keys(fresh) == expected and fresh.describe().notes == ()

        assert killed_rotations(quick_path, "", check) > KILLS // 4
        assert len(key_file(quick_path).read_text().split()) <= MAX_KEYS


def test_a_rotation_in_redis_that_is_killed_loses_nothing(
    quick_path: Path, redis_server: RedisServer
) -> None:
    expected = sorted(f"k{n}" for n in range(ROWS))
    redis_server.url_file(quick_path)
    with closing(open_redis(quick_path)) as store:
        put(store, *(make_row(name, text="x" * 300) for name in expected))

        def check() -> None:
            assert keys(store) == expected and store.describe().notes == ()
            with redis_server.client() as client:
                assert len(list(client.scan_iter(match="*:r:*", count=1000))) == ROWS  # and nothing else

        assert killed_rotations(quick_path, "redis", check) > KILLS // 4


# -- an operator's key, for Redis ---------------------------------------------------------------


def test_an_operator_s_new_key_takes_over_in_redis(tmp_path: Path, redis_server: RedisServer) -> None:
    old, new = "0a" * 32, "0b" * 32
    file, urls = tmp_path / "operator.key", redis_server.url_file(tmp_path)

    def opened_with(*lines: str) -> RedisStore:
        file.unlink(missing_ok=True)
        file.write_text("\n".join(lines))
        file.chmod(0o400)
        return RedisStore(urls, file, user="ada", given_key=True)

    with closing(opened_with(old)) as first:
        put(first, make_row("k"))
        with closing(opened_with(new, old)) as second:
            assert keys(second) == keys(first) == ["k"]
            put(first, make_row("of the first"))
            assert second.rotate_key(forget_old=True) == 2  # the file is the operator's, and stays
            assert len(file.read_text().split()) == 2
        with closing(opened_with(new)) as third:
            assert keys(third) == keys(first) == ["k", "of the first"]
    with pytest.raises(CacheSealError):
        opened_with(old)
