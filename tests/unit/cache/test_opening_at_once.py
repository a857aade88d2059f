"""Several processes that make one SQLite file at the same moment: all of them get it."""

import multiprocessing
from multiprocessing.queues import Queue
from multiprocessing.synchronize import Barrier
from pathlib import Path

from jupyter_auth.cache.sqlite.database import Database

PROCESSES, FILES = 6, 60


def _make(db: object) -> None:
    """The tables by which a file is known as ours."""
    for table in ("header", "records"):
        db.execute(f"CREATE TABLE IF NOT EXISTS {table} (x)")  # type: ignore[attr-defined]


def _open_all(folder: Path, at_once: Barrier, failures: "Queue[str]") -> None:
    for number in range(FILES):
        database = Database(folder / f"{number}.db", lambda db: None, _make)
        at_once.wait(60)
        try:
            database.open()
            database.close()
        except Exception as problem:  # noqa: BLE001 -- whatever it is, the test tells it
            failures.put(f"{number}: {problem}")


def test_all_of_them_get_it(tmp_path: Path) -> None:
    """SQLite refuses a change of the journal at once, whatever its timeout, where two want it together."""
    tmp_path.chmod(0o700)
    context = multiprocessing.get_context("spawn")
    at_once, failures = context.Barrier(PROCESSES), context.Queue()
    processes = [
        context.Process(target=_open_all, args=(tmp_path, at_once, failures)) for _ in range(PROCESSES)
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join(120)
        assert process.exitcode == 0
    assert failures.empty(), failures.get()
