"""``kill -9`` of a writer at random moments: ``python -m tests.security.killing 500 [seed]`` (S3)."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from jupyter_auth.cache.sqlite.store import SqliteStore
from jupyter_auth.testing.store_contract import keys
from tests.unit.cache.elsewhere import ROOT
from tests.unit.cache.samples import open_store

AFTER = (0, 0, 1, 2, 3, 6)  # writes that a writer has told of, however long they took,
PAUSES = (0, 0.002, 0.005, 0.01, 0.02, 0.05)  # and seconds that it lives on, give or take a half
WRITER = ("-m", "tests.security.killed_writer")


@dataclass(slots=True, kw_only=True)
class Toll:
    """What came of it. ``lost``: acknowledged, and not there; ``half``: changes of which a part is there."""

    kills: int = 0
    told: int = 0
    lost: list[str] = field(default_factory=list)
    half: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def look(self, store: SqliteStore, life: int, said: Sequence[str]) -> None:
        """Compare what a life acknowledged with what it left."""
        self.kills += 1
        self.told += len(said)
        self.notes += store.describe().notes
        told = [line.split() for line in said]
        saved = keys(store, f"life{life}")
        self.lost += sorted({key for kind, key in told if kind == "row"} - set(saved))
        numbers = sorted(int(key.split("-")[1]) for key in saved)
        if numbers != list(range(1, len(numbers) + 1)):
            self.half.append(f"life {life}: a gap in {numbers}")
        self._look_at_count(store, life, max([int(n) for kind, n in told if kind == "count"], default=0))
        pair = [found.value["n"] for found in store.rows(f"pair{life}")]
        if len(set(pair)) > 1 or len(pair) not in {0, 2}:
            self.half.append(f"life {life}: {pair}")
        told_last = max([int(n) for kind, n in told if kind == "pair"], default=0)
        if told_last and (not pair or not told_last <= min(pair) <= told_last + 1):
            self.lost.append(f"life {life}: pair {told_last}")

    def _look_at_count(self, store: SqliteStore, life: int, told: int) -> None:
        found = [row.value["n"] for row in store.rows("counts")]
        if told and (not found or not told <= found[0] <= told + 1):
            self.lost.append(f"life {life}: count {told}, and there is {found}")


def play(place: Path, rounds: int, seed: int, *, writer: Sequence[str] = WRITER) -> Toll:
    """Let a child write for a while and kill it, ``rounds`` times; each time open the store and look."""
    chance, toll = random.Random(seed), Toll()
    with subprocess.Popen(
        [sys.executable, *writer, str(place)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        bufsize=1,
    ) as parent:
        for life in range(rounds):
            said = _one_life(parent, chance.choice(AFTER), chance.choice(PAUSES) * chance.uniform(0.5, 1.5))
            with closing(open_store(place)) as store:
                toll.look(store, life, said)
        assert parent.stdin
        parent.stdin.close()
    return toll


def _one_life(parent: "subprocess.Popen[str]", after: int, wait: float) -> list[str]:
    """What a child said that it had saved, from its start to its end."""
    assert parent.stdin and parent.stdout
    parent.stdin.write("go\n")
    pid, lines = 0, list[str]()
    while not pid or len(lines) < after:
        line = parent.stdout.readline().strip()
        assert line, "the writers' parent has died"
        if line.startswith("pid"):
            pid = int(line.split()[1])
        else:
            lines.append(line)
    time.sleep(wait)
    os.kill(pid, signal.SIGKILL)
    while not (lines and lines[-1] == "dead"):
        lines.append(parent.stdout.readline().strip())
    return lines[:-1]


if __name__ == "__main__":
    with TemporaryDirectory() as folder:
        result = play(Path(folder), int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 41)
    print(
        f"{result.kills} kills, {result.told} writes acknowledged; lost {len(result.lost)}, half there ",
        end="",
    )
    print(f"{len(result.half)}, told of the store {len(result.notes)}")
    sys.exit(bool(result.lost or result.half or result.notes))
