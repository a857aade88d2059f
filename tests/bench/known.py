"""What it costs that a process knows its secrets again in texts: ``python -m tests.bench.known``.

It measures and judges nothing. The figures stand in docs/performance.md.
"""

import secrets
import tracemalloc
from collections.abc import Callable
from functools import partial
from statistics import median
from time import perf_counter, time

from jupyter_auth.core import known
from jupyter_auth.core.redaction import masked

LINE = "[I 2026-03-02 08:15:04.512 ServerApp] 200 GET /jupyter_auth/v1/accounts (ada@127.0.0.1) 3.12ms"
TEXTS = {
    "a line": LINE,
    "10 kB of lines": "\n".join([LINE] * 100),
    "1 MB of lines": "\n".join([LINE] * 10_000),
}
HEAD = "eyJhbGciOiJSUzI1NiIsInR5cCI6ImF0K2p3dCJ9."
KINDS: dict[str, Callable[[], str]] = {
    "JWTs": lambda: f"{HEAD}{secrets.token_urlsafe(900)}.{secrets.token_urlsafe(256)}",
    "opaque tokens": lambda: secrets.token_urlsafe(43),
}


def taken(work: Callable[[], object]) -> float:
    """Seconds."""
    began = perf_counter()
    work()
    return perf_counter() - began


def row(kind: str, make: Callable[[], str], count: int) -> list[str]:
    """What so many of a kind cost."""
    known.forget_all()
    tracemalloc.start()
    for _ in range(count):
        known.note(make())
    size = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    looked = [median(taken(partial(masked, text)) for _ in range(11)) for text in TEXTS.values()]
    one_more, later = make(), time() + 86_400
    last = taken(partial(known.note, one_more, later))
    times = [f"{seconds * 1e3:.3g} ms" for seconds in (*looked, last)]
    return [f"{count} {kind}", f"{size / 1e6:.2g} MB", *times, str(len(known._ends))]


if __name__ == "__main__":
    print(
        "| known are | they take |",
        " | ".join(TEXTS),
        "| one more | known then |\n|---|---|---|---|---|---|---|",
    )
    for kind, make in KINDS.items():
        for count in (1, 100, known.MOST):
            print("|", " | ".join(row(kind, make, count)), "|")
