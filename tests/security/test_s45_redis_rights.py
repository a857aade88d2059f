"""S45: a Redis that does not let us in, or not everywhere: it says so, and one comes to one's own only."""

import time
from pathlib import Path

import pytest

from jupyter_auth.cache.redis import watch as redis_watch
from jupyter_auth.cache.redis.header import RedisNames
from jupyter_auth.cache.token_cache import TokenCache
from jupyter_auth.core.errors import CacheError
from jupyter_auth.testing.store_contract import delete, make_row, put
from tests.support import until
from tests.support.redis_server import RedisServer
from tests.unit.cache.samples import NOW, account, open_redis, refresh_token, token


def test_another_certificate_is_no_way_in(redis_server: RedisServer, tmp_path: Path) -> None:
    with RedisServer() as other:
        file = tmp_path / "redis.url"
        file.write_text(redis_server.url("tls").replace(str(redis_server.ca), str(other.ca)))
        file.chmod(0o600)
        store = open_redis(tmp_path, file)
        assert "certificate" in store.describe().notes[0]
        with pytest.raises(CacheError) as caught:
            store.rows("p")
        assert caught.value.reason == "redis_unavailable"
        store.close()


def test_a_certificate_for_another_host_is_no_way_in(tmp_path: Path) -> None:
    with RedisServer(address="127.0.0.2") as server:
        store = open_redis(tmp_path, server.url_file(tmp_path, "tls"))
        assert "certificate" in store.describe().notes[0]
        store.close()


def test_a_wrong_password_is_told(redis_server: RedisServer, tmp_path: Path) -> None:
    store = open_redis(tmp_path, redis_server.url_file(tmp_path, "tcp", password="canary-wrong"))
    assert "name or password" in store.describe().notes[0] and "canary" not in store.describe().notes[0]
    store.close()


def test_the_documented_rights_are_enough_and_hold_one_to_one_s_own(tmp_path: Path) -> None:
    page = Path(__file__).parents[2] / "docs" / "how-to" / "share-a-cache.md"
    rights = next(line for line in page.read_text("utf-8").splitlines() if line.startswith("-@all "))
    prefix = RedisNames("ada").prefix
    ada = f"user ada on >ada-password ~{prefix}* &{prefix}* {rights}"
    with RedisServer(users=[ada]) as server:
        file = server.url_file(tmp_path, "tls", user="ada", password="ada-password")
        store, second = open_redis(tmp_path, file), open_redis(tmp_path, file)
        cache = TokenCache(store, clock=lambda: NOW)
        cache.save_sign_in(account(), token(expires_on=4_000_000_000), refresh_token())
        with store.lease("x", 1) as lease:
            assert lease.renew()
        put(store, make_row("k"))
        delete(store, "k")
        before = second.generation.value
        assert sum(store.clear().values()) == 3
        store.generation.bump()
        until(lambda: second.generation.value > before)
        store.close()
        second.close()
        with pytest.raises(CacheError) as caught:
            open_redis(tmp_path, file, user="bob")
        assert caught.value.reason == "redis_denied" and caught.value.hint


def test_without_the_right_to_subscribe_others_are_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(redis_watch, "LOOK", 0.1)
    with RedisServer(users=["user ada on >ada-password ~* resetchannels +@all"]) as server:
        file = server.url_file(tmp_path, "tcp", user="ada", password="ada-password")
        store, second = open_redis(tmp_path, file), open_redis(tmp_path, file)
        time.sleep(0.8)
        before = second.generation.value
        store.generation.bump()
        until(lambda: second.generation.value > before)
        assert store.describe().notes == ()
        store.close()
        second.close()
