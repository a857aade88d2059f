"""Resident memory of a Jupyter server's modules, then with the broker and its engines, as JSON."""

import asyncio
import json
import sys
import tempfile
from importlib import import_module
from pathlib import Path

import jupyter_server.serverapp  # noqa: F401 -- what is there without us
import psutil

MB = 1024 * 1024


def resident() -> float:
    """Of this process, in MB."""
    return psutil.Process().memory_info().rss / MB


async def main() -> None:
    """Start a broker over a Redis, and load what a sign-in at a generic provider and at Entra needs."""
    before = resident()
    import_module("jupyter_auth.server.extension")
    with tempfile.TemporaryDirectory(prefix="ja-cap-") as name:
        from jupyter_auth.broker.broker import Broker
        from jupyter_auth.cache.redis.store import RedisStore
        from tests.support.redis_server import RedisServer

        with RedisServer() as redis:
            folder = Path(name)
            url = redis.url_file(folder)
            broker = Broker(store=lambda: RedisStore(url, folder / "seal.key", user="ada"))
            await broker.start()
            started = resident()
            import_module("jupyter_auth.providers.oidc")
            generic = resident()
            import_module("jupyter_auth.providers.entra")
            found = {"without": before, "broker": started, "generic_provider": generic, "entra": resident()}
            await broker.close()
    sys.stdout.write(json.dumps({key: round(value, 1) for key, value in found.items()}) + "\n")


if __name__ == "__main__":
    asyncio.run(main())
