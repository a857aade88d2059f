"""A sign-in in a notebook of JupyterLab, saved while it waits and when it is over."""

import json
from functools import partial
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser.lab import chromium, open_notebook, run_cell, save, wait_for_kernel, write_notebook
from tests.browser.wire import listen
from tests.integration.conftest import pending
from tests.security.evidence import CHANNELS, EVENTS, HTTP
from tests.security.life import Life, echo
from tests.support import until

CELLS = (
    "%load_ext jupyter_auth\nimport jupyter_auth as ja",
    "%xmode Verbose",
    "%auth login vault",
    "tok = %get_token vault\ntok",
    "tok = %get_token vault --force-refresh --no-prompt",
    "%auth login lake",
    "tok = ja.acquire_token_by_device_flow('lake')",
)
WAITING = "Sign-in is waiting"  # all that a notebook holds of a prompt
SIGN_IN, HIT, REFUSED, DENIED, STOPPED = 2, 3, 4, 5, 6


def in_notebook(life: Life) -> str:
    """Run the cells as a person; what the notebook held while its prompt waited."""
    path = write_notebook(life.place.notebooks, "life.ipynb", *CELLS)
    with chromium() as browser:
        page = browser.new_page()
        listen(page, life.server.url, partial(_keep, life))
        open_notebook(page, life.server, path.name)
        for index in range(SIGN_IN + 1):
            run_cell(page, index)
        _shows(page, pending(life.server)["user_code"])
        waiting = _saved(page, path, WAITING)
        life.provider.approve()
        _shows(page, "Signed in as")
        run_cell(page, HIT)
        _shows(page, "AuthenticationResult vault")
        with life.answering(echo(400, "unauthorized_client")):
            run_cell(page, REFUSED)
            _raises(page, path, "OAuthError")
        run_cell(page, DENIED)
        pending(life.server)
        life.provider.deny()
        _raises(page, path, "InteractionDeclinedError")
        run_cell(page, STOPPED)
        _shows(page, pending(life.server)["user_code"])
        page.evaluate("() => { void window.jupyterapp.commands.execute('notebook:interrupt-kernel'); }")
        _shows(page, "KeyboardInterrupt")
        _saved(page, path, "KeyboardInterrupt")
        life.read(more=(f"api/contents/{path.name}?content=1", f"files/{path.name}"))
        page.close()
    return waiting


def _shows(page: Page, words: str) -> None:
    shown = page.locator(".jp-Notebook").get_by_text(words)  # also inside the card, which is closed to styles
    expect(shown.first).to_be_visible(timeout=60_000)


def _raises(page: Page, path: Path, words: str) -> None:
    """Wait for the error and for the cell's end: until then a kernel throws away what it is asked next."""
    _shows(page, words)
    wait_for_kernel(page, path.name)


def _saved(page: Page, path: Path, words: str) -> str:
    """Save until the file, and its checkpoint, hold ``words``."""
    checkpoint = path.parent / ".ipynb_checkpoints" / f"{path.stem}-checkpoint.ipynb"

    def is_there() -> bool:
        save(page)
        page.wait_for_timeout(200)
        return all(file.exists() and words in file.read_text(encoding="utf-8") for file in (path, checkpoint))

    until(is_there)
    return json.dumps(json.loads(path.read_text(encoding="utf-8")))


def _keep(life: Life, kind: str, where: str, data: bytes) -> None:
    """What came to the page, by the place that it came over."""
    place = HTTP if kind == "HTTP" else EVENTS if "/api/events" in where else CHANNELS
    life.evidence.add(place, f"to the page: {where}", data)
