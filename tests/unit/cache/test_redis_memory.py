"""What becomes of a store in a Redis whose memory is full, under each of its policies."""

import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from jupyter_auth.cache.applications import ApplicationCache
from jupyter_auth.cache.leases import Sole
from jupyter_auth.cache.records import AppKey
from jupyter_auth.cache.redis.header import RedisNames
from jupyter_auth.cache.token_cache import TokenCache
from jupyter_auth.core.secret import Secret
from jupyter_auth.testing.store_contract import put
from tests.security.test_s45_redis import _ending, _name
from tests.support.redis_server import RedisServer
from tests.unit.cache.conftest import OpenRedis
from tests.unit.cache.samples import ADA, CLIENT, account, open_redis, refresh_token, token

FAR = int(time.time()) + 86_400


@pytest.fixture
def client(redis_server: RedisServer) -> Iterator[Any]:
    with redis_server.client() as client:
        yield client
        client.config_set("maxmemory", 0)
        client.config_set("maxmemory-policy", "noeviction")


def fill(cache: TokenCache) -> AppKey:
    """Ada's sign-in, and a session; then tokens until Redis has to let go of some."""
    cache.save_sign_in(account(), token(expires_on=FAR), refresh_token())
    apps, session = ApplicationCache(cache), AppKey("long_running", *CLIENT, "0" * 64)
    assert apps.begin(session, token(expires_on=FAR), refresh_token("session"), apps.open(session))
    return session


def test_under_volatile_lru_only_access_tokens_go(redis_opened: OpenRedis, client: Any) -> None:
    cache = TokenCache(redis_opened())
    session = fill(cache)
    client.config_set("maxmemory-policy", "volatile-lru")
    client.config_set("maxmemory", int(client.info("memory")["used_memory"]) + 2_000_000)
    apps = ApplicationCache(cache)
    for number in range(400):
        of = AppKey("on_behalf_of", *CLIENT, f"{number:064d}")
        large = token(expires_on=FAR, secret=Secret("x" * 12_000))
        assert apps.save(of, large, apps.open(of), Sole())
    assert client.info("stats")["evicted_keys"] > 50
    fresh = TokenCache(redis_opened())
    assert [found.username for found in fresh.accounts(CLIENT)] == [account().username]
    assert fresh.refresh_token(ADA) is not None and fresh.refresh_token(session) is not None
    assert len(apps.all()) == 401  # all can be listed and cleared
    before = sum(fresh.clear().counts.values())
    assert before and apps.all() == ()


def test_only_access_tokens_have_an_expiry(redis_opened: OpenRedis, client: Any) -> None:
    store = redis_opened()
    fill(TokenCache(store))
    ending = {name for name in client.scan_iter(count=1000) if client.ttl(name) >= 0}
    tokens = {
        RedisNames("ada").prefix.encode() + b"r:" + member.split(b":")[-1]
        for member in client.zrange(RedisNames("ada").prefix + "k:1", 0, -1)
    }
    assert len(tokens) == 2 and ending == tokens
    assert all(client.ttl(name) > 80_000 for name in tokens)
    store.close()


def test_what_has_ended_is_removed_with_its_index(redis_opened: OpenRedis, client: Any) -> None:
    store = redis_opened()
    soon = int(time.time()) + 4
    for number in range(30):
        put(store, _ending(f"k{number}", soon, f"p{number}"))
    index = RedisNames("ada").prefix.encode() + b"p:" + _name(store, "p1")
    assert client.exists(index) and client.zcard(RedisNames("ada").prefix + "k:1") == 30
    time.sleep(max(0.0, soon + 1.1 - time.time()))
    for number in range(2):  # twenty at a time
        put(store, _ending(f"later{number}", FAR, "later"))
    assert not client.exists(index) and client.zcard(RedisNames("ada").prefix + "k:1") == 2
    assert len(list(client.scan_iter(match="*:p:*"))) == 1


@pytest.mark.parametrize(
    ("policy", "limit", "told"),
    [
        ("noeviction", "1gb", ""),
        ("volatile-lru", "1gb", ""),
        ("volatile-lfu", "1gb", ""),
        ("allkeys-lru", "0", ""),
        ("allkeys-lru", "1gb", "Redis evicts sign-ins when"),
        ("allkeys-random", "1gb", "Redis evicts sign-ins when"),
        ("volatile-ttl", "1gb", "Redis evicts the locks"),
        ("volatile-random", "1gb", "Redis evicts the locks"),
    ],
)
def test_a_policy_that_costs_sign_ins_is_told(
    redis_opened: OpenRedis, client: Any, policy: str, limit: str, told: str
) -> None:
    client.config_set("maxmemory-policy", policy)
    client.config_set("maxmemory", limit)
    notes = redis_opened().describe().notes
    assert len(notes) == bool(told) and "".join(notes).startswith(told)
    assert not told or f"maxmemory-policy {policy}" in notes[0]


def test_a_policy_that_is_set_later_is_told_later(
    redis_opened: OpenRedis, client: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jupyter_auth.cache.redis.watch.LOOK_AROUND", 0.2)
    store = redis_opened()
    assert store.describe().notes == ()
    client.config_set("maxmemory", "1gb")
    client.config_set("maxmemory-policy", "allkeys-lru")
    deadline = time.monotonic() + 60
    while not store.describe().notes and time.monotonic() < deadline:
        time.sleep(0.05)
    assert "allkeys-lru" in store.describe().notes[0]


@pytest.mark.parametrize("right", ["+info", "+config|get", ""])
def test_where_redis_does_not_tell_nothing_is_said(tmp_path: Path, right: str) -> None:
    rights = f"user ada on >ada-password ~* &* +@all -@admin -@dangerous {right}"
    with RedisServer(users=[rights]) as server:
        with server.client() as client:
            client.config_set("maxmemory", "1gb")
            client.config_set("maxmemory-policy", "allkeys-lru")
        file = server.url_file(tmp_path, user="ada", password="ada-password")
        with closing(open_redis(tmp_path, file)) as store:
            assert bool(store.describe().notes) == bool(right)
            put(store, _ending("k", FAR))
            assert len(store.rows("p")) == 1
