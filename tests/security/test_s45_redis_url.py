"""S45: the file with the URL of Redis: what may stand there, and that it is quoted nowhere."""

import stat
from pathlib import Path

import pytest

from jupyter_auth.cache.redis.url import read_url
from jupyter_auth.core.errors import CacheError, NoSafeStoreError
from jupyter_auth.testing.store_contract import keys, make_row, put
from tests.support.redis_server import RedisServer
from tests.unit.cache.samples import open_redis


@pytest.mark.parametrize(
    "url",
    [
        "redis://user:canary@redis.example.org/0",
        "redis://user:canary@10.0.0.5/0",
        "rediss://user:canary@redis.example.org/0?ssl_cert_reqs=none",
        "rediss://user:canary@redis.example.org/0?ssl_check_hostname=false",
        "rediss://user:canary@redis.example.org/0?socket_timeout=9999",
        "http://user:canary@redis.example.org/",
        "unix://user:canary@",
        "canary",
        "",
    ],
)
def test_a_url_that_is_not_safe_is_refused_and_not_quoted(tmp_path: Path, url: str) -> None:
    file = tmp_path / "redis.url"
    file.write_text(url)
    file.chmod(0o600)
    with pytest.raises(CacheError) as caught:
        read_url(file)
    assert caught.value.reason == "redis_url"
    for text in (str(caught.value), repr(caught.value), caught.value.hint):
        assert "canary" not in text and "example.org" not in text


def test_a_url_file_that_others_may_read_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "redis.url"
    with pytest.raises(CacheError, match="missing"):
        read_url(file)
    file.write_text("unix:///run/redis.sock")
    file.chmod(0o640)
    with pytest.raises(NoSafeStoreError):
        read_url(file)
    assert stat.S_IMODE(file.stat().st_mode) == 0o640
    file.chmod(0o400)
    assert read_url(file).way == "unix socket"


@pytest.mark.parametrize("way", ["unix", "tcp", "tls"])
def test_every_way_in(redis_server: RedisServer, tmp_path: Path, way: str) -> None:
    store = open_redis(tmp_path, redis_server.url_file(tmp_path, way))
    put(store, make_row("k"))
    assert keys(store) == ["k"]
    assert store.describe().location.startswith({"unix": "unix socket", "tcp": "loopback", "tls": "TLS"}[way])
    store.close()
