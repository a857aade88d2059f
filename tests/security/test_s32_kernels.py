"""Results redact or refuse in a kernel's magics: ``%store``, ``%whos``, ``%debug``, tracebacks.

In a real kernel whose output guard (S35) is switched off, so that it is the results themselves that are seen.
"""

import json
from collections.abc import Iterator
from contextlib import suppress

import pytest

from jupyter_auth.cli.demo.jupyter_process import JupyterProcess
from tests.security import kernels
from tests.support import CellError, Kernel, Place

FAILS = """
def call(token, secret, url="http://127.0.0.1:9/"):
    kept = [token, {"authorization": secret}]
    raise ValueError(url, token, secret)
call(tok, sec)
"""
RICH = f"""
import rich.console
try: exec({FAILS!r})
except ValueError: rich.console.Console().print_exception(show_locals=True)
"""
CELLS = {
    "result": "tok",
    "secret": "{'nested': [(sec, tok)]}",
    "display": "from IPython.display import display\ndisplay(tok, sec, [tok])",
    "print": "print(tok, [tok], {'t': sec})",
    "whos": "%whos",
    "pdoc": "%pinfo tok",
    "pinfo2": "%pinfo2 sec",
    "inspector": "tok??",
    "history": "tok\n%history -o -n 1-500",
    "plain traceback": f"%xmode Plain\n{FAILS}",
    "verbose traceback": f"%xmode Verbose\n{FAILS}",
    "minimal traceback": f"%xmode Minimal\n{FAILS}",
    "rich": "import rich; rich.print(tok, [sec]); rich.inspect(tok, all=True); rich.inspect(sec, all=True)",
    "rich traceback": RICH,
    "widget": "import ipywidgets; ipywidgets.HTML(value=str(tok) + repr(sec))",
    "page": "%page tok",
    "locals": "print(locals()['tok'], globals()['sec'])",
    "capture": "with __import__('IPython').utils.io.capture_output() as kept: print(tok)\nkept.show()",
}
#: what somebody asks a debugger
ORDERS = (
    "a",
    "p token",
    "pp kept",
    "p [token, secret]",
    "!print(token)",
    "whatis token",
    "up",
    "pp sec",
    "q",
)


@pytest.fixture(scope="module")
def running() -> Iterator[tuple[Place, JupyterProcess]]:
    with kernels.server("s32", "s33", "s35") as made:
        yield made


@pytest.fixture(scope="module")
def kernel(running: tuple[Place, JupyterProcess]) -> Iterator[Kernel]:
    with kernels.holding(running[1]) as made:
        made.run("sec = tok.access_token\nja.output_guard(False)")
        yield made


@pytest.fixture(scope="module")
def undefended(running: tuple[Place, JupyterProcess]) -> Iterator[Kernel]:
    with kernels.holding(running[1], kernels.UNDEFENDED) as made:
        made.run("sec = tok.access_token")
        yield made


def shown_by(kernel: Kernel, code: str) -> str:
    """All that the kernel sent because of a cell, to whichever front end."""
    before = len(kernel.messages)
    with suppress(CellError):
        kernel.run(code)
    return json.dumps(kernel.messages[before:], ensure_ascii=False)


def debugged(kernel: Kernel) -> str:
    """What ``%debug`` tells somebody who asks for everything."""
    before = len(kernel.messages)
    kernel.fails(FAILS)
    cell = kernel.start("%debug", "None")
    orders, answered = list(ORDERS), 0

    def asks() -> bool:
        return bool(sum(m["msg_type"] == "input_request" for m in kernel.messages[before:]) > answered)

    while True:
        kernel.listen_until(lambda: asks() or kernel.is_idle(cell))
        if not asks():
            return json.dumps(kernel.messages[before:], ensure_ascii=False)
        kernel.send("stdin", "input_reply", {"value": orders.pop(0) if orders else "q", "status": "ok"})
        answered += 1


def token_of(kernel: Kernel) -> str:
    return str(kernel.value("tok.reveal()"))


def seen(text: str, token: str) -> bool:
    """The first or the last of it, at least."""
    return token[:12] in text or token[-12:] in text


@pytest.mark.parametrize("code", CELLS.values(), ids=CELLS)
def test_no_cell_shows_a_token(kernel: Kernel, code: str) -> None:
    assert not seen(shown_by(kernel, code), token_of(kernel))


@pytest.mark.parametrize("code", CELLS.values(), ids=CELLS)
def test_without_the_defence_it_is_shown(undefended: Kernel, code: str) -> None:
    assert seen(shown_by(undefended, code), token_of(undefended))


def test_a_debugger_is_told_no_token(kernel: Kernel) -> None:
    told = debugged(kernel)
    assert not seen(told, token_of(kernel)) and "<AuthenticationResult batch" in told and "ipdb" in told


def test_without_the_defence_a_debugger_is_told(undefended: Kernel) -> None:
    assert seen(debugged(undefended), token_of(undefended))


def stored(kernel: Kernel, place: Place) -> bool:
    """Whether ``%store`` has put the token on disk."""
    with suppress(CellError):
        kernel.run("%load_ext storemagic\n%store tok\n%store sec")
    token, files = token_of(kernel).encode(), list(place.root.glob("ipython/**/*"))
    return any(token in path.read_bytes() for path in files if path.is_file())


def test_store_refuses(kernel: Kernel, running: tuple[Place, JupyterProcess]) -> None:
    assert "TypeError" in kernel.fails("%store tok") + kernel.fails("%store sec")
    assert not stored(kernel, running[0])


def test_without_the_defence_it_is_stored(undefended: Kernel, running: tuple[Place, JupyterProcess]) -> None:
    assert stored(undefended, running[0])
