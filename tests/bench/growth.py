"""How costs grow with the number of records: ``python -m tests.bench.growth`` prints a table.

Each store is filled at three sizes, all at once, and asked by turns, so that what else the machine does
falls on all of them. A figure of growth is the median over the rounds of largest : smallest.
"""

import asyncio
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from time import perf_counter

from jupyter_auth.cache.memory import MemoryStore
from jupyter_auth.cache.redis.store import RedisStore
from jupyter_auth.cache.sqlite import FILE
from jupyter_auth.cache.sqlite.store import SqliteStore
from jupyter_auth.cache.store import Store
from jupyter_auth.cache.token_cache import TokenCache
from tests.bench import growth_apps, growth_peers, growth_resident
from tests.bench.figures import Figure
from tests.bench.growth_acts import ACTS, CROWDED, Act
from tests.bench.holding import Holding, Shape, hold, target
from tests.support.redis_server import RedisServer

SIZES = (10, 1_000, 100_000)
CROWD = (10, 100_000)  # records, with all accounts of one application
LIMIT = 1.5
#: What msal calls the same.
PEERS = {
    "subset hit in the store": "subset hit",
    "miss": "miss",
    "refresh token": "refresh token",
    "accounts of one person": "accounts of one person",
    "save of an access token": "save",
}
ROUNDS, EACH = 30, 4  # rounds, and calls of each act in one
OPENS = 15

Open = Callable[[Path], Store]
Times = dict[str, dict[int, list[float]]]


def run() -> list[Figure]:
    """All figures. About two minutes."""
    figures: list[Figure] = []
    with stores() as kinds:
        for kind, opens in kinds.items():
            figures += asyncio.run(of_store(kind, opens))
            figures += asyncio.run(of_one_application(kind, opens))
            with private_folder() as one, private_folder() as other:
                figures += growth(kind, growth_apps.sampled(opens(folder) for folder in (one, other)))
    return beside(figures, growth_peers.measured())


@contextmanager
def stores() -> Iterator[dict[str, Open]]:
    """How each store is opened in a folder of its own."""
    with RedisServer() as redis:

        def open_redis(folder: Path) -> Store:
            return RedisStore(redis.url_file(folder), folder / "seal.key", user=folder.name)

        yield {
            "memory": lambda folder: MemoryStore(),
            "sqlite": lambda folder: SqliteStore(folder / "store", folder / "seal.key"),
            "redis": open_redis,
        }


