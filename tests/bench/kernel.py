"""Tokens in a kernel: from its own memory, and the first one of a kernel that has imported nothing."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import NamedTuple

from tests.bench.figures import Figure
from tests.bench.peers import SIZES, Peers, peers
from tests.bench.sampling import by_turns, median, spread
from tests.bench.setting import KNOW_US, Setting, signed_in
from tests.support import Kernel

HITS = 40  # batches
FIRSTS = 9
SETTLE = 0.3  # seconds that a new kernel has for itself
MANY = 1_000


class Company(NamedTuple):
    """We and the peers, all of us signed in."""

    setting: Setting
    peers: Peers


@contextmanager
def company() -> Iterator[Company]:
    """A server whose kernels find the peers' caches below HOME."""
    with signed_in() as setting:
        home = setting.home.root / "home"
        with peers(home) as found:
            yield Company(setting, found)


def run() -> list[Figure]:
    """All figures, over one server."""
    with company() as both:
        return [*hits(both), *firsts(both), load_extension(both.setting)]


def hits(both: Company) -> list[Figure]:
    """Calls that memory answers, all in one kernel."""
    asked = {f"msal, {size}": both.peers.msal(size) for size in SIZES} | {"azure-identity": both.peers.common}
    with _kernel(both.setting) as kernel:
        found = kernel.run(
            "from tests.bench.in_kernel import hits", f"hits({json.dumps(asked)}, {HITS})", timeout=300
        )
    medians = {name: median(samples) for name, samples in found.items()}
    ours, msal = medians.pop("ours"), medians["msal, 10"]
    served = medians.pop("ours, from the server")
    return [
        Figure(
            name="hit in a kernel, by get_token",
            value=ours,
            unit="µs",
            limit=0.6,
            peers={_entries(name): value for name, value in medians.items()},
            spread=spread(found["ours"]),
            note=f"{HITS} batches of 5000 calls, of peers of 100; garbage is collected as ever",
        ),
        _times_longer("a hit in a kernel", "msal, an exact one,", msal / ours, 20),
        _times_longer("a hit in a kernel", "azure-identity", medians["azure-identity"] / ours, None),
        Figure(
            name="get_token in a kernel, answered by the server",
            value=served,
            unit="µs",
            spread=spread(found["ours, from the server"]),
            note="with all that the client does: checks, JSON, the result, what it keeps",
        ),
    ]


def firsts(both: Company) -> list[Figure]:
    """First tokens, each in a kernel that was started for it."""
    setting, many = both.setting, both.peers.msal(MANY)
    verbs = {
        "ours": ("first_by_us", {}),
        "azure-identity": ("first_by_azure_identity", both.peers.common),
        **{f"msal, {size}": ("first_by_msal", both.peers.msal(size)) for size in SIZES[1:]},
        f"msal-extensions, {MANY}": ("first_by_msal_extensions", many),
    }
    work = {name: partial(_in_new_kernel, setting, *verb) for name, verb in verbs.items()}
    found = by_turns(work, FIRSTS)
    medians = {name: median(samples) for name, samples in found.items()}
    ours = medians.pop("ours")
    return [
        Figure(
            name="first token in a new kernel, import included",
            value=ours,
            unit="ms",
            limit=5,
            peers={_entries(name): value for name, value in medians.items()},
            spread=spread(found["ours"]),
            note=f"over a bare ipykernel, from a server that has it; {FIRSTS} kernels each. Peers' caches "
            "are files in the clear; their discovery is answered on this machine",
        ),
        _times_longer("a first token", "azure-identity", medians["azure-identity"] / ours, 30),
        _times_longer("a first token", f"msal, file of {MANY} tokens,", medians[f"msal, {MANY}"] / ours, 10),
    ]


def load_extension(setting: Setting) -> Figure:
    """What a notebook's first line costs."""
    took = by_turns({"": partial(_in_new_kernel, setting, "load_extension", {})}, 5)[""]
    return Figure(name="%load_ext jupyter_auth", value=median(took), unit="ms", spread=spread(took))


def _times_longer(what: str, peer: str, value: float, limit: float | None) -> Figure:
    return Figure(name=f"{what}: {peer} takes", value=value, unit="× as long", limit=limit, at_least=True)


def _entries(name: str) -> str:
    """``msal, 10`` as the table has it."""
    peer, _, size = name.partition(", ")
    return f"{peer} ({int(size):,} tokens)".replace(",", " ") if size else peer


def _in_new_kernel(setting: Setting, verb: str, arguments: dict[str, str]) -> float:
    with _kernel(setting) as kernel:
        kernel.run(f"from tests.bench.in_kernel import {verb}")
        time.sleep(SETTLE)
        return float(kernel.run(f"took = {verb}(**{json.dumps(arguments)})", "took"))


@contextmanager
def _kernel(setting: Setting) -> Iterator[Kernel]:
    made = Kernel(setting.server)
    try:
        made.run(KNOW_US)
        yield made
    finally:
        made.close()
        made.shut_down()
