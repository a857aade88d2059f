"""The threads of the panel in a kernel: heard while a cell runs, awake while one looks, gone when closed."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.idp import Provider
from tests.integration.conftest import pending
from tests.integration.test_panel import Page, open_panel
from tests.support import CellError, Kernel, until


@pytest.fixture
def page(kernel: Kernel) -> Page:
    return open_panel(kernel)


def test_a_page_with_a_subshell_is_heard_while_a_cell_waits(
    kernel: Kernel, page: Page, provider: Provider
) -> None:
    page = Page(kernel, page.comm, kernel.open_subshell())  # as JupyterLab has one for each comm
    page.say(kind="look", view="v", looks=True)
    heard = page.hears("changed")
    cell = kernel.start("tok = ja.get_token('lake')", "None")
    waiting = pending(kernel.server)
    page.hears("changed", heard)
    assert page.ask("GET", "interactions")[1][0]["id"] == waiting["id"]
    assert page.ask("DELETE", f"interactions/{waiting['id']}")[1]["state"] == "cancelled"
    with pytest.raises(CellError, match="InteractionCancelledError"):
        kernel.result_of(cell)


def test_a_view_that_goes_and_is_back_at_once_misses_nothing(
    kernel: Kernel, page: Page, sign_in: Callable[..., str]
) -> None:
    page.say(kind="look", view="v", looks=True)
    page.hears("changed")
    kernel.value("time.sleep(1)")
    busy = kernel.start("import time; time.sleep(0.5)", "None")
    for _ in range(10):  # heard one right after the other, when the kernel has time
        page.say(kind="look", view="v", looks=False)
        page.say(kind="look", view="v", looks=True)
    kernel.result_of(busy)
    kernel.value("time.sleep(1)")
    settled = len(page.heard("changed"))
    sign_in(kernel)
    page.hears("changed", settled)
    watching = "sum(t.name == 'jupyter_auth-watch' for t in __import__('threading').enumerate())"
    assert kernel.value(watching) == 1


def test_a_closed_panel_leaves_no_thread(kernel: Kernel) -> None:
    kernel.run(
        "import threading, time, jupyter_auth as ja\n"
        "for _ in range(10):\n"
        "    panel = ja.panel()\n"
        "    for name in ('status', 'profiles', 'accounts'):\n"
        "        panel.heed({'kind': 'ask', 'id': name, 'method': 'GET', 'path': name})\n"
        "    panel.heed({'kind': 'look', 'view': 'v', 'looks': True})\n"
        "    time.sleep(0.05)\n"
        "    panel.close()\n"
        "    panel.heed({'kind': 'ask', 'id': 'late', 'method': 'GET', 'path': 'status'})"
    )
    until(lambda: kernel.value("sum('jupyter_auth' in t.name for t in threading.enumerate())") == 0)
