"""Tokens from the server's memory over the kernel socket: one kernel, and fifty at once."""

import json
import select
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from time import perf_counter

from jupyter_auth.core import frames
from tests.bench.figures import Figure
from tests.bench.oidc_agent import oidc_agent
from tests.bench.sampling import by_turns, median, percentile, spread
from tests.bench.setting import Line, Setting, signed_in
from tests.support import Place

ROUNDS, CALLS = 60, 100
KERNELS = 50
RUNS, SECONDS = 5, 2.0
REQUEST = frames.encode({"op": "get_token", "profile": "lake"})
#: a kernel as far as the server is concerned: it has a process and a connection file with a key
SLEEPER = {"argv": [sys.executable, "-Sc", "import time; time.sleep(3600)"], "display_name": "Sleeper"}


def run() -> list[Figure]:
    """All figures, over one server."""
    with signed_in() as setting:
        _specify(setting.home)
        return [*one_kernel(setting), fifty_kernels(setting)]


def one_kernel(setting: Setting) -> list[Figure]:
    """One request after another, on a connection that is open; by turns with oidc-agent."""
    line = Line(setting.home, setting.kernel.kernel_id)
    single: list[float] = []

    def ours() -> float:
        took = [_timed(lambda: line.ask(REQUEST)) for _ in range(CALLS)]
        single.extend(took)
        return median(took)

    with oidc_agent(setting.provider) as agent:
        found = by_turns(
            {
                "ours": ours,
                "oidc-agent": lambda: median([_timed(agent.ask) for _ in range(CALLS)]),
                "liboidc-agent": lambda: median([_timed(agent.text) for _ in range(CALLS // 4)]),
            },
            ROUNDS,
            warm_up=3,
        )
    line.close()
    value = median(found["ours"])
    plain, library = median(found["oidc-agent"]), median(found["liboidc-agent"])
    return [
        Figure(
            name="hit in the server, over an open socket",
            value=value,
            unit="µs",
            limit=45,
            peers={"oidc-agent, in the clear": plain, "oidc-agent, its library": library},
            spread=spread(found["ours"]),
            note=f"round trip of the frames, {ROUNDS} × {CALLS} requests; spread: medians of {CALLS}. "
            "oidc-agent takes a connection for each request; its library encrypts",
        ),
        Figure(name="hit in the server, 99th percentile", value=percentile(single, 99), unit="µs", limit=500),
        Figure(
            name="hit in the server, as a part of oidc-agent's (in the clear)",
            value=value / plain,
            unit="×",
            limit=0.6,
            spread=spread([a / b for a, b in zip(found["ours"], found["oidc-agent"], strict=True)]),
        ),
    ]


def fifty_kernels(setting: Setting) -> Figure:
    """Each asks again as soon as it has its answer."""
    ids = [setting.server.post("api/kernels", {"name": "sleeper"}).json()["id"] for _ in range(KERNELS)]
    lines = [Line(setting.home, kernel_id) for kernel_id in ids]
    length = len(lines[0].ask(REQUEST))
    rates = [_closed_loop([line.socket for line in lines], length) for _ in range(RUNS + 1)]
    for line, kernel_id in zip(lines, ids, strict=True):
        line.close()
        setting.server.delete(f"api/kernels/{kernel_id}")
    return Figure(
        name=f"{KERNELS} kernels, each with its next request as soon as it is answered",
        value=median(rates[1:]),  # the first one warms it up
        unit="tokens/s",
        limit=35_000,
        at_least=True,
        spread=spread(rates[1:]),
        note=f"{KERNELS} kernels' keys and connections, driven by one process; {RUNS} × {SECONDS:g} s",
    )


def _closed_loop(sockets: list[socket.socket], length: int) -> float:
    """Answers in a second."""
    ready, by_number = select.epoll(), {line.fileno(): line for line in sockets}
    for number, line in by_number.items():
        ready.register(number, select.EPOLLIN)
        line.sendall(REQUEST)
    answered, begun = 0, perf_counter()
    while (took := perf_counter() - begun) < SECONDS:
        for number, _ in ready.poll():
            line = by_number[number]
            if len(line.recv(65536)) != length:
                raise RuntimeError("an answer came in parts, or is another")
            answered += 1
            line.sendall(REQUEST)
    for line in sockets:  # the last ones, so that nothing is left in the sockets
        line.recv(65536)
    ready.close()
    return answered / took


def _specify(home: Place) -> None:
    folder: Path = home.data / "kernels" / "sleeper"
    folder.mkdir(parents=True)
    (folder / "kernel.json").write_text(json.dumps(SLEEPER), encoding="utf-8")


def _timed(ask: Callable[[], object]) -> float:
    """µs of one call."""
    begun = perf_counter()
    ask()
    return (perf_counter() - begun) * 1e6