@contextmanager
def private_folder() -> Iterator[Path]:
    """A folder on the machine's disk, for one store."""
    folder = Path(tempfile.mkdtemp(prefix="ja-growth-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


@dataclass(frozen=True, slots=True, kw_only=True)
class Filled:
    """A store of each size."""

    kind: str
    opens: Open
    folders: dict[int, Path]
    holdings: dict[int, Holding]


async def of_store(kind: str, opens: Open) -> list[Figure]:
    """The figures of one store."""
    with ExitStack() as stack:
        folders = {size: stack.enter_context(private_folder()) for size in SIZES}
        holdings = {
            size: await hold(opens(folder), Shape(records=size), folder) for size, folder in folders.items()
        }
        filled = Filled(kind=kind, opens=opens, folders=folders, holdings=holdings)
        try:
            figures = growth(kind, await sampled(holdings, ACTS))
            if kind != "memory":
                figures += growth(kind, {"cold open and first token": opened(filled)})
            if kind != "redis":  # where the records are elsewhere
                figures += resident(filled)
            if kind == "sqlite":
                figures += size_of_a_record(filled)
            return figures + wholes(filled)
        finally:
            for holding in holdings.values():
                await holding.broker.close()


async def of_one_application(kind: str, opens: Open) -> list[Figure]:
    """The same where thousands are signed in to one application, which one person hardly ever is."""
    with ExitStack() as stack:
        holdings = {}
        for size in CROWD:
            folder = stack.enter_context(private_folder())
            holdings[size] = await hold(opens(folder), Shape(records=size, each=size), folder)
        try:
            return growth(f"{kind}, one application", await sampled(holdings, CROWDED))
        finally:
            for holding in holdings.values():
                await holding.broker.close()


async def sampled(holdings: dict[int, Holding], acts: Mapping[str, Act]) -> Times:
    """The times of every act at every size, by turns; of a round's few calls the median counts."""
    times: Times = {name: {size: [] for size in holdings} for name in acts}
    for _ in range(ROUNDS):
        for name, act in acts.items():
            for size, holding in holdings.items():
                times[name][size].append(statistics.median([await act(holding) for _ in range(EACH)]))
    return times


def opened(filled: Filled) -> dict[int, list[float]]:
    """A second server opens each store and finds its first token."""
    times: dict[int, list[float]] = {size: [] for size in filled.holdings}
    for _ in range(OPENS):
        for size, holding in filled.holdings.items():
            key = holding.shape.key(holding.number())
            start = perf_counter()
            store = filled.opens(filled.folders[size])
            found = TokenCache(store).find_token(key, target(), fold=False)
            times[size].append(perf_counter() - start)
            store.close()
            assert found is not None
    return times


def growth(kind: str, times: Times) -> list[Figure]:
    """How much more the largest costs than the smallest."""
    return [_growth(f"{kind}: {name}", by_size) for name, by_size in times.items()]


def _growth(name: str, by_size: dict[int, list[float]]) -> Figure:
    small, large = min(by_size), max(by_size)
    ratios = [b / a for a, b in zip(by_size[small], by_size[large], strict=True)]
    quarters = statistics.quantiles(ratios, n=4)
    at = ", ".join(f"{statistics.median(of) * 1e6:.3g} µs at {size}" for size, of in by_size.items())
    return Figure(
        name=f"{name}, {small} to {large} records",
        value=round(statistics.median(ratios), 2),
        unit="times",
        limit=LIMIT,
        spread=(round(quarters[0], 2), round(quarters[2], 2)),
        note=at,
    )


def beside(figures: list[Figure], theirs: dict[str, dict[int, float]]) -> list[Figure]:
    """Our figures with msal's growth beside them, which is up to 10 000 records only; then msal's own."""
    named = {f"sqlite: {ours}, {min(SIZES)} to {max(SIZES)} records": of for ours, of in PEERS.items()}
    grown = {
        name: round(by_size[max(by_size)] / by_size[min(by_size)], 2) for name, by_size in theirs.items()
    }
    ours = [
        replace(figure, peers={"msal": grown[named[figure.name]]}) if figure.name in named else figure
        for figure in figures
    ]
    return ours + peers(theirs)


def peers(theirs: dict[str, dict[int, float]]) -> list[Figure]:
    """msal's growth, up to 10 000 records."""
    figures = []
    for name, by_size in theirs.items():
        small, large = min(by_size), max(by_size)
        at = ", ".join(f"{seconds * 1e6:.3g} µs at {size}" for size, seconds in by_size.items())
        value = round(by_size[large] / by_size[small], 2)
        figures.append(
            Figure(name=f"msal: {name}, {small} to {large} records", value=value, unit="times", note=at)
        )
    return figures


def resident(filled: Filled) -> list[Figure]:
    """What a process takes in memory for each record that the largest store has beyond the smallest."""
    small, large = min(filled.folders), max(filled.folders)
    taken = {
        size: growth_resident.measured(filled.kind, size, filled.folders[size]) for size in (small, large)
    }
    each = 1024 * 1024 * (taken[large] - taken[small]) / (large - small)
    return [
        Figure(
            name=f"{filled.kind}: resident memory of a record, {large} records",
            value=round(each),
            unit="bytes",
            note=f"{taken[small]:.0f} MB at {small}, {taken[large]:.0f} MB at {large}",
        )
    ]


def size_of_a_record(filled: Filled) -> list[Figure]:
    """Of SQLite's file, with its log."""
    large = max(filled.folders)
    size = sum(path.stat().st_size for path in (filled.folders[large] / "store").glob(f"{FILE}*"))
    return [
        Figure(name=f"{filled.kind}: file, of a record, {large} records", value=size // large, unit="bytes")
    ]


def wholes(filled: Filled) -> list[Figure]:
    """What concerns all records at once, at the largest size; the clear comes last."""
    large = max(filled.holdings)
    holding, kind = filled.holdings[large], filled.kind
    store, figures = holding.cache.store, []

    def timed(name: str, work: Callable[[], object]) -> None:
        start = perf_counter()
        work()
        took = 1000 * (perf_counter() - start)
        figures.append(Figure(name=f"{kind}: {name}, {large} records", value=round(took, 1), unit="ms"))

    timed("list of all accounts", holding.cache.all_accounts)
    timed("sweep where nothing has ended", lambda: store.sweep(int(time.time())))
    timed("clear", holding.cache.clear)
    return figures


def main() -> None:
    """Print what was found."""
    start = perf_counter()
    for figure in run():
        mark = "" if figure.is_reached else "  ← above the aim"
        spread = f" ({figure.spread[0]}–{figure.spread[1]})" if figure.spread else ""
        spread += "".join(f" {name} {value}" for name, value in figure.peers.items())
        print(f"{figure.name:75} {figure.value:>8} {figure.unit}{spread}{mark}  {figure.note}")
    print(f"{perf_counter() - start:.0f} s")


if __name__ == "__main__":
    main()
