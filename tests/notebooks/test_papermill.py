"""docs/how-to/run-with-papermill.md, at its word: its cells become a notebook, which its command runs."""

import re
import shlex
import subprocess
import sys
from collections.abc import Iterator

import nbformat
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
    cells = [nbformat.v4.new_code_cell(code) for code in re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)]
    cells[0].source = cells[0].source.replace('"lake"', '"nobody"')  # so that the parameter is seen to count
    cells[0].metadata["tags"] = ["parameters"]
    kernel = {"kernelspec": {"name": "python3", "language": "python", "display_name": "Python 3"}}
    book = nbformat.v4.new_notebook(cells=cells, metadata=kernel)
    nbformat.write(book, space.notebooks / "night.ipynb")
    [command] = re.findall(r"```bash\n(papermill .*)\n```", PAGE)
    done = subprocess.run(
        [sys.executable, "-m", *shlex.split(command)],
        cwd=space.notebooks,
        env=dict(space.environment),
        capture_output=True,
        text=True,
        timeout=90,
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
