"""Looking into a kernel, its process, the server's answers, and the files of a place."""

import re
import sys
from array import array
from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path
from typing import IO

import psutil
import requests

from jupyter_auth.cli.demo.jupyter_process import JupyterProcess
from jupyter_auth.server.handlers import routes
from tests.security.evidence import FILES, HTTP, MEMORY, NOTEBOOKS, OBJECTS, PROCESSES, Evidence
from tests.support import Kernel, Place

CHUNK = 1 << 24  # bytes
OVERLAP = 256  # bytes: more than any form of a mark
PAGE = 4096

METHODS = ("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE")
BODIES: tuple[dict[str, str] | None, ...] = (
    None,
    {"profile": "lake"},
    {"op": "get_token", "profile": "lake"},
)
#: what Jupyter itself shows of kernels, notebooks and itself
JUPYTERS = (
    "api/status", "api/kernels", "api/sessions", "api/kernelspecs", "api/me", "api/contents?content=1",
    "api/terminals", "api/config/notebook", "metrics", "lab/api/settings", "lab/api/workspaces",
)  # fmt: skip

#: Writes the text of every object that can be reached in a kernel into a file: nothing secret goes in.
WALK = """
def _walk(path):
    import gc, sys, types
    roots = [*gc.get_objects(), *sys.modules.values()]
    for frame in sys._current_frames().values():
        while frame is not None:
            roots += [frame, *frame.f_locals.values()]
            frame = frame.f_back
    seen, todo = set(), [roots]
    seen.update(map(id, (roots, seen, todo)))  # what is looked through is no find
    with open(path, "wb") as file:
        while todo:
            it = todo.pop()
            if isinstance(it, str):
                file.write(it.encode("utf-8", "surrogatepass") + b"\\0")
            elif isinstance(it, (bytes, bytearray)):
                file.write(it + b"\\0")
            elif isinstance(it, memoryview):
                try:
                    file.write(it.tobytes() + b"\\0")
                except ValueError:
                    pass  # one that was released
            else:
                held = gc.get_referents(it)
                if isinstance(it, types.CodeType):
                    held += it.co_consts  # which gc does not visit
                new = [o for o in held if id(o) not in seen]
                seen.update(map(id, new))
                todo += new
_walk({path!r})
"""
#: A process that runs this tells what it can reach, whenever it is asked to.
WALKER = (
    WALK.replace("_walk({path!r})", "")
    + """
import gc, os, threading, time
def _wait(path, collects=False):
    while True:
        if os.path.exists(path + ".wanted"):
            os.unlink(path + ".wanted")
            if collects:
                gc.collect()
            _walk(path + ".new")
            os.rename(path + ".new", path)
        time.sleep(0.05)
threading.Thread(target=_wait, args=({path!r},), daemon=True).start()
"""
)


def look_at_objects(evidence: Evidence, kernel: Kernel, folder: Path, kinds: Iterable[str]) -> None:
    """Every object that can be reached in a kernel."""
    path = folder / kernel.kernel_id
    kernel.run(WALK.replace("{path!r}", repr(str(path))))
    evidence.scan(OBJECTS, f"kernel {kernel.kernel_id}", [path.read_bytes()], kinds)


def look_at_memory(evidence: Evidence, server: JupyterProcess, kinds: Iterable[str]) -> None:
    """Where the system shows it, what stands in the memory of every process that the server started."""
    if not sys.platform.startswith("linux"):
        return
    for child in psutil.Process(server.pid).children(recursive=True):
        if child.status() != psutil.STATUS_ZOMBIE:
            evidence.scan(MEMORY, f"process {child.pid}", memory_of(child.pid), kinds)


