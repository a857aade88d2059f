"""What the defences cost: everything on against everything off, by turns, in two servers and their kernels.

Off is what ``tests/security/off`` has for the promises in ``OFF`` (one that is not there counts for nothing),
with ``MORE``: whoever builds another defence on these paths adds it there.
"""

import json
from contextlib import ExitStack
from functools import partial
from importlib.util import find_spec
from pathlib import Path

from tests.bench.figures import Figure
from tests.bench.sampling import by_turns, median
from tests.bench.server import REQUEST
from tests.bench.setting import KNOW_US, ROOT, Line, Setting, signed_in
from tests.support import Place

#: grants, logs, output, audit
OFF = [name for name in ("s17", "s33", "s35", "s49") if find_spec(f"tests.security.off.{name}")]
MORE = """
import pytest
from jupyter_auth.core import secret, wire
from tests.security.off import switch_off
switch_off(pytest.MonkeyPatch(), {off})
secret.note = wire.note = lambda *_, **__: None
c.JupyterAuth.harden_process = False
"""
ROUNDS, ASKED = 40, 2000
LIMIT = 1.1
#: by the names of functions in in_kernel.py
IN_KERNEL = {
    "hit": "hit in a kernel, by get_token",
    "revealed": "hit in a kernel, with its headers()",
    "printed": "lines printed in a kernel",
    "displayed": "displays in a kernel, 2 KB",
    "displayed_picture": "displays in a kernel, a picture of 1 MB",
    "displayed_page": "displays in a kernel, a page of 1 MB",
    "logged": "lines logged into a file in a kernel",
}


def run() -> list[Figure]:
    """Ratios: 1.1 would be a tenth more with everything on."""
    with ExitStack() as stack:
        both = {
            "on": stack.enter_context(signed_in()),
            "off": stack.enter_context(signed_in(_without)),
        }
        for setting in both.values():
            setting.kernel.run(f"{KNOW_US}\n%load_ext jupyter_auth\nfrom tests.bench import in_kernel")
        lines = {name: Line(one.home, one.kernel.kernel_id) for name, one in both.items()}
        work = {name: partial(_served, line, both[name]) for name, line in lines.items()}
        found = by_turns(work, ROUNDS // 2, warm_up=1)
        figures = [_ratio("hit in the server, over an open socket", found, "µs")]
        for verb, words in IN_KERNEL.items():
            work = {name: partial(_in_kernel, one, verb) for name, one in both.items()}
            figures.append(_ratio(words, by_turns(work, ROUNDS, warm_up=3), "µs"))
        for line in lines.values():
            line.close()
        return figures


def _ratio(words: str, found: dict[str, list[float]], unit: str) -> Figure:
    on, off = median(found["on"]), median(found["off"])
    return Figure(
        name=f"{words}: all defences on, against all off",
        value=on / off,
        unit="×",
        limit=LIMIT,
        spread=_halves(found),
        note=f"{off:.3g} {unit} with all off ({', '.join(OFF)}, hardening); {ROUNDS} turns; spread: the "
        "ratios of the two halves of the turns",
    )


def _halves(found: dict[str, list[float]]) -> tuple[float, float]:
    half = len(found["on"]) // 2
    first, second = (
        median(found["on"][part]) / median(found["off"][part]) for part in (slice(half), slice(half, None))
    )
    return min(first, second), max(first, second)


def _served(line: Line, setting: Setting) -> float:
    """µs of the server's processor: what else the machine does matters less."""
    begun = _processor(setting.server.pid)
    for _ in range(ASKED):
        line.ask(REQUEST)
    return (_processor(setting.server.pid) - begun) / ASKED


def _processor(pid: int) -> float:
    """µs that all threads of a process have had of the processor. Linux counts ns (proc(5), schedstat);
    what psutil tells is in ticks of 10 ms, a quarter of what is measured here."""
    threads = Path(f"/proc/{pid}/task").glob("*/schedstat")
    return sum(int(thread.read_text(encoding="ascii").split()[0]) for thread in threads) / 1e3


def _in_kernel(setting: Setting, verb: str) -> float:
    """µs of one."""
    setting.kernel.messages.clear()
    return float(setting.kernel.run(f"took = in_kernel.{verb}()", "took"))


def _without(home: Place) -> None:
    code = MORE.format(off=json.dumps(OFF)[1:-1])
    home.server_code(code)
    home.kernel_code(code.rpartition("c.J")[0])
    home.variables(PYTHONPATH=str(ROOT))
