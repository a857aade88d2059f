"""The notebooks that people are given, run by nbval after somebody has signed in to a temporary store."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from jupyter_auth.cli.demo import person
from jupyter_auth.cli.demo.servers import DemoServers
from jupyter_auth.cli.demo.workspace import Workspace, workspace
from tests.support import Script

ROOT = Path(__file__).parents[2]
SANITIZE = Path(__file__).with_name("sanitize.cfg")


@pytest.fixture(scope="module")
def signed_in() -> Iterator[Workspace]:
    """A place of the demo's, with its provider and API, to which ada is signed in."""
    with DemoServers(interval=1) as servers, workspace(servers.issuer, servers.api) as space:
        sign_in(space, "ada")
        yield space


def sign_in(space: Workspace, username: str) -> None:
    """As a person, in a script's terminal."""
    with Script(space) as script:
        script.start("tok = ja.acquire_token_by_device_flow('lake', timeout=30)", "tok.account.username")
        said = script.said_until("The code expires").split()
        address, code = said[said.index("Open") + 1], said[said.index("Enter") + 1]
        person.approve(address, code, username=username)
        assert script.result() == username


def nbval(space: Workspace, name: str, *options: str) -> None:
    """Run a notebook; what it shows must be what is stored in it."""
    command = [sys.executable, "-m", "pytest", "-c", os.devnull, "-p", "no:cacheprovider", "-q", *options]
    done = subprocess.run(
        [*command, f"--nbval-sanitize-with={SANITIZE}", str(ROOT / "notebooks" / name)],
        cwd=space.notebooks,
        env=dict(space.environment),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "passed" in done.stdout and "skipped" not in done.stdout


def test_quickstart(signed_in: Workspace) -> None:
    nbval(signed_in, "quickstart.ipynb", "--nbval-lax")  # its outputs are left to the reader


def test_headless(signed_in: Workspace) -> None:
    nbval(signed_in, "headless.ipynb", "--nbval")


def test_two_accounts(signed_in: Workspace) -> None:
    sign_in(signed_in, "grace")
    nbval(signed_in, "two-accounts.ipynb", "--nbval")


def test_every_notebook_is_run() -> None:
    names = {path.name for path in (ROOT / "notebooks").glob("*.ipynb")}
    assert names == {"quickstart.ipynb", "headless.ipynb", "two-accounts.ipynb"}
