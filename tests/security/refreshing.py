"""A process that wants another token than it has, at one moment: ``-m tests.security.refreshing FOLDER``.

It says ``ready``, waits for a line with that moment on stdin, and says what came of it.
"""

import asyncio
import json
import sys
import time
from pathlib import Path

from jupyter_auth.broker.broker import Broker
from jupyter_auth.broker.config.configuration import FILE, ConfigurationFiles
from jupyter_auth.broker.request import TokenRequest
from jupyter_auth.cache.sqlite.store import SqliteStore
from jupyter_auth.core.errors import AuthError


async def main(folder: Path) -> None:
    """Over the store of a bench."""
    files = ConfigurationFiles([folder / "config" / FILE])
    broker = Broker(files, lambda: SqliteStore(folder / "store", folder / "keys" / "seal.key"))
    await broker.start()
    have = await broker.acquire_silent(TokenRequest.from_wire({"profile": "lake"}))
    print("ready", flush=True)
    at = float(sys.stdin.readline())
    await asyncio.sleep(max(0.0, at - time.time()))
    fields = {"profile": "lake", "force_refresh": True, "have": have._token.version}
    try:
        found = await broker.acquire_silent(TokenRequest.from_wire(fields))
        said = [found.metadata.token_source.value, found.reveal()]
    except AuthError as problem:
        said = [type(problem).__name__, problem.reason]
    print(json.dumps(said), flush=True)
    await broker.close()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
