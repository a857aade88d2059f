"""What many servers cost one Redis: ``python -m tests.bench.capacity`` prints it and writes JSON beside it.

``--write`` brings the tables of docs/capacity.md up to date as well (``capacity_model``). About a minute.
"""

import json
import os
import platform
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any

import jupyter_auth
from jupyter_auth.cache.redis.store import RedisStore
from tests.bench import capacity_model
from tests.bench.capacity_server import TOKENS
from tests.bench.capacity_stores import at_rest, bytes_held
from tests.support.redis_server import PASSWORD, RedisServer

RESULTS = Path(__file__).with_name("capacity.json")
SERVERS, PROCESSES = 200, 4
IDLE, BUSY = 10.0, 10.0  # seconds
SUBSCRIBERS = 2_000  # connections that only listen
SHARING, CLEARS = 20, 40  # servers of one person, and clears of theirs

Row = dict[str, Any]


def main() -> None:
    """All of it, on one Redis after the other."""
    results: Row = {"conditions": conditions()}
    with RedisServer() as redis, folder() as place, Servers(redis, place) as servers:
        results |= servers.measured()
    with RedisServer() as redis, folder() as place:
        results["subscribers"] = subscribers(redis)
        results["fan_out"] = fan_out(redis, place)
        results["at_rest"] = at_rest(redis, place)
    results["server"] = memory_of_a_server()
    results["conditions"]["load_at_the_end"] = round(os.getloadavg()[0], 1)
    RESULTS.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    sys.stdout.write(RESULTS.read_text(encoding="utf-8"))
    if "--write" in sys.argv[1:]:
        capacity_model.write(results)


def conditions() -> Row:
    """On what all was measured."""
    version = subprocess.run(["redis-server", "--version"], capture_output=True, text=True, check=True).stdout
    return {
        "processors": os.cpu_count(),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "redis": version.split("v=")[1].split(" ", maxsplit=1)[0],
        "jupyter_auth": jupyter_auth.__version__,
        "servers": SERVERS,
        "load_at_the_start": round(os.getloadavg()[0], 1),
    }


@contextmanager
def folder() -> Iterator[Path]:
    """A folder of this run's own."""
    path = Path(tempfile.mkdtemp(prefix="ja-cap-"))
    try:
        yield path
    finally:
        shutil.rmtree(path)


class Servers:
    """The processes with the simulated servers, as a context, and what Redis says of them."""

    def __init__(self, redis: RedisServer, place: Path) -> None:
        self._redis, self._place = redis, place
        self._processes: list[subprocess.Popen[str]] = []
        self._stack = ExitStack()

    def __enter__(self) -> "Servers":
        return self

    def __exit__(self, *_: object) -> None:
        for process in self._processes:
            process.communicate()
        self._stack.close()

    def measured(self) -> Row:
        """Everything, phase by phase."""
        alone = self._phase(lambda: time.sleep(IDLE / 2), IDLE / 2)["cpu_us"]  # in a second
        before = self._info()
        self._start()
        opened = self._info()
        self._ask("sign_in")
        found: Row = {
            "connections_per_server": (opened["connected_clients"] - before["connected_clients"]) / SERVERS,
            "bytes_per_connection": self._per_connection(opened, before),
            "bytes_per_user": self._bytes_per_user(),
            "records_per_user": 2 + TOKENS,
        }
        found["redis_alone_cpu_us"] = alone
        found["idle"] = self._phase(lambda: time.sleep(IDLE), IDLE * SERVERS, IDLE * alone / 1e6)
        base = found["idle"]["cpu_us"] * SERVERS / 1e6 + alone / 1e6  # of a processor
        for name in ("refresh", "first_token"):
            found[name] = self._busy(name, base)
        return found

    def _start(self) -> None:
        url, each = self._redis.url_file(self._place), SERVERS // PROCESSES
        for number in range(PROCESSES):
            command = [sys.executable, "-m", "tests.bench.capacity_server", str(url), str(self._place)]
            command += [str(number * each), str(each)]
            pipes: Row = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
            self._processes.append(subprocess.Popen(command, **pipes))
        for process in self._processes:
            self._answer(process)

    def _ask(self, order: str, seconds: float = 0) -> list[Row]:
        for process in self._processes:
            assert process.stdin is not None
            process.stdin.write(json.dumps([order, seconds]) + "\n")
            process.stdin.flush()
        return [self._answer(process) for process in self._processes]

    @staticmethod
    def _answer(process: subprocess.Popen[str]) -> Row:
        assert process.stdout is not None
        answer: Row = json.loads(process.stdout.readline())
        return answer

    def _busy(self, order: str, base: float) -> Row:
        answers: list[Row] = []
        start = time.perf_counter()
        before = self._info()
        answers += self._ask(order, BUSY)
        took, after = time.perf_counter() - start, self._info()
        count = sum(answer["count"] for answer in answers)
        return self._costs(before, after, count, base * took) | {
            "per_second": round(count / took),
            "median_ms": round(1e3 * statistics.median(answer["median"] for answer in answers), 2),
            "p99_ms": round(1e3 * max(answer["p99"] for answer in answers), 2),
        }

    def _phase(self, work: Callable[[], object], count: float, idle: float = 0.0) -> Row:
        before = self._info()
        work()
        return self._costs(before, self._info(), count, idle)

    @staticmethod
    def _costs(before: Row, after: Row, count: float, idle: float) -> Row:
        """Of one: scripts run, µs of Redis's processor beyond what idle servers cost, bytes in and out."""
        of = {name: after[name] - before[name] for name in before}
        return {
            "scripts": round(of["scripts"] / count, 2),
            "cpu_us": round(1e6 * (of["cpu"] - idle) / count, 1),
            "bytes_in": round(of["total_net_input_bytes"] / count),
            "bytes_out": round(of["total_net_output_bytes"] / count),
        }

    def _info(self) -> Row:
        with self._redis.client() as client:
            info, commands = client.info("all"), client.info("commandstats")
        names = ("connected_clients", "used_memory_dataset", "mem_clients_normal", "used_memory")
        found = {name: info[name] for name in (*names, "total_net_input_bytes", "total_net_output_bytes")}
        found["cpu"] = info["used_cpu_sys"] + info["used_cpu_user"]
        found["scripts"] = commands.get("cmdstat_evalsha", {"calls": 0})["calls"]
        return found

    def _bytes_per_user(self) -> int:
        """All that Redis holds, key by key, with the entry of each in its table."""
        with self._redis.client() as client:
            return round(bytes_held(client) / SERVERS)

    @staticmethod
    def _per_connection(after: Row, before: Row) -> int:
        count = after["connected_clients"] - before["connected_clients"]
        return int((after["mem_clients_normal"] - before["mem_clients_normal"]) / count)


