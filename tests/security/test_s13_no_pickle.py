"""S13: no pickle or eval on any channel."""

import ast
import json
import pickle
import sqlite3
import struct
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import requests

import jupyter_auth
from jupyter_auth.cli.demo.jupyter_process import JupyterProcess
from jupyter_auth.core import sockets
from jupyter_auth.testing.store_contract import keys, put
from tests.idp import MisbehavingProvider
from tests.integration.conftest import pending
from tests.integration.test_panel import open_panel
from tests.support import Kernel, Place, place
from tests.support.redis_server import RedisServer
from tests.unit.cache.conftest import OpenRedis, OpenStore
from tests.unit.cache.samples import database, row

PACKAGE = Path(jupyter_auth.__file__).parent
#: What makes code or objects of data.
MODULES = {
    "cloudpickle", "code", "codeop", "dill", "imp", "jsonpickle", "marshal", "pickle", "runpy", "shelve",
    "xmlrpc", "yaml",
}  # fmt: skip
CALLS = {"compile", "eval", "exec", "execfile", "__import__"}
#: Where a module is imported by its name: one that stands there, and never one that came over a channel.
IMPORTS = {
    "__init__.py", "broker/storage.py", "cache/seals/keyrings.py", "cli/main.py", "kernel/magic_verbs.py",
    "kernel/magics.py", "ui/panel/__init__.py", "ui/prompt.py",
}  # fmt: skip


