"""The Sign-ins panel in JupyterLab, with made-up answers that bring it into any state."""

import time
from typing import Any

from playwright.sync_api import Locator, Page

from jupyter_auth.cli.demo.jupyter_process import JupyterProcess
from tests.browser.panel import Answers, open_lab, open_panel, usual

RESOURCES = ("status", "profiles", "accounts", "cache", "interactions", "kernels")


class Shown:
    """JupyterLab with the panel open, and the answers that it gets."""

    def __init__(self, page: Page, lab: JupyterProcess) -> None:
        self.page = page
        self.answers = Answers(page)
        self.answers.values = usual()
        open_lab(page, lab)
        self.panel = open_panel(page)

    def become(self, **values: Any) -> Locator:
        """Let the server answer so from now on."""
        self.answers.values = usual() | values
        self.again()
        return self.panel

    def again(self) -> None:
        asked = len(self.answers.seen)
        self.page.evaluate("window.jupyterapp.commands.execute('jupyter-auth:refresh')")
        deadline = time.monotonic() + 10
        while len(self.answers.seen) < asked + len(RESOURCES) and time.monotonic() < deadline:
            self.page.wait_for_timeout(20)
        self.page.wait_for_timeout(100)
