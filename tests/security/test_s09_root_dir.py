"""S9: nothing secret under the server's root_dir: its contents and files API give nothing of ours.

The root is the home folder, with Jupyter's folders where they usually are. Where somebody has the server
serve hidden files, or has put Jupyter's folders in the open, that is told.
"""

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

import pytest
import requests

from jupyter_auth.cli.demo.jupyter_process import JupyterProcess
from tests.idp import MisbehavingProvider
from tests.integration.conftest import pending
from tests.support import Kernel, Place, place

USUAL = (".jupyter", ".local/share/jupyter", ".local/share/jupyter/runtime")
SERVES_HIDDEN = "--ContentsManager.allow_hidden=True"


@pytest.fixture(scope="module")
def idp() -> Iterator[MisbehavingProvider]:
    with MisbehavingProvider() as running:
        yield running


def at_home(made: Place) -> JupyterProcess:
    """A server whose root is the home folder that has everything in it, as it is by default."""
    home, server = made.root, made.server()
    for name, folder in (("config", USUAL[0]), ("data", USUAL[1]), ("run", USUAL[2])):
        (home / folder).parent.mkdir(parents=True, exist_ok=True)
        (home / name).rename(home / folder)
        (home / name).symlink_to(home / folder)  # where the tests look
    made.variables(
        HOME=str(home), JUPYTER_CONFIG_DIR=str(home / USUAL[0]), JUPYTER_DATA_DIR=str(home / USUAL[1]),
        JUPYTER_RUNTIME_DIR=str(home / USUAL[2]),
    )  # fmt: skip
    server.command = [part for part in server.command if "root_dir" not in part]
    server.command.append(f"--ServerApp.root_dir={home}")
    return server


def signed_in(server: JupyterProcess, idp: MisbehavingProvider) -> None:
    with closing(Kernel(server)) as kernel:
        cell = kernel.start("import jupyter_auth as ja\ntok = ja.get_token('lake')", "tok.profile")
        pending(server)
        idp.approve()
        kernel.result_of(cell)


def ways(path: str) -> list[str]:
    """The addresses by which a server might be had to give a file."""
    dotted = quote(path).replace(".", "%2e")
    aliases = (path, f"./{path}", f"notebooks/../{path}", f"/{path}", dotted, f"notebooks/%2e%2e/{dotted}")
    apis = ("files", "api/contents", "view", "nbconvert/html")
    shown = [f"{api}/{alias}" for alias in aliases for api in apis]
    contents = f"api/contents/{path}"
    return [*shown, f"{contents}/checkpoints", f"files/{path}?download=1", f"{contents}?hash=1"]


def gained(server: JupyterProcess, made: Place) -> list[str]:
    """What of ours is had over HTTP by who holds the server's token."""
    home = made.root
    config, data, run = (home / folder for folder in USUAL)
    ours = [config / "jupyter_auth" / "seal.key", *(data / "jupyter_auth").glob("tokens.db*")]
    ours += [*run.glob("jpserver-*.json"), *run.glob("kernel-*.json")]
    assert len(ours) >= 4
    got = []
    with requests.Session() as session:
        session.trust_env = False
        session.headers["Authorization"] = f"token {server.token}"
        for file in ours:
            content = file.read_bytes()
            for way in ways(str(file.relative_to(home))):
                answer = session.get(server.url + way, timeout=20)
                if answer.ok and content[:16] in answer.content:
                    got.append(way)
            wanted = {"copy_from": str(file.relative_to(home))}
            copied = session.post(f"{server.url}api/contents/notebooks", json=wanted, timeout=20)
            if copied.ok:
                got.append(f"a copy of {file.name}")
        for folder in ("", *USUAL, f"{USUAL[0]}/jupyter_auth", f"{USUAL[1]}/jupyter_auth"):
            listed = session.get(f"{server.url}api/contents/{folder}?content=1", timeout=20)
            names = json.dumps(listed.json()) if listed.ok else ""
            got += [name for name in ("seal.key", "tokens.db", "jpserver-") if name in names]
    return got


def test_the_contents_and_files_apis_give_nothing_of_ours(idp: MisbehavingProvider) -> None:
    with place(idp.issuer) as made:
        server = at_home(made)
        for link in ("config", "data", "run"):
            assert (made.root / link).is_symlink()
        with server:
            signed_in(server, idp)
            for link in ("config", "data", "run"):
                (made.root / link).unlink()
            assert gained(server, made) == []
            assert server.get("jupyter_auth/v1/status").json()["broker"]["problem"] is None


@pytest.mark.parametrize("how", ["hidden files are served", "the key lies in the open"])
def test_where_they_would_it_is_told(idp: MisbehavingProvider, how: str) -> None:
    with place(idp.issuer) as made:
        key: Path = made.config / "jupyter_auth" / "seal.key"
        server = made.server()
        if how == "hidden files are served":
            server = at_home(made)
            key = made.root / USUAL[0] / "jupyter_auth" / "seal.key"
            server.command.append(SERVES_HIDDEN)
        else:
            server.command = [part for part in server.command if "root_dir" not in part]
            server.command.append(f"--ServerApp.root_dir={made.root}")
        with server:
            assert server.get("jupyter_auth/v1/status").json()["broker"]["problem"] is None
            server.delete("jupyter_auth/v1/cache").raise_for_status()  # makes store and key
            told = server.get("jupyter_auth/v1/status").json()["broker"]["problem"]
            assert str(key) in told and "files API" in told
            if SERVES_HIDDEN in server.command:  # so that the attack above is seen to work
                signed_in(server, idp)
                assert "seal.key" in gained(server, made)
