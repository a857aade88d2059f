"""Where a person works in a test: a page, with the application and the folders behind it."""

import json
import re
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from playwright.sync_api import Locator, Page

from jupyter_auth.cli.demo.jupyter_process import JupyterProcess
from tests.browser.lab import (
    LAB,
    App,
    open_notebook,
    run_cell,
    save,
    set_theme,
    wait_for_kernel,
    write_notebook,
)
from tests.browser.panel import PANEL
from tests.support import Place

HERE = "here"  # how the notebooks' names begin that stay open from test to test
#: the notebook as it is on disk now, with a new kernel, and no notification of what was before
ANEW = """async () => {
    const { context, sessionContext } = window.jupyterapp.shell.currentWidget;
    await context.revert();
    document.querySelectorAll('.Toastify__close-button').forEach(button => button.click());
    await sessionContext.changeKernel({ name: 'python3' });
}"""
#: end the kernel of such a notebook and close the others; false where there is none, where a question stands
#: before it, or where the Sign-ins panel is open
LEAVE = """async ([name, signIns]) => {
    const shown = Array.from(window.jupyterapp?.shell.widgets('main') ?? []);
    const panel = shown.find(widget => widget.context?.path.startsWith(name));
    if (!panel || document.querySelector('.jp-Dialog') || document.getElementById(signIns)?.offsetParent) {
        return false;
    }
    for (const { context } of shown) { if (context) { context.model.dirty = false; } }
    shown.filter(widget => widget !== panel).forEach(widget => widget.close());
    try { await panel.sessionContext.shutdown(); } catch { return false; }  // it may just be restarting
    return true;
}"""
#: the cookies that are not Jupyter's: those of a provider's pages
OF_OTHERS = re.compile(r"^(?!username-|_xsrf$)")
OPEN = "path => { void window.jupyterapp.commands.execute('docmanager:open', {path}); }"


def is_open(page: Page, path: str) -> bool:
    """Whether that notebook is before one."""
    return bool(page.evaluate("path => window.jupyterapp?.shell.currentWidget?.context?.path === path", path))


def leave(page: Page) -> bool:
    """Make the notebook of ``Desk.ask_here`` ready for the next test, in light and with nobody signed in at a
    provider's pages; false if it is not shown."""
    page.context.clear_cookies(name=OF_OTHERS)
    ready = bool(page.evaluate(LEAVE, [f"{HERE}-", PANEL]))
    if ready and page.evaluate("document.body.dataset.jpThemeLight") == "false":
        set_theme(page, "JupyterLab Light")
    return ready


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """A page and what is behind it."""

    page: Page
    server: JupyterProcess
    app: App
    home: Place

    @property
    def card(self) -> Locator:
        """The prompt card in a cell's output."""
        return self.page.locator(".jp-OutputArea-output jupyter-auth-card:visible")

    def write(self, name: str, *cells: str) -> Path:
        """A notebook that loads jupyter_auth and then has these cells."""
        name = f"{name}-{self.app.module}.ipynb"
        return write_notebook(self.home.notebooks, name, "%load_ext jupyter_auth", *cells)

    def ask(self, name: str, *cells: str) -> Path:
        """A notebook with these cells, in which the first one runs; jupyter_auth is loaded before."""
        path = self.write(name, *cells)
        self.open(path)
        run_cell(self.page, 0)
        run_cell(self.page, 1)
        return path

    def ask_here(self, *cells: str) -> Path:
        """The same without a page to load, where the page has such a notebook open since the test before."""
        path = self.write(HERE, *cells)
        if self.page.url.startswith(self.server.url) and is_open(self.page, path.name):
            self.page.evaluate(ANEW)
            wait_for_kernel(self.page, path.name)
        else:
            self.open(path)
        run_cell(self.page, 0)
        run_cell(self.page, 1)
        return path

    def ask_beside(self, name: str, *cells: str) -> "Desk":
        """The same in one more notebook: in JupyterLab a tab of the same page, in Notebook 7 a page."""
        path = self.write(name, *cells)
        if self.app is LAB:
            self.to_front(name)
            other = self
        else:
            other = replace(self, page=self.page.context.new_page())
            other.open(path)
        run_cell(other.page, 0)
        run_cell(other.page, 1)
        return other

    def to_front(self, name: str) -> None:
        """Have that notebook before one; in Notebook 7 it has a page of its own."""
        path = f"{name}-{self.app.module}.ipynb"
        if self.app is LAB:
            self.page.evaluate(OPEN, path)
        wait_for_kernel(self.page, path)

    def open(self, path: Path) -> None:
        """Open a notebook of the place."""
        open_notebook(self.page, self.server, path.name, self.app)

    def waiting(self) -> dict[str, Any]:
        """The one request that waits."""
        known = self.server.get("jupyter_auth/v1/interactions").json()
        (found,) = [interaction for interaction in known if interaction["state"] == "pending"]
        return dict(found)

    def saved(self, path: Path, word: str) -> str:
        """The notebook's file once it has been saved with ``word`` in it."""
        save(self.page)
        deadline = time.monotonic() + 10
        while word not in (text := path.read_text(encoding="utf-8")):
            assert time.monotonic() < deadline, text
            time.sleep(0.1)
        return json.dumps(json.loads(text))
