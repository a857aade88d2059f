"""Files of a store, mutated at random: ``python -m tests.unit.cache.mutations 10000 [seed]``.

Each is opened, read in every way, written to and cleared. It gives right values, or is set aside or refused
with words; whatever else comes of it ends the program.
"""

import random
import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from jupyter_auth.cache.records import Kind
from jupyter_auth.cache.store import Row
from jupyter_auth.core.errors import CacheError
from jupyter_auth.testing.store_contract import keys, put
from tests.unit.cache.samples import open_store, row

ROWS = {
    made.key: made
    for made in (
        row(f"{kind.name}-{n}", f"p{n % 3}", kind, text="x" * (10 + 60 * n))
        for kind in Kind
        for n in range(8)
    )
}
MORE = row("more", "p0")  # deleted again; a log that lost its end may bring it back
MUTATED = "mutated"  # the folder that each is used in
SLOW = 30.0  # seconds: what takes longer hangs


@dataclass(slots=True, kw_only=True)
class Tally:
    """What came of the files."""

    outcomes: dict[str, int] = field(
        default_factory=lambda: dict.fromkeys(("whole", "partly", "set aside", "refused", "older"), 0)
    )
    slowest: float = 0.0

    def __str__(self) -> str:
        told = ", ".join(f"{count} {name}" for name, count in self.outcomes.items())
        return f"{sum(self.outcomes.values())} files: {told}; the slowest took {self.slowest:.2f} s; 0 wrong"


def make_pristine(folder: Path) -> Path:
    """A place with a closed store that holds ``ROWS``, and beside it one as a crash leaves it, with a log.

    Both are made where they are used, mutated: whether a store is older than it was is known by its place.
    """
    made = folder / MUTATED
    with closing(open_store(made)) as store:
        put(store, *ROWS.values())
        put(store, MORE, durable=True)
        store.update(lambda txn: txn.delete("more"), ("p0",), durable=True)
        shutil.copytree(made, folder / "crashed")
    return shutil.copytree(made, folder / "pristine")


def use(place: Path) -> tuple[dict[str, Row], tuple[str, ...]]:
    """Open a store, read all of it in every way, write to it; what was there, and its notes."""
    with closing(open_store(place)) as store:
        seen = [found for n in range(3) for found in store.rows(f"p{n}")]
        seen += [found for kind in Kind for found in store.rows_of_kind(kind)]
        store.update(lambda txn: [txn.rows(f"p{n}") for n in range(3)], ())
        put(store, row("new", "p9"))
        assert keys(store, "p9") in (["new"], [])  # an index that is damaged unseen may hide a row
        store.clear()
        assert keys(store, "p0") == []
        return {found.key: found for found in seen}, store.describe().notes


def _overwrite(chance: random.Random, content: bytearray) -> None:
    at, size = chance.randrange(len(content)), chance.choice([1, 1, 1, 2, 4, 16, 300])
    content[at : at + size] = chance.randbytes(len(content[at : at + size]))


def _flip(chance: random.Random, content: bytearray) -> None:
    for _ in range(chance.choice([1, 8, 64])):
        content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)


def _cut(chance: random.Random, content: bytearray) -> None:
    del content[chance.randrange(len(content)) :]


def _shift(chance: random.Random, content: bytearray) -> None:
    at = chance.randrange(len(content))
    content[at:at] = chance.randbytes(chance.randint(1, 100))


def _swap_pages(chance: random.Random, content: bytearray) -> None:
    one, other = (4096 * chance.randrange(max(1, len(content) // 4096)) for _ in range(2))
    content[one : one + 4096], content[other : other + 4096] = (
        content[other : other + 4096],
        content[one : one + 4096],
    )


def _busy_bytes(chance: random.Random, content: bytearray) -> None:
    """Change what is not padding, where the structures are."""
    busy = [at for at, byte in enumerate(content) if byte]
    for at in chance.sample(busy, 3):
        content[at] = chance.randrange(256)


MUTATIONS = (_overwrite, _flip, _cut, _shift, _swap_pages, _busy_bytes)


def mutated_places(pristine: Path, rounds: int, chance: random.Random) -> Iterator[tuple[str, Path]]:
    """So many places with one mutated file each, and what was done to it."""
    for turn in range(rounds):
        place = pristine.with_name(MUTATED)
        shutil.rmtree(place, ignore_errors=True)
        shutil.copytree(pristine if turn % 3 else pristine.with_name("crashed"), place)
        mutate = MUTATIONS[turn % len(MUTATIONS)]
        files = [path for path in (place / "store").iterdir() if path.stat().st_size and path.suffix != ""]
        file = chance.choice(sorted(files))
        content = bytearray(file.read_bytes())
        mutate(chance, content)
        file.write_bytes(content)
        yield f"{turn} {mutate.__name__} {file.name}", place


def judge(tally: Tally, name: str, place: Path) -> None:
    """Use it, and count what came of it; an assertion fails where that is not right."""
    began = time.monotonic()
    problem, seen, notes = _used(place)
    if problem is not None:
        assert problem.message and problem.hint, name
        if problem.reason.startswith("sqlite_corrupt"):  # found while it was open: then it goes on
            _, seen, notes = _used(place)
    for key, found in seen.items():
        assert found == (ROWS | {"more": MORE}).get(key), name
    assert all("set aside" in note or "older than it was" in note for note in notes), (name, notes)
    told = " ".join(notes)
    kinds = {
        "refused": problem is not None,
        "set aside": "set aside" in told,
        "older": "older" in told,
        "whole": ROWS.keys() <= seen.keys(),
        "partly": True,
    }
    tally.outcomes[next(kind for kind, is_so in kinds.items() if is_so)] += 1
    tally.slowest = max(tally.slowest, time.monotonic() - began)
    assert tally.slowest < SLOW, name


def _used(place: Path) -> tuple[CacheError | None, dict[str, Row], tuple[str, ...]]:
    try:
        return None, *use(place)
    except CacheError as problem:
        return problem, {}, ()


def play(folder: Path, rounds: int, seed: int) -> Tally:
    """Mutate, use, and tell what came of it; an assertion fails where that is not right."""
    pristine, tally = make_pristine(folder), Tally()
    for name, place in mutated_places(pristine, rounds, random.Random(seed)):
        judge(tally, name, place)
    return tally


if __name__ == "__main__":
    memory = Path("/dev/shm")  # noqa: S108 -- the folder that is made in it is private
    with TemporaryDirectory(dir=memory if memory.is_dir() else None) as made:
        print(play(Path(made), int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 1))
