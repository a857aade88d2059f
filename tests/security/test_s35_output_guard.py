"""A kernel-wide output guard masks known live tokens in stdout, display data, results and tracebacks.

A token is shown by accident in every way that a notebook has, in a real kernel; what its front ends are sent
is searched. It is a seat-belt: what it does not see is at the end of this file.
"""

import base64
import io
import json
import re
import sys
from collections.abc import Iterator
from contextlib import suppress
from urllib.parse import quote

import pexpect
import pytest

from jupyter_auth.cli.demo.jupyter_process import JupyterProcess
from jupyter_auth.kernel.output_guard import HINT
from tests.security import kernels
from tests.support import CellError, Kernel, Place

SPLIT = """
for at in range(0, len(t), {step}):
    print(t[at:at + {step}], end='', flush=True); time.sleep({wait})
"""
ASYNCIO = """
import asyncio, gc
async def fail(): raise ValueError(t)
task = asyncio.create_task(fail())
await asyncio.sleep(0.1)
del task
gc.collect()
"""
SUBPROCESS = """
code = f"import sys; print({t!r}); print({t!r}, file=sys.stderr)"
subprocess.run([sys.executable, "-c", code])
"""
RICH = """
import rich, rich.panel
rich.print(tok.headers()); rich.inspect(tok.headers()); rich.print(rich.panel.Panel(t, width=30))
"""
DISPLAY = """
from IPython.display import *
display(HTML(t), Markdown(t), JSON([t]), Javascript(t), Pretty(t))
"""
PREPARED = """
import requests
requests.Request("GET", "http://x", headers=tok.headers()).prepare().headers
"""
BUNDLE = """
from IPython.display import display
data = {"text/plain": t, "text/html": f"<b>{t}</b>", "application/json": {"a": [1, {"b": t, t: 2}]},
        "image/svg+xml": f"<svg><text>{t}</text></svg>", "application/x.own+json": [[t]]}
display(data, raw=True, metadata={"text/plain": {"note": t}})
shown = display({"text/plain": "nothing"}, raw=True, display_id="one")
display({"text/plain": t}, raw=True, display_id="one", update=True)
"""
VERBOSE = """
%xmode Verbose
def call(url, headers):
    import requests
    requests.get(url, headers=headers, timeout=0.001, data={"token": headers["Authorization"]})
call("http://127.0.0.1:9/", tok.headers())
"""
THREAD = """
import threading
def work():
    print("from a thread", t)
    raise ValueError(t)
one = threading.Thread(target=work); one.start(); one.join()
"""
WIDGETS = """
import ipywidgets as w
label = w.HTML(value=f"<p>{t}</p>"); display(label)
label.value = f"again {t}"
out = w.Output(); display(out)
with out: print(t); display(t)
out.append_stdout(t)
"""
#: what a cell does by accident
CELLS = {
    "print": "print(t)",
    "print headers": "print(tok.headers())",
    "stderr": "print('oh', t, file=sys.stderr)",
    "two prints": "print(t[:9], end=''); print(t[9:])",
    "many flushes": SPLIT.format(step=10, wait=0),
    "flushes far apart": SPLIT.format(step=9, wait=0.25),
    "first flush of three": "print(t[:3], end='', flush=True); time.sleep(0.3); print(t[3:] + '!')",
    "writelines": "sys.stdout.writelines([t, chr(10)])",
    "os.write": "os.write(1, t.encode())",
    "os.system": "os.system('echo ' + t)",
    "subprocess": SUBPROCESS,
    "shell": "!echo {t}",
    "captured and shown": "with __import__('IPython').utils.io.capture_output() as got: print(t)\ngot.show()",
    "bash": "%%bash -s $t\necho $1",
    "base64": "print(base64.b64encode(('client:' + t).encode()).decode())",
    "URL-encoded": "print('https://x/?a=' + quote(t, safe=''))",
    "result": "t",
    "nested result": "{'a': [(t, 1)], t: {t}}",
    "pretty print": "import pprint; pprint.pprint([tok.headers()] * 3, width=20)",
    "rich": RICH,
    "mime bundle": BUNDLE,
    "display": DISPLAY,
    "widgets": WIDGETS,
    "exception": "raise ValueError(t)",
    "chained": "try: {}[t]\nexcept KeyError as e: raise RuntimeError('no') from e",
    "assertion": "assert t == 'x', f'{t} is not x'",
    "syntax error": "exec(f'x = {t!r} ]')",
    "verbose traceback": VERBOSE,
    "printed traceback": "import traceback\ntry: int(t)\nexcept ValueError: traceback.print_exc()",
    "thread": THREAD,
    "warning": "import warnings; warnings.warn(t)",
    "log": "import logging; logging.getLogger('a').error(t)",
    "asyncio": ASYNCIO,
    "whos": "%whos str",
    "help": "t?",
    "page": "get_ipython().run_line_magic('page', 't')",
    "next cell": "get_ipython().set_next_input(f'x = {t!r}')",
    "history": "%history -o -n 1-500",
    "question": "input(t)",
    "comm": "from comm import create_comm; create_comm(target_name='x', data={'a': [t]}).send({'b': t})",
    "environment": "os.environ['TOKEN'] = t\n!env",
    "requests": PREPARED,
    "cell source": "",  # below
}
SETUP = """
import base64, os, subprocess, sys, time
from urllib.parse import quote
t = tok.reveal()
"""


