"""JupyterLab and Notebook 7 in a real browser, as the tests and the documentation's pictures use them."""

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, Page, expect, sync_playwright

from jupyter_auth.cli.demo.jupyter_process import JupyterProcess

ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
#: What a page shows it shows at once; where the machine has much else to do, it may be playwright's own five
#: seconds late.
expect.set_options(timeout=30_000)
AXE = Path(__file__).parents[2] / "labextension" / "node_modules" / "axe-core" / "axe.min.js"


@dataclass(frozen=True, slots=True, kw_only=True)
class App:
    """An application: the module that starts it, the option that the tests need, the page of a notebook."""

    module: str
    option: str
    page: str


LAB = App(
    module="jupyterlab", option="--LabApp.expose_app_in_browser=True", page="lab/tree/{}?reset&token={}"
)
NOTEBOOK = App(
    module="notebook",
    option="--JupyterNotebookApp.expose_app_in_browser=True",
    page="notebooks/{}?token={}",
)
APPS = (LAB, NOTEBOOK)
KERNEL = {"kernelspec": {"name": "python3", "display_name": "Python 3 (ipykernel)"}}
NAMES = ("chromium", "chromium-browser", "google-chrome")


@contextmanager
def chromium() -> Iterator[Browser]:
    """The Chromium of this machine; a missing one is an error that names the remedy."""
    executable = next(filter(None, map(shutil.which, NAMES)), None)
    if executable is None:
        raise RuntimeError("there is no Chromium here; install it: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=list(ARGUMENTS))
        try:
            yield browser
        finally:
            browser.close()


def write_notebook(folder: Path, name: str, *cells: str) -> Path:
    """A notebook with code cells."""
    notebook = {
        "cells": [
            {"cell_type": "code", "id": f"c{n}", "metadata": {}, "source": source}
            | {"outputs": [], "execution_count": None}
            for n, source in enumerate(cells)
        ],
        "metadata": KERNEL,
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    path = folder / name
    path.write_text(json.dumps(notebook), encoding="utf-8")
    return path


def open_document(page: Page, server: JupyterProcess, name: str, app: App = LAB) -> None:
    """Open a notebook and wait until its cells are there."""
    page.goto(server.url + app.page.format(name, server.token))
    page.wait_for_function("window.jupyterapp !== undefined", timeout=60_000)
    page.wait_for_selector(".jp-Notebook .jp-CodeCell", timeout=60_000)


def open_notebook(page: Page, server: JupyterProcess, name: str, app: App = LAB) -> None:
    """Open a notebook and wait until its kernel is there."""
    open_document(page, server, name, app)
    wait_for_kernel(page, name)


def wait_for_kernel(page: Page, path: str) -> None:
    """Wait until that notebook is in front and its kernel there."""
    page.wait_for_function(
        """path => {
            const panel = window.jupyterapp.shell.currentWidget;
            return panel?.context?.path === path && panel.sessionContext?.session?.kernel?.status === 'idle';
        }""",
        arg=path,
        timeout=60_000,
    )


def run_cell(page: Page, index: int) -> None:
    """Start a cell; its end is not waited for."""
    page.evaluate(
        """index => {
            window.jupyterapp.shell.currentWidget.content.activeCellIndex = index;
            void window.jupyterapp.commands.execute('notebook:run-cell');
        }""",
        index,
    )


def save(page: Page) -> None:
    """Save the notebook as it is now."""
    page.evaluate("() => { void window.jupyterapp.commands.execute('docmanager:save'); }")


def set_theme(page: Page, name: str) -> None:
    """``JupyterLab Light`` or ``JupyterLab Dark``."""
    page.evaluate("name => window.jupyterapp.commands.execute('apputils:change-theme', {theme: name})", name)
    page.wait_for_function(
        "dark => (document.body.dataset.jpThemeLight === 'false') === dark", arg="Dark" in name
    )


def violations(page: Page, selector: str) -> list[str]:
    """What axe finds wrong in a part of the page."""
    if not page.evaluate("() => 'axe' in window"):
        page.add_script_tag(content=AXE.read_text(encoding="utf-8"))
    found = page.evaluate("selector => axe.run(selector).then(result => result.violations)", selector)
    return [
        f"{rule['id']}: {node['html'][:200]} {node['failureSummary']}"
        for rule in found
        for node in rule["nodes"]
    ]
