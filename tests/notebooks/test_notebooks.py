"""The notebooks that people are given, run by nbval after somebody has signed in to a temporary store."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from jupyter_auth.cli.demo import person
from jupyter_auth.cli.demo.jupyter_process import JupyterProcess
from jupyter_auth.cli.demo.servers import DemoServers
from jupyter_auth.cli.demo.workspace import Workspace, workspace
from tests.support import NO_PORTS, Kernel, Script
from tests.support.r_kernel import RKernel

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "notebooks"
SANITIZE = Path(__file__).with_name("sanitize.cfg")

SHOWS = {"stream", "execute_result", "display_data"}


@pytest.fixture(scope="module")
def signed_in() -> Iterator[Workspace]:
    """A place of the demo's, with its provider and API, to which ada is signed in."""
    with DemoServers(interval=1) as servers, workspace(servers.issuer, servers.api) as space:
        sign_in(space, "ada")
        yield space


def sign_in(space: Workspace, username: str) -> None:
    """As a person, in a script's terminal."""
    with Script(space) as script:
        script.start("tok = ja.acquire_token_by_device_flow('lake', timeout=100)", "tok.account.username")
        said = script.said_until("The code expires").split()
        address, code = said[said.index("Open") + 1], said[said.index("Enter") + 1]
        person.approve(address, code, username=username)
        assert script.result() == username


def nbval(space: Workspace, *names: str, lax: bool = False) -> None:
    """Run notebooks; what they show must be what is stored in them, unless ``lax``."""
    command = [sys.executable, "-m", "pytest", "-c", os.devnull, "-p", "no:cacheprovider", "-q"]
    books = [str(FOLDER / name) for name in names]
    done = subprocess.run(
        [*command, "--nbval-lax" if lax else "--nbval", f"--nbval-sanitize-with={SANITIZE}", *books],
        cwd=space.notebooks,
        env=dict(space.environment),
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "passed" in done.stdout and "skipped" not in done.stdout


def served(kernel: Kernel, name: str) -> None:
    """Run a notebook's cells in a kernel of a Jupyter server; what they show must be what is stored."""
    with closing(kernel):
        for cell in json.loads((FOLDER / name).read_text(encoding="utf-8"))["cells"]:
            if cell["cell_type"] == "code":
                kernel.messages.clear()
                kernel.run("".join(cell["source"]))
                shown = [said["content"] for said in kernel.messages if said["msg_type"] in SHOWS]
                assert [texts(each) for each in shown] == [texts(each) for each in cell["outputs"]]


def texts(output: dict[str, Any]) -> str:
    """The plain text of an output, as a message or as a notebook holds it."""
    return "".join(output.get("text", "") or output["data"]["text/plain"])


def test_what_leaves_its_output_to_the_reader(signed_in: Workspace) -> None:
    nbval(signed_in, "quickstart.ipynb", lax=True)


def test_without_a_server(signed_in: Workspace) -> None:
    nbval(signed_in, "headless.ipynb", "pandas.ipynb", "long-loop.ipynb", "async.ipynb")


def test_in_a_server(signed_in: Workspace) -> None:
    shutil.copy(ROOT / "examples" / "r" / "jupyter_auth.R", signed_in.notebooks)
    with JupyterProcess(
        "jupyter_server", signed_in, "--no-browser", NO_PORTS, "--ServerApp.port=0"
    ) as server:
        served(Kernel(server), "workers.ipynb")
        served(RKernel(server), "same-sign-in-in-r.ipynb")


def test_two_accounts(signed_in: Workspace) -> None:
    sign_in(signed_in, "grace")
    nbval(signed_in, "two-accounts.ipynb")


def test_sign_out(signed_in: Workspace) -> None:
    nbval(signed_in, "sign-out.ipynb")  # the last one: nobody is signed in after it


def test_every_notebook_is_run_and_shown_in_the_gallery() -> None:
    books = {path.name for path in FOLDER.glob("*.ipynb")}
    assert {name for name in books if f'"{name}"' in Path(__file__).read_text(encoding="utf-8")} == books
    page = (ROOT / "docs" / "gallery.md").read_text(encoding="utf-8")
    assert set(re.findall(r"notebooks/([\w-]+\.ipynb)", page)) == books
