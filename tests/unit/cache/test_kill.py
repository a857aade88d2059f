"""``kill -9`` of a writer at any moment: the store opens, and what was acknowledged is there."""

import os
import random
import signal
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

from jupyter_auth.testing.store_contract import keys
from tests.unit.cache.elsewhere import ROOT
from tests.unit.cache.samples import open_store

ROUNDS = 50


def _one_life(writer: "subprocess.Popen[str]", wait: float) -> list[str]:
    """Let a child write for a while and kill it; what it said that it had saved."""
    assert writer.stdin and writer.stdout
    writer.stdin.write("go\n")
    lines: list[str] = []
    while not (lines and lines[-1].startswith("pid")):
        lines.append(writer.stdout.readline().strip())
    time.sleep(wait)
    os.kill(int(lines.pop().split()[1]), signal.SIGKILL)
    while not (lines and lines[-1] == "dead"):
        lines.append(writer.stdout.readline().strip())
    return lines[:-1]


def test_nothing_acknowledged_is_lost_and_nothing_is_half_there(quick_path: Path) -> None:
    chance, told = random.Random(41), 0
    with subprocess.Popen(
        [sys.executable, "-m", "tests.unit.cache.writer", str(quick_path)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        bufsize=1,
    ) as writer:
        for life in range(ROUNDS):
            said = _one_life(
                writer, chance.choice([0, 0.002, 0.005, 0.01, 0.02, 0.05]) * chance.uniform(0.5, 1.5)
            )
            told += len(said)
            with closing(open_store(quick_path)) as store:
                assert store.describe().notes == ()
                saved = keys(store, f"life{life}")
                assert {line.split()[1] for line in said if line.startswith("row")} <= set(saved)
                numbers = sorted(int(key.split("-")[1]) for key in saved)
                assert numbers == list(range(1, len(numbers) + 1))  # in order, without a gap
                counts = [int(line.split()[1]) for line in said if line.startswith("count")]
                if counts:
                    (count,) = store.rows("counts")
                    assert counts[-1] <= count.value["n"] <= counts[-1] + 1
        assert writer.stdin
        writer.stdin.close()
    assert told > ROUNDS
