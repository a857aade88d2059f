"""What a store lets go of when it holds too much, and what it never does."""

import random
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from jupyter_auth.cache.applications import ApplicationCache
from jupyter_auth.cache.leases import Sole
from jupyter_auth.cache.limits import FULL, StoreLimits
from jupyter_auth.cache.memory import MemoryStore
from jupyter_auth.cache.records import AccountKey, AppKey, Holder, Kind
from jupyter_auth.cache.sqlite.store import SqliteStore
from jupyter_auth.cache.token_cache import TokenCache
from jupyter_auth.core.secret import Secret
from tests.unit.cache.samples import CLIENT, NOW, account, key, refresh_token, target, token

Made = Callable[..., "Bench"]


@dataclass
class Bench:
    """A cache over a limited store, with a clock that is moved, and who was signed in to it."""

    store: MemoryStore | SqliteStore
    now: list[float]
    cache: TokenCache = field(init=False)
    signed_in: set[AccountKey] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.cache = TokenCache(self.store, lambda: self.now[0])
        self.apps = ApplicationCache(self.cache)

    def sign_in(self, of: AccountKey, life: int = 3600, size: int = 10) -> None:
        self.cache.save_sign_in(account(of), self.token(life, size), refresh_token(str(of)))
        self.signed_in.add(of)

    def sign_out(self, of: AccountKey) -> None:
        self.cache.remove_account(of)
        self.signed_in.discard(of)

    def token(self, life: int = 3600, size: int = 10) -> Any:
        now = int(self.now[0])
        return token(
            issued_on=now, expires_on=now + life, refresh_on=now + life // 2, secret=Secret("x" * size)
        )

    def behalf(self, name: str, life: int = 3600, kind: str = "on_behalf_of") -> AppKey:
        of = AppKey(kind, *CLIENT, name)
        self.apps.save(of, self.token(life), self.apps.open(of), Sole())
        return of

    def session(self, name: str) -> AppKey:
        of = AppKey("long_running", *CLIENT, name)
        assert self.apps.begin(of, self.token(), refresh_token(name), self.apps.open(of))
        return of

    def has(self, of: Holder) -> bool:
        return self.cache.find_token(of, target(), fold=False) is not None

    def count(self, *kinds: Kind) -> int:
        return sum(len(list(self.store.rows_of_kind(kind))) for kind in kinds or tuple(Kind))


@pytest.fixture(params=["memory", "sqlite"])
def made(request: pytest.FixtureRequest, quick_path: Path) -> Any:
    opened: list[MemoryStore | SqliteStore] = []

    def make(**limits: int) -> Bench:
        now = [float(NOW)]
        more: dict[str, Any] = {"limits": StoreLimits(**limits), "clock": lambda: now[0]}
        folder = quick_path / str(len(opened))
        store = (
            MemoryStore(**more)
            if request.param == "memory"
            else SqliteStore(folder / "store", folder / "keys" / "seal.key", **more)
        )
        opened.append(store)
        return Bench(store, now)

    yield make
    for store in opened:
        store.close()


def test_assertions_without_end_do_not_grow_it_without_end(made: Made) -> None:
    bench = made(entries=50)
    bench.sign_in(key())
    for number in range(200):
        bench.behalf(f"{number:064d}")
        assert bench.count() <= 50
    assert bench.has(key()) and bench.cache.refresh_token(key()) is not None
    evicted = bench.store.describe().evicted
    assert evicted["entries"] > 300 and bench.store.describe().notes == ()


def test_tokens_of_applications_go_before_those_of_accounts(made: Made) -> None:
    bench = made(entries=20)
    for number in range(4):
        bench.sign_in(key(f"s{number}"))  # three rows each
    behalf = [bench.behalf(f"{number}") for number in range(3)]  # two rows each
    assert bench.count() == 18
    for number in range(4, 6):
        bench.sign_in(key(f"s{number}"))
    assert not any(bench.has(of) for of in behalf[:2])
    assert all(bench.has(key(f"s{number}")) for number in range(6))


def test_what_has_ended_goes_first(made: Made) -> None:
    bench = made(entries=20)
    lasting = bench.behalf("lasting", life=7200)
    for number in range(9):
        bench.behalf(f"short{number}", life=1800)
    bench.now[0] += 1801
    bench.sign_in(key())
    assert bench.has(lasting)
    assert bench.store.describe().evicted == {"expired": 18}


def test_a_session_keeps_its_refresh_token(made: Made) -> None:
    bench = made(entries=20)
    sessions = [bench.session(f"{number}") for number in range(3)]
    for number in range(60):
        bench.behalf(f"b{number}")
    assert all(bench.cache.refresh_token(of) is not None for of in sessions)
    assert set(sessions) <= set(bench.apps.all())