def scanned(root: Path) -> Iterator[tuple[str, str]]:
    """(file, what) for everything in a package that could run what it is sent."""
    for path in root.rglob("*.py"):
        name = path.relative_to(root).as_posix()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            found: list[str] = []
            if isinstance(node, ast.Import):
                found = [alias.name.partition(".")[0] for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and not node.level:
                found = [str(node.module).partition(".")[0]]
            elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                found = [f"{node.func.id}()"] if node.func.id in {*CALLS, "import_module"} else []
            elif isinstance(node, ast.Attribute):
                found = [node.attr] if node.attr in {"loads", "load"} and _of(node) in MODULES else []
            for what in found:
                if what in MODULES or what.endswith("()"):
                    yield name, what


def _of(node: ast.Attribute) -> str:
    return node.value.id if isinstance(node.value, ast.Name) else ""


def test_the_package_has_nothing_that_runs_data() -> None:
    assert set(scanned(PACKAGE)) == {(file, "import_module()") for file in IMPORTS}


def test_the_scan_finds_what_it_looks_for(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("import pickle\nfrom marshal import loads\neval('1')\nimport yaml as y")
    assert {what for _, what in scanned(tmp_path)} == {"pickle", "marshal", "eval()", "yaml"}


# -- hostile data on each channel -----------------------------------------------------------------


class Bomb:
    """Who unpickles it makes a file."""

    def __init__(self, trap: Path) -> None:
        self.trap = trap

    def __reduce__(self) -> Any:
        return open, (str(self.trap), "w")


def hostile(trap: Path) -> list[Any]:
    """What a reader that is too clever would run."""
    touch = f"__import__('pathlib').Path({str(trap)!r}).touch()"
    return [
        {"py/object/apply": "os.system", "py/reduce": [{"py/type": "os.system"}, [f"touch {trap}"]]},
        {"__reduce__": ["os.system", [f"touch {trap}"]], "__class__": "subprocess.Popen", "__init__": touch},
        {"__proto__": {"polluted": True}, "constructor": {"prototype": {"polluted": True}}},
        touch,
        f"!!python/object/apply:os.system ['touch {trap}']",
        f"{{{{ {touch} }}}} ${{{touch}}} `touch {trap}` $(touch {trap})",
    ]


def bombs(trap: Path) -> list[bytes]:
    """Pickles of every protocol."""
    return [pickle.dumps(Bomb(trap), protocol) for protocol in range(pickle.HIGHEST_PROTOCOL + 1)]


def test_the_bombs_are_live(tmp_path: Path) -> None:
    for number, bomb in enumerate(bombs(tmp_path / "trap")):
        pickle.loads(bomb).close()  # noqa: S301 -- that is what they are for
        assert (tmp_path / "trap").exists(), number
        (tmp_path / "trap").unlink()


@pytest.fixture(scope="module")
def idp() -> Iterator[MisbehavingProvider]:
    with MisbehavingProvider() as running:
        yield running


@pytest.fixture(scope="module")
def served(idp: MisbehavingProvider) -> Iterator[tuple[Place, JupyterProcess]]:
    with place(idp.issuer) as made, made.server() as server:
        yield made, server


Served = tuple[Place, JupyterProcess]


def test_on_the_kernel_socket(served: Served, tmp_path: Path) -> None:
    made, _ = served
    trap = tmp_path / "trap"
    for body in [*bombs(trap), *(json.dumps(value).encode() for value in hostile(trap))]:
        with closing(sockets.connect(made.socket, 10)) as line:
            line.sendall(struct.pack(">I", len(body)) + body)
            answer = line.recv(4096)
            assert b"error" in answer, answer
    assert not trap.exists()


def test_in_a_proven_kernel_s_requests(served: Served, tmp_path: Path) -> None:
    _, server = served
    trap = tmp_path / "trap"
    with closing(Kernel(server)) as kernel:
        kernel.run("import jupyter_auth as ja")
        for value in hostile(trap):
            code = f"value = {value!r}\nfor name in ('profile', 'scopes', 'account', 'claims_challenge'):\n"
            code += "    try: print(ja.get_token(**{name: value, 'interactive': False}))\n"
            code += "    except Exception as problem: print(type(problem).__name__)"
            kernel.run(code)
    assert not trap.exists()


def test_over_http(served: Served, tmp_path: Path) -> None:
    _, server = served
    trap = tmp_path / "trap"
    kinds = ("application/json", "application/x-python-pickle", "application/yaml")
    with requests.Session() as session:
        session.trust_env = False
        session.headers["Authorization"] = f"token {server.token}"
        for body in [*bombs(trap), *(json.dumps(value).encode() for value in hostile(trap))]:
            for kind in kinds:
                answer = session.post(
                    f"{server.url}jupyter_auth/v1/interactions",
                    data=body,
                    headers={"Content-Type": kind},
                    timeout=20,
                )
                assert answer.status_code < 500, (kind, body, answer.text)
                if answer.status_code < 300:  # JSON with fields that nobody knows, and nobody read
                    server.delete(f"jupyter_auth/v1/interactions/{answer.json()['id']}")
    assert not trap.exists()


def test_in_the_panel_s_messages(served: Served, tmp_path: Path) -> None:
    trap = tmp_path / "trap"
    with closing(Kernel(served[1])) as kernel:
        page = open_panel(kernel)
        for value in hostile(trap):
            page.say(kind=value, id=value, method=value, path=value, body=value)
            page.say(kind="ask", id="x", method="POST", path="interactions", body={"profile": value})
        assert page.ask("GET", "status")[0] == 200
    assert not trap.exists()


def test_in_what_a_provider_says(served: Served, idp: MisbehavingProvider, tmp_path: Path) -> None:
    """Its claims, its errors and its tokens come as they are, as text."""
    _, server = served
    trap = tmp_path / "trap"
    with closing(Kernel(server)) as kernel:
        cell = kernel.start("import jupyter_auth as ja\ntok = ja.get_token('lake')", "tok.profile")
        pending(server)
        idp.approve()
        assert kernel.result_of(cell) == "lake"
        right = idp.answers["token"]
        try:
            for body in [*bombs(trap), *(json.dumps(value).encode() for value in hostile(trap))]:
                for kind in ("application/json", "application/x-python-pickle"):
                    answer = 200, {"Content-Type": kind}, body
                    idp.answers["token"] = lambda request, answer=answer: answer  # type: ignore[misc]
                    kernel.fails("ja.get_token('lake', force_refresh=True, interactive=False)")
        finally:
            idp.answers["token"] = right
    assert not trap.exists()


def test_in_the_store(tmp_path: Path, opened: OpenStore) -> None:
    """Even sealed under the right key, which only a thief of it could do."""
    trap, store = tmp_path / "trap", opened()
    put(store, row("victim"), row("other"))
    sealer = store._header.sealer
    with closing(sqlite3.connect(database(tmp_path), isolation_level=None)) as db:
        name, kind, ends = db.execute("SELECT key, kind, expires_on FROM records WHERE id = 1").fetchone()
        for body in [*bombs(trap), *(json.dumps(value).encode() for value in hostile(trap))]:
            nonce = b"n" * 12
            sealed = nonce + sealer._cipher.encrypt(nonce, body, sealer._aad(name, kind, ends))
            for content in (body, sealed):
                db.execute("UPDATE records SET sealed = ? WHERE key = ?", (content, name))
                assert keys(store) == ["other"]
    assert not trap.exists()


def test_in_redis(tmp_path: Path, redis_opened: OpenRedis, redis_server: RedisServer) -> None:
    trap, store = tmp_path / "trap", redis_opened()
    put(store, row("victim"))
    with redis_server.client() as client:
        for body in bombs(trap):
            for key in client.scan_iter(match="*:r:*"):
                client.set(key, body)
            assert keys(store) == []
            put(store, row("victim"))
    assert not trap.exists()
