"""S19: frames have at most 64 KiB and no key twice, every wait has an end, and connections are limited."""

import json
import resource
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import psutil
import pytest

from jupyter_auth.broker.channel import channel
from jupyter_auth.cli.demo.jupyter_process import JupyterProcess
from tests.support import Kernel, Place
from tests.support.socket_client import Client, connections, frame, key_of

Connect = Callable[[], Client]
MIB = 1 << 20
GET = frame({"op": "get_token", "profile": "lake"})


@pytest.fixture
def connect(home: Place) -> Iterator[Connect]:
    with connections(home) as made:
        yield made


@pytest.fixture(autouse=True)
def descriptors() -> Iterator[None]:
    """The attacker may open as many connections as it likes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(8192, hard), hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@contextmanager
def bounded(server: JupyterProcess, limit: int = 64 * MIB) -> Iterator[None]:
    """The server's memory grows by less than ``limit`` bytes, and it serves everybody else."""
    process = psutil.Process(server.pid)
    before = process.memory_info().rss
    yield
    assert server.get("jupyter_auth/v1/status").ok
    assert process.memory_info().rss - before < limit


def is_served(kernel: Kernel) -> bool:
    """Whether a kernel that has no connection yet gets what it asks for, within seconds."""
    started = time.monotonic()
    code = "from jupyter_auth.kernel.client import client\nclient.after_fork()\naccounts = ja.get_accounts()"
    assert kernel.run(code, "accounts") == []
    return time.monotonic() - started < 40


@pytest.mark.parametrize(
    "data",
    [
        b"\x00\x01\x00\x01",
        b"GET / HTTP/1.1\r\n\r\n",
        struct.pack(">I", 27) + b'{"op":"hello","op":"prove"}',
        struct.pack(">I", 48) + b'{"op":"hello","v":1,"more":{"deep":[{"a":1,"a":2}]}}'[:48],
        struct.pack(">I", 42) + b'{"op":"hello","v":1,"x":{"a":1,"\\u0061":2}}',
        struct.pack(">I", 9) + b'{"v":NaN}',
        struct.pack(">I", 2) + b"[]",
        struct.pack(">I", 7) + b'"hello"',
        struct.pack(">I", 0),
        struct.pack(">I", 1 << 30),
        b"\xff\xff\xff\xff",
        struct.pack(">I", 40000) + b"[" * 40000,
        struct.pack(">I", 4) + b"\xff\xfe{}",
    ],
)
def test_what_is_no_frame_ends_the_connection(server: JupyterProcess, data: bytes, connect: Connect) -> None:
    client = connect()
    client.raw(data)
    assert client.read()["reason"] == "bad_frame"
    assert client.is_closed()


@pytest.mark.parametrize("header", [b"", struct.pack(">I", 1 << 30), struct.pack(">I", 65536)])
def test_a_line_of_a_gigabyte_is_not_read(
    server: JupyterProcess, kernel: Kernel, connect: Connect, header: bytes
) -> None:
    """Sent as fast as it goes: as one line, as a frame that says so, and behind one of the largest size."""
    client, sent, chunk = connect(), 0, b"x" * MIB
    with bounded(server), suppress(OSError):
        client.raw(header)
        while sent < 1024 * MIB:
            client.raw(chunk)
            sent += MIB
    assert sent < 16 * MIB
    assert is_served(kernel)


def test_five_thousand_connections(server: JupyterProcess, home: Place, kernel: Kernel) -> None:
    opened: list[socket.socket] = []
    address, together = str(home.socket), threading.Barrier(5)

    def flood() -> None:
        together.wait()
        for _ in range(1250):
            sock = socket.socket(socket.AF_UNIX)
            opened.append(sock)
            sock.setblocking(False)
            with suppress(OSError):  # the queue is full
                sock.connect(address)
            time.sleep(0.001)

    flooding = [threading.Thread(target=flood) for _ in range(4)]
    for thread in flooding:
        thread.start()
    with bounded(server):
        together.wait()
        served = [is_served(kernel)]
        while any(thread.is_alive() for thread in flooding):
            served.append(is_served(kernel))
        assert all(served) and len(opened) == 5000
    for sock in opened:
        sock.close()