def subscribers(redis: RedisServer) -> Row:
    """What connections that only listen cost, each on a channel of its own, and if a message is slower."""
    name = b"AUTH root " + PASSWORD.encode() + b"\r\n"
    with ExitStack() as stack, redis.client() as client:
        before = client.info("memory")["used_memory"]
        for number in range(SUBSCRIBERS):
            link = stack.enter_context(closing(socket.socket(socket.AF_UNIX)))
            link.connect(str(redis.socket))
            link.sendall(name + b"SUBSCRIBE channel-%d\r\n" % number)
        while len(client.pubsub_channels()) < SUBSCRIBERS:
            time.sleep(0.05)
        bytes_each = round((client.info("memory")["used_memory"] - before) / SUBSCRIBERS)
        busy = [_published(client) for _ in range(200)]
    with redis.client() as client:
        alone = [_published(client) for _ in range(200)]
    return {
        "connections": SUBSCRIBERS,
        "bytes_each": bytes_each,
        "publish_us": round(1e6 * statistics.median(busy), 1),
        "publish_us_alone": round(1e6 * statistics.median(alone), 1),
    }


def _published(client: Any) -> float:
    start = time.perf_counter()
    client.publish("channel-7", b"")
    return time.perf_counter() - start


def fan_out(redis: RedisServer, place: Path) -> Row:
    """How long until every other server of a person has heard of a clear."""
    url = redis.url_file(place)
    with ExitStack() as stack:
        stores = [
            stack.enter_context(closing(RedisStore(url, place / "seal.key", user="ada")))
            for _ in range(SHARING)
        ]
        time.sleep(1)  # until all have subscribed
        took = [_heard(stores) for _ in range(CLEARS)]
    return {
        "servers": SHARING,
        "median_ms": round(1e3 * statistics.median(took), 2),
        "most_ms": round(1e3 * max(took), 2),
    }


def _heard(stores: list[RedisStore]) -> float:
    known = [store.generation.value for store in stores]
    start = time.perf_counter()
    stores[0].generation.bump()
    while any(store.generation.value == old for store, old in zip(stores, known, strict=True)):
        time.sleep(0.0002)
    return time.perf_counter() - start


def memory_of_a_server() -> Row:
    """Resident memory of a Jupyter server's process with the broker in it beyond one without, in MB."""
    command = [sys.executable, "-m", "tests.bench.capacity_memory"]
    out = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    found: Row = json.loads(out)
    return found


if __name__ == "__main__":
    main()