def test_sign_ins_alone_stay_whatever_the_limit_and_that_is_said(made: Made) -> None:
    bench = made(entries=20)
    for number in range(30):
        bench.sign_in(key(f"s{number}"))
    assert bench.count(Kind.REFRESH_TOKEN) == bench.count(Kind.ACCOUNT) == 30
    assert bench.count(Kind.ACCESS_TOKEN) <= 1  # the one that was just written
    assert bench.store.describe().notes == (FULL,)
    for number in range(29):
        bench.sign_out(key(f"s{number}"))
    assert bench.store.describe().notes == ()


def test_bytes_are_limited_as_well(made: Made) -> None:
    bench = made(entries=100_000, size=200_000)
    for number in range(100):
        bench.behalf(f"{number}")
        bench.sign_in(key(f"s{number % 4}"), size=8000)
    kept = bench.count()
    assert 10 < kept < 150 and bench.count(Kind.REFRESH_TOKEN) == 4
    assert bench.store.describe().evicted["size"] > 50
    for number in range(100):
        bench.behalf(f"again{number}")
    assert bench.count() < kept + 100


def test_what_is_just_written_is_there(made: Made) -> None:
    bench = made(entries=1)
    for number in range(5):
        bench.sign_in(key(f"s{number}"))
        assert bench.has(key(f"s{number}"))
        assert bench.has(bench.behalf(f"{number}"))


def test_the_least_recently_read_goes_first_in_memory() -> None:
    now = [float(NOW)]
    bench = Bench(MemoryStore(limits=StoreLimits(entries=20), clock=lambda: now[0]), now)
    held = [bench.behalf(f"{number}") for number in range(10)]
    bench.has(held[0])
    bench.behalf("another")
    assert bench.has(held[0]) and not bench.has(held[1])


def test_in_a_file_the_one_that_ends_soonest_goes_first(tmp_path: Path) -> None:
    now, limits = [float(NOW)], StoreLimits(entries=20)
    with closing(SqliteStore(tmp_path / "store", tmp_path / "keys" / "seal.key", limits=limits)) as store:
        bench = Bench(store, now)
        held = [bench.behalf(f"{number}", life=7000 - number) for number in range(10)]
        bench.behalf("another")
        assert bench.has(held[0]) and not bench.has(held[9])


@pytest.mark.parametrize("seed", range(12))
def test_no_order_of_events_loses_a_sign_in_or_breaks_a_limit(made: Made, seed: int) -> None:
    chance = random.Random(seed)
    limit = chance.choice([5, 20, 60])
    bench = made(entries=limit, size=chance.choice([60_000, 10_000_000]))
    people, sessions = [key(f"s{number}") for number in range(12)], set()
    for turn in range(120):
        of = chance.choice(people)
        match chance.randrange(8):
            case 0 | 1:
                bench.sign_in(of, chance.randrange(60, 7200), chance.randrange(3000))
            case 2 if of in bench.signed_in and not chance.randrange(3):
                bench.sign_out(of)
            case 2 | 3:
                bench.has(of)
            case 4:
                bench.now[0] += chance.randrange(900)
            case 5 if not chance.randrange(4):
                sessions.add(bench.session(f"s{turn}"))
            case _:
                bench.behalf(f"b{turn}", chance.randrange(60, 7200))
        assert all(bench.cache.refresh_token(one) is not None for one in bench.signed_in)
        assert {found.account_key for found in bench.cache.all_accounts()} == bench.signed_in
        assert sessions <= set(bench.apps.all())
        stays = bench.count(Kind.ACCOUNT, Kind.REFRESH_TOKEN) + len(sessions)
        just_written = 4
        assert bench.count() <= max(limit, stays + just_written)


def test_a_store_that_was_made_without_the_indexes_gets_them(tmp_path: Path) -> None:
    place = tmp_path / "store", tmp_path / "keys" / "seal.key"
    with closing(SqliteStore(*place)) as store:
        Bench(store, [float(NOW)]).sign_in(key())
    with closing(sqlite3.connect(tmp_path / "store" / "tokens.db")) as db:
        db.execute("DROP INDEX by_end")
        db.execute("DROP INDEX by_application")
    with closing(SqliteStore(*place)) as store:
        assert store.describe().notes == () and Bench(store, [float(NOW)]).has(key())
        names = {name for (name,) in store._file.db.execute("SELECT name FROM sqlite_master")}
        assert {"by_end", "by_application"} <= names
