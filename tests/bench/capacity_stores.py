"""What records cost where they lie: in a SQLite file, in Redis, and an application's tokens in both."""

import statistics
from contextlib import closing
from pathlib import Path
from typing import Any

from jupyter_auth.cache.applications import ApplicationCache
from jupyter_auth.cache.redis.store import RedisStore
from jupyter_auth.cache.sqlite import FILE
from jupyter_auth.cache.sqlite.store import SqliteStore
from jupyter_auth.cache.store import Store
from jupyter_auth.cache.token_cache import TokenCache
from tests.bench.growth_apps import RESOURCES, TENANTS, Table
from tests.bench.holding import Shape, write
from tests.support.redis_server import RedisServer

RECORDS = 10_000
ENTRY = 56  # bytes of a key in Redis's own table beside what MEMORY USAGE tells: its place, a third unused
TURNS = 200

Row = dict[str, Any]


def bytes_held(client: Any) -> int:
    """All that a Redis holds, key by key."""
    names = list(client.scan_iter(count=1000))
    return sum(int(client.memory_usage(name, samples=0)) + ENTRY for name in names)


def at_rest(redis: RedisServer, place: Path) -> Row:
    """Bytes of a record by store, and of an application's token with what a call for it takes."""
    with redis.client() as client:
        client.flushall()
        with closing(_redis(redis, place, "filled")) as store:
            write(store, Shape(records=RECORDS).rows())
            in_redis = bytes_held(client) / RECORDS
        client.flushall()
        with closing(_redis(redis, place, "apps")) as store:
            apps_redis = _table(store) | {"bytes_each": round(bytes_held(client) / (TENANTS * RESOURCES))}
    with closing(SqliteStore(place / "filled", place / "seal.key")) as sqlite:
        write(sqlite, Shape(records=RECORDS).rows())
        sqlite._file.empty_log()
        in_file = (place / "filled" / FILE).stat().st_size / RECORDS
    with closing(SqliteStore(place / "apps", place / "seal.key")) as sqlite:
        apps_file = _table(sqlite)
        sqlite._file.empty_log()
        apps_file["bytes_each"] = round((place / "apps" / FILE).stat().st_size / (TENANTS * RESOURCES))
    return {
        "records": RECORDS,
        "sqlite_bytes_each": round(in_file),
        "redis_bytes_each": round(in_redis),
        "apps": {"tenants": TENANTS, "resources": RESOURCES, "sqlite": apps_file, "redis": apps_redis},
    }


def _redis(redis: RedisServer, place: Path, user: str) -> RedisStore:
    return RedisStore(redis.url_file(place), place / "seal.key", user=user)


def _table(store: Store) -> Row:
    cache = TokenCache(store)
    table = Table(tenants=TENANTS, resources=RESOURCES, cache=cache, apps=ApplicationCache(cache))
    table.fill()
    acts = {"hit_us": table.hit, "find_us": table.find, "miss_us": table.miss, "save_us": table.save}
    return {
        name: round(1e6 * statistics.median([act(turn * 37) for turn in range(TURNS)]), 1)
        for name, act in acts.items()
    }