def forms(token: str) -> set[str]:
    """More than half of it, plain and encoded."""
    found = {token[:12], token[len(token) // 2 :], quote(token, safe="")[: len(token) // 2]}
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        found |= {encode(b"x" * n + token.encode()).decode()[8:-8] for n in range(3)}
    return found


@pytest.fixture(scope="module")
def running() -> Iterator[tuple[Place, JupyterProcess]]:
    with kernels.server("s33", "s35") as made:
        yield made


@pytest.fixture(scope="module")
def kernel(running: tuple[Place, JupyterProcess]) -> Iterator[Kernel]:
    with kernels.holding(running[1]) as made:
        made.run(SETUP)
        yield made


@pytest.fixture(scope="module")
def undefended(running: tuple[Place, JupyterProcess]) -> Iterator[Kernel]:
    with kernels.holding(running[1], kernels.UNDEFENDED) as made:
        made.run(SETUP)
        yield made


def shown_by(kernel: Kernel, code: str) -> str:
    """All that the kernel sent because of a cell, to whichever front end."""
    token = kernel.value("t")
    before = len(kernel.messages)
    cell = kernel.start(code or f"x = {token!r}\n1 / 0", "None")
    if code.startswith("input("):
        kernel.listen_until(lambda: kernel.messages[-1]["msg_type"] == "input_request")
        kernel.send("stdin", "input_reply", {"value": "", "status": "ok"})
    with suppress(CellError):
        kernel.result_of(cell)
    kernel.run("time.sleep(0.3)" if "os." in code or "subprocess" in code else "")  # which come by a pipe
    said = kernel.messages[before:]
    streams = [m["content"] for m in said if m["msg_type"] == "stream"]
    texts = ["".join(s["text"] for s in streams if s["name"] == name) for name in ("stdout", "stderr")]
    return "\n".join([json.dumps(said, ensure_ascii=False), *texts])


def seen(text: str, token: str) -> bool:
    flat = text.replace("\\n", "").replace(" ", "")
    return any(form in text or form in flat for form in forms(token))


@pytest.mark.parametrize("code", CELLS.values(), ids=CELLS)
def test_no_cell_shows_a_token(kernel: Kernel, code: str) -> None:
    shown = shown_by(kernel, code)
    assert not seen(shown, kernel.value("t"))


@pytest.mark.parametrize("code", CELLS.values(), ids=CELLS)
def test_without_the_defence_it_is_shown(undefended: Kernel, code: str) -> None:
    assert seen(shown_by(undefended, code), undefended.value("t"))


def test_other_output_is_as_it_was_and_the_hint_comes_once(running: tuple[Place, JupyterProcess]) -> None:
    with kernels.holding(running[1]) as fresh:
        fresh.run(SETUP)
        before = len(fresh.messages)
        fresh.run("print('before', t, 'after'); print(t); display({'text/plain': f'<{t}>'}, raw=True)")
        fresh.run("print(t)\nother = 'eyJ' + 'a' * 60; print(other); print('x' * 100_000)")
        said = [m["content"] for m in fresh.messages[before:] if m["msg_type"] == "stream"]
        stdout = "".join(one["text"] for one in said if one["name"] == "stdout")
        assert stdout == f"before ••• after\n•••\n•••\n{'eyJ' + 'a' * 60}\n{'x' * 100_000}\n"
        assert fresh.displays()[-1] == {"text/plain": "<•••>"}
        assert [one["text"] for one in said if one["name"] == "stderr"] == [HINT]


def test_a_person_can_switch_it_off_and_on_again(kernel: Kernel) -> None:
    token = kernel.value("t")
    try:
        assert token in shown_by(kernel, "print(t); ja.output_guard(False); print(t)")
        assert "•" not in shown_by(kernel, "print(t)")
    finally:
        kernel.run("ja.output_guard(True)")
    assert token not in shown_by(kernel, "print(t)")


def test_a_token_is_masked_after_a_clear_too(running: tuple[Place, JupyterProcess]) -> None:
    """Nobody has told the provider: it is good until it ends."""
    with kernels.holding(running[1]) as fresh:
        fresh.run(SETUP + "ja.clear_cache(); del tok")
        assert not seen(shown_by(fresh, "print(t)"), fresh.value("t"))


def test_a_kernel_that_has_nothing_of_ours_is_left_alone(running: tuple[Place, JupyterProcess]) -> None:
    guarded = "get_ipython().kernel.session.send.__module__"
    with kernels.holding(running[1], code="") as fresh:
        assert fresh.value(guarded) == "jupyter_client.session"
        assert fresh.value("'jupyter_auth' in __import__('sys').modules") is False
        fresh.run("import jupyter_auth as ja\nja.acquire_token_for_client('batch')")
        assert fresh.value(guarded) == "jupyter_auth.kernel.output_guard", "also without %load_ext"


NOT_SEEN = {
    "backwards": "print(t[::-1])",
    "letters apart": "print('.'.join(t))",
    "other bases": "print(t.encode().hex())",
    "the data of a picture": "display({'image/png': t}, raw=True)",
    "pieces in cells": "print(t[:20])",
}


@pytest.mark.parametrize("code", NOT_SEEN.values(), ids=NOT_SEEN)
def test_what_a_seat_belt_does_not_see(kernel: Kernel, code: str) -> None:
    """Not promised, as the docs say; here so that nobody takes it for more."""
    assert "•" not in shown_by(kernel, code)


@pytest.mark.parametrize(
    "before", [[], ["-m", "tests.security.off", "s33", "s35", "--"]], ids=["", "without"]
)
def test_a_terminal_is_guarded_too(running: tuple[Place, JupyterProcess], before: list[str]) -> None:
    child = pexpect.spawn(
        sys.executable,
        [*before, "-m", "IPython", "--simple-prompt", "--no-banner", "--colors=nocolor"],
        env={**running[0].environment, "PYTHONPATH": str(kernels.ROOT)},
        encoding="utf-8",
        timeout=30,
        dimensions=(50, 400),
        echo=False,
    )
    child.logfile_read = io.StringIO()
    try:
        for number, line in enumerate(TERMINAL, 1):
            child.expect(rf"In \[{number}\]: ")
            child.sendline(line)
        child.expect(r"that is all")
        text = child.logfile_read.getvalue()
        child.sendline("print('<' + t[::-1] + '>')")
        child.expect(r"<(\S+)>")
        assert isinstance(child.match, re.Match)
        token = str(child.match.group(1))[::-1]
    finally:
        child.close(force=True)
    assert len(token) > 20 and text.count("•••") == (0 if before else 5)
    assert seen(text, token) == bool(before)


TERMINAL = (
    "%load_ext jupyter_auth",
    "import jupyter_auth as ja, sys; t = ja.acquire_token_for_client('batch').reveal()",
    "print('plain', t)",
    "t",
    "print(t, file=sys.stderr); __import__('logging').error(t)",
    "raise ValueError(t)",
    "print('that', 'is', 'all')",
)
