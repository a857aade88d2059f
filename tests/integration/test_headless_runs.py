"""nbconvert, papermill and nbval: never a hang; silent where somebody signed in before."""

import json
import os
import subprocess
import sys
from collections.abc import Callable

import pytest

from tests.browser.lab import write_notebook
from tests.support import Kernel, Place

ASKS = """
import json, time
import jupyter_auth as ja
began = time.time()
try:
    told = ["token", ja.get_token("lake").metadata.token_source]
except ja.AuthError as error:
    told = [type(error).__name__, error.reason]
    raise
finally:
    open("told.json", "w").write(json.dumps([*told, time.time() - began]))
"""
RUNNERS = {
    "nbconvert": ["-m", "nbconvert", "--to", "notebook", "--execute", "asks.ipynb", "--output", "done.ipynb"],
    "papermill": ["-m", "papermill", "asks.ipynb", "done.ipynb"],
    "nbval": ["-m", "pytest", "-c", os.devnull, "-p", "no:cacheprovider", "--nbval-lax", "asks.ipynb"],
}


@pytest.fixture(params=RUNNERS)
def run(request: pytest.FixtureRequest, home: Place) -> Callable[[], tuple[int, str, list[object]]]:
    """Run the notebook: its exit code, what was said, what the cell told."""
    write_notebook(home.notebooks, "asks.ipynb", ASKS)
    told = home.notebooks / "told.json"
    told.unlink(missing_ok=True)

    def run() -> tuple[int, str, list[object]]:
        done = subprocess.run(
            [sys.executable, *RUNNERS[request.param]],
            cwd=home.notebooks,
            env=dict(home.environment),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=90,
            check=False,
        )
        return done.returncode, done.stdout + done.stderr, json.loads(told.read_text())

    return run


def test_a_notebook_that_needs_a_person_fails_at_once(
    run: Callable[[], tuple[int, str, list[object]]],
) -> None:
    code, said, [kind, reason, seconds] = run()
    assert code != 0
    assert (kind, reason) == ("InteractionRequiredError", "no_account")
    assert isinstance(seconds, float) and seconds < 2
    assert "This run cannot ask a person." in said and "Sign in first" in said


def test_signed_in_before_it_runs_silently(
    run: Callable[[], tuple[int, str, list[object]]], kernel: Kernel, sign_in: Callable[..., str]
) -> None:
    sign_in(kernel)
    code, said, [kind, source, seconds] = run()
    assert (code, kind, source) == (0, "token", "cache"), said
    assert isinstance(seconds, float) and seconds < 2
