"""docs/how-to/run-with-papermill.md, at its word: its cells become a notebook, which its command runs."""

import json
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator

import pytest

from jupyter_auth.cli.demo.servers import DemoServers
from jupyter_auth.cli.demo.workspace import Workspace, workspace
from tests.notebooks.test_notebooks import ROOT, sign_in

PAGE = (ROOT / "docs" / "how-to" / "run-with-papermill.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def space() -> Iterator[Workspace]:
    with DemoServers(interval=1) as servers, workspace(servers.issuer, servers.api) as made:
        yield made


def run(space: Workspace) -> tuple[int, str]:
    """Its exit code, and what it said."""
    codes = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    codes[0] = codes[0].replace('"lake"', '"nobody"')  # so that the parameter is seen to count
    cells: list[dict[str, object]] = [
        {"cell_type": "code", "source": code, "metadata": {}, "outputs": [], "execution_count": None}
        for code in codes
    ]
    cells[0]["metadata"] = {"tags": ["parameters"]}
    kernel = {"kernelspec": {"name": "python3", "language": "python", "display_name": "Python 3"}}
    book = {"cells": cells, "metadata": kernel, "nbformat": 4, "nbformat_minor": 4}
    (space.notebooks / "night.ipynb").write_text(json.dumps(book), encoding="utf-8")
    [command] = re.findall(r"```bash\n(papermill .*)\n```", PAGE)
    done = subprocess.run(
        [sys.executable, "-m", *shlex.split(command)],
        cwd=space.notebooks,
        env=dict(space.environment),
        capture_output=True,
        text=True,
        timeout=140,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def test_signed_out_it_fails_at_once_and_says_what_to_do_and_signed_in_it_is_silent(space: Workspace) -> None:
    code, said = run(space)
    assert code != 0
    assert "no_account: Sign in first" in said
    sign_in(space, "ada")
    code, said = run(space)
    assert code == 0, said
    assert "no_account" not in said