def memory_of(pid: int) -> Iterator[bytes]:
    """All that a process can write to, what it has let go of included; no pages that it never touched."""
    maps = Path(f"/proc/{pid}/maps").read_text(encoding="utf-8")
    with (
        Path(f"/proc/{pid}/mem").open("rb", buffering=0) as memory,
        Path(f"/proc/{pid}/pagemap").open("rb", buffering=0) as pages,
    ):
        for start, end, shared in re.findall(r"^([0-9a-f]+)-([0-9a-f]+) rw.(.)", maps, re.MULTILINE):
            at, stop = int(start, 16), int(end, 16)
            for begin, last in [(at, stop)] if shared == "s" else _touched(pages, at, stop):
                yield from _region(memory, begin, last)


def _touched(pages: IO[bytes], at: int, end: int) -> list[tuple[int, int]]:
    """The runs of pages that are in memory or swapped out (Linux, ``admin-guide/mm/pagemap.rst``).

    The others hold nothing but zeros or, in a private map of a file, what the file has. Most of a process'
    stacks is such.
    """
    pages.seek(at // PAGE * 8)
    entries = array("Q", pages.read((end - at) // PAGE * 8))
    runs: list[tuple[int, int]] = []
    for is_there, run in groupby(enumerate(entries), key=lambda entry: entry[1] >> 62 != 0):
        if is_there:
            first, *rest = run
            runs.append((at + first[0] * PAGE, at + ((rest or [first])[-1][0] + 1) * PAGE))
    return runs


def _region(memory: IO[bytes], at: int, end: int) -> Iterator[bytes]:
    while at < end:
        memory.seek(at)
        try:
            data = memory.read(min(CHUNK, end - at))
        except OSError:  # a page that went meanwhile, or a device's
            data = b""
        yield data
        is_last = at + len(data) >= end
        at += PAGE if not data else len(data) if is_last or len(data) <= OVERLAP else len(data) - OVERLAP


def look_at_processes(evidence: Evidence, server: JupyterProcess) -> None:
    """The command lines and the environment of the server, its kernels and what they started."""
    process = psutil.Process(server.pid)
    for one in [process, *process.children(recursive=True)]:
        evidence.add(PROCESSES, f"process {one.pid}", repr((one.cmdline(), one.environ())))


def look_at_files(evidence: Evidence, place: Place, *, but: Iterable[Path]) -> None:
    """Everything below the place's folders."""
    left_out = set(but)
    for path in place.root.rglob("*"):
        if path.is_file() and path not in left_out:
            name = str(path.relative_to(place.root))
            found = NOTEBOOKS if path.suffix == ".ipynb" else FILES
            evidence.add(found, name, name.encode() + b"\n" + path.read_bytes())


def look_at_answers(
    evidence: Evidence, server: JupyterProcess, methods: Iterable[str] = ("GET",), more: Iterable[str] = ()
) -> None:
    """What every route of ours answers to ``methods``, and what Jupyter's own show."""
    with requests.Session() as session:
        session.trust_env = False
        session.headers["Authorization"] = f"token {server.token}"
        for method in methods:
            ours = [path for pattern, _ in routes() for path in _paths(server, pattern)]
            bodies = BODIES if method != "GET" else (None,)
            asked = [(path, body) for path in ours for body in bodies]
            asked += [(path, None) for path in (*JUPYTERS, *more) if method == "GET"]
            for path, body in asked:
                add_answer(evidence, session.request(method, server.url + path, json=body, timeout=30))


def add_answer(evidence: Evidence, answer: requests.Response) -> None:
    """Keep an answer, head and body."""
    where = f"{answer.request.method} {answer.request.path_url} {answer.status_code}"
    evidence.add(HTTP, where, f"{answer.reason} {dict(answer.headers)}\n".encode() + answer.content)


def _paths(server: JupyterProcess, pattern: str) -> list[str]:
    """A route with each id that there is now."""
    kind, _, group = pattern.strip("/").partition("/(")
    if not group:
        return [kind]
    ids = {"accounts": "home_account_id", "interactions": "id", "kernels": "kernel_id"}
    rows, rest = server.get(kind).json(), group.partition(")")[2]
    named = [row[ids[kind.rpartition("/")[2]]] for row in rows[-2:]]
    return [f"{kind}/{one}{rest}" for one in (*named, "nobody")]
