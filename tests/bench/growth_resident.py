"""Resident memory of a process of its own with a cache over a store, for ``tests.bench.growth``.

At most a thousand accounts are looked up. What is in a file was written by another process.
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import psutil

from jupyter_auth.cache.memory import MemoryStore
from jupyter_auth.cache.sqlite.store import SqliteStore
from jupyter_auth.cache.token_cache import TokenCache
from tests.bench.holding import Shape, target, write

MB = 1024 * 1024


def measured(kind: str, records: int, folder: Path) -> float:
    """In MB. ``folder`` is that of the SQLite store."""
    command = [sys.executable, "-m", "tests.bench.growth_resident", kind, str(records), str(folder)]
    found: dict[str, Any] = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    return float(found["resident"]) / MB


def main() -> None:
    """In a process of its own."""
    kind, shape, folder = sys.argv[1], Shape(records=int(sys.argv[2])), Path(sys.argv[3])
    store = MemoryStore() if kind == "memory" else SqliteStore(folder / "store", folder / "seal.key")
    if kind == "memory":
        write(store, shape.rows())
    cache = TokenCache(store)
    for number in range(0, shape.accounts, max(1, shape.accounts // 1000)):
        cache.find_token(shape.key(number), target(), fold=False)
    sys.stdout.write(json.dumps({"resident": psutil.Process().memory_info().rss}))


if __name__ == "__main__":
    main()
