"""A process whose children write to a store until they are killed; every write is told once it is done.

On stdin: a line for each child wanted. On stdout: ``pid N``, then ``row K``, ``count N`` and ``pair N`` for
what is saved, then ``dead``.
"""

import os
import sys
from pathlib import Path

from jupyter_auth.testing.store_contract import put
from tests.unit.cache.samples import open_store, row


def tell(line: str) -> None:
    """One write, so that a kill leaves no half line."""
    os.write(1, f"{line}\n".encode())


def write(place: Path, life: int) -> None:
    """Write rows, count up, and change two rows at once, for ever."""
    store = open_store(place)
    number = 0
    while True:
        number += 1
        put(store, row(f"{life}-{number}", f"life{life}", text="x" * (number % 7 * 300)))
        tell(f"row {life}-{number}")
        put(store, row("count", "counts", n=life * 10**6 + number), durable=True)
        tell(f"count {life * 10**6 + number}")
        put(store, *(row(side, f"pair{life}", n=number) for side in ("left", "right")))
        tell(f"pair {number}")


def main(place: Path) -> None:
    """Fork a child for each line, and see it die."""
    for life, _ in enumerate(sys.stdin):
        pid = os.fork()
        if pid == 0:
            write(place, life)
        tell(f"pid {pid}")
        os.waitpid(pid, 0)
        tell("dead")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