def test_slow_strangers_keep_nobody_out(server: JupyterProcess, home: Place, kernel: Kernel) -> None:
    """More than may wait, each of whom sends a byte now and then, and comes back as soon as it is dropped."""
    stop = threading.Event()

    def crawl() -> None:
        mine: list[socket.socket] = []
        while not stop.is_set():
            while len(mine) < channel.MAX_UNPROVEN // 2:
                sock = socket.socket(socket.AF_UNIX)
                with suppress(OSError):
                    sock.connect(str(home.socket))
                mine.append(sock)
            for sock in list(mine):
                try:
                    sock.send(b"\x00")
                except OSError:
                    mine.remove(sock)
                    sock.close()
            time.sleep(0.05)
        for sock in mine:
            sock.close()

    crawlers = [threading.Thread(target=crawl) for _ in range(4)]
    for crawler in crawlers:
        crawler.start()
    try:
        with bounded(server):
            time.sleep(0.5)
            assert all(is_served(kernel) for _ in range(10))
    finally:
        stop.set()
        for crawler in crawlers:
            crawler.join()


def test_who_does_not_prove_is_dropped(server: JupyterProcess, connect: Connect) -> None:
    silent = [connect() for _ in range(100)]
    half = connect()
    half.raw(b"\x00\x00")
    greeted = connect()
    assert greeted.call(op="hello", v=1)["nonce"]
    started = time.monotonic()
    assert all(client.is_closed() for client in (*silent, half, greeted))
    assert time.monotonic() - started < 40


def test_one_kernel_leaves_room_for_the_others(home: Place, pair: list[Kernel], connect: Connect) -> None:
    greedy, other = pair
    key, held = key_of(home, greedy), 0
    with bounded(greedy.server):
        for _ in range(channel.MAX_OF_A_KERNEL + 50):
            answer = connect().prove(key)
            held += answer.get("ok") is True
            if "ok" not in answer:
                assert (answer["reason"], answer["retryable"]) == ("too_many_connections", True)
        assert channel.MAX_OF_A_KERNEL - 3 <= held <= channel.MAX_OF_A_KERNEL
        assert is_served(other)
    assert "too_many_connections" in greedy.fails(
        "from jupyter_auth.kernel.client import client\nclient.after_fork()\n"
        "try:\n    ja.get_accounts()\nexcept ja.TransportError as error:\n    raise ValueError(error.reason)"
    )


def test_who_does_not_read_is_not_answered_for_ever(
    home: Place, pair: list[Kernel], sign_in: Callable[..., str], connect: Connect
) -> None:
    kernel, other = pair
    sign_in(kernel)
    sent = 0
    with bounded(kernel.server):
        for _ in range(5):
            deaf = connect()
            assert deaf.prove(key_of(home, kernel))["ok"]
            deaf.socket.settimeout(0.3)
            with suppress(TimeoutError):
                for _ in range(200_000):
                    sent += deaf.socket.send(GET)
    assert sent < 5 * 2_000_000  # then the server stops reading: what it holds for each is bounded
    assert other.run("accounts = ja.get_accounts()", "len(accounts)") == 1


def test_one_that_asks_all_the_time_does_not_take_all_of_it(
    home: Place, pair: list[Kernel], sign_in: Callable[..., str], connect: Connect
) -> None:
    greedy, other = pair
    sign_in(greedy)
    hungry = connect()
    assert hungry.prove(key_of(home, greedy))["ok"]
    stop = threading.Event()

    def read() -> None:
        with suppress(OSError):
            while not stop.is_set():
                hungry.socket.recv(MIB)

    def ask() -> None:
        with suppress(OSError):
            while not stop.is_set():
                hungry.socket.sendall(GET * 500)

    threads = [threading.Thread(target=work) for work in (read, ask)]
    for thread in threads:
        thread.start()
    try:
        started = time.monotonic()
        assert other.run("accounts = ja.get_accounts()", "len(accounts)") == 1
        assert greedy.server.get("api/status").ok
        assert time.monotonic() - started < 40
    finally:
        stop.set()
        hungry.socket.shutdown(socket.SHUT_RDWR)
        for thread in threads:
            thread.join()


def test_an_answer_of_any_size_is_whole_or_refused(home: Place, kernel: Kernel, connect: Connect) -> None:
    """What a kernel says of itself is repeated in errors, cut short: no answer is beyond a frame."""
    client = connect()
    assert client.prove(key_of(home, kernel))["ok"]
    for message in ({"op": "x" * 60_000}, {"op": "get_token", "profile": "\u0001" * 9_000}):
        answer = client.call(**message)
        assert answer["error"] and len(json.dumps(answer)) < 4096
