"""Where a person works in a test: a page, with the application and the folders behind it."""

import json
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from playwright.sync_api import Locator, Page

from jupyter_auth.cli.demo.jupyter_process import JupyterProcess
from tests.browser.lab import LAB, App, open_notebook, run_cell, save, wait_for_kernel, write_notebook
from tests.support import Place

OPEN = "path => { void window.jupyterapp.commands.execute('docmanager:open', {path}); }"


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
