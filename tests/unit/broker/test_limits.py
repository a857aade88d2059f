"""The limits that an administrator sets are those of the cache."""

import time
from functools import partial

import pytest

from jupyter_auth.broker.broker import Broker
from jupyter_auth.broker.config.configuration import ConfigurationFiles
from jupyter_auth.broker.config.settings import Settings
from jupyter_auth.broker.storage import open_store
from jupyter_auth.cache.applications import ApplicationCache
from jupyter_auth.cache.leases import Sole
from jupyter_auth.cache.limits import MemoryLimits, StoreLimits
from jupyter_auth.cache.records import AccessTokenRecord, AppKey, Kind
from jupyter_auth.core.secret import Secret


@pytest.mark.parametrize("name", ["memory", "sqlite"])
async def test_limits_that_are_set_are_those_of_memory_and_store(name: str) -> None:
    settings = Settings(
        store=name, memory_limits=MemoryLimits(entries=7), store_limits=StoreLimits(entries=20)
    )
    broker = Broker(ConfigurationFiles([], settings), partial(open_store, settings))
    cache = await broker.start()
    assert cache.memory.limits.entries == 7
    apps = ApplicationCache(cache)
    for number in range(30):
        now = int(time.time())
        token = AccessTokenRecord(
            secret=Secret("x"),
            token_type="Bearer",
            issued_on=now,
            expires_on=now + 3600,
            refresh_on=now + 1800,
            granted=("s",),
            asked=("s",),
        )
        of = AppKey("on_behalf_of", "https://idp.example", "c", f"{number:064d}")
        apps.save(of, token, apps.open(of), Sole())
    assert sum(len(list(cache.store.rows_of_kind(kind))) for kind in Kind) <= 20
    assert cache.store.describe().evicted["entries"] >= 40
    assert len(cache.memory) <= 7
    await broker.close()
