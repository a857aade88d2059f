"""Make the pictures of the documentation: ``python -m tests.browser.pictures`` (needs the demo extra).

``python -m tests.browser.pictures cards`` makes a part of them: ``demo``, ``steps``, ``cards``
or ``panel``.
"""

import sys

from playwright.sync_api import Browser, Page

from jupyter_auth.cli.demo import person
from jupyter_auth.cli.demo.jupyter_process import JupyterProcess, a_free_port
from jupyter_auth.cli.demo.servers import DemoServers
from jupyter_auth.cli.demo.workspace import Workspace, workspace
from tests.browser import pictures_of_cards, pictures_of_the_panel, pictures_of_the_steps
from tests.browser.camera import IMAGES, THEMES, Camera, hide_notifications
from tests.browser.lab import chromium, open_notebook, run_cell, write_notebook
from tests.browser.panel import open_panel

CELLS = ("%load_ext jupyter_auth", "tok = %get_token lake", "tok", "%auth")


def main(wanted: list[str]) -> None:
    """Every picture, in both themes."""
    parts = {
        "demo": take_demo,
        "steps": pictures_of_the_steps.take,
        "cards": pictures_of_cards.take,
        "panel": pictures_of_the_panel.take,
    }
    with chromium() as browser:
        for name, take_part in parts.items():
            if not wanted or name in wanted:
                take_part(browser)


def take_demo(browser: Browser) -> None:
    """What the README and the how-to pages show: the demo."""
    with DemoServers() as servers, workspace(servers.issuer, servers.api) as space:
        options = ("--no-browser", a_free_port(), "--LabApp.expose_app_in_browser=True")
        with JupyterProcess("jupyterlab", space, *options) as lab:
            for theme in THEMES:
                context = browser.new_context(viewport={"width": 900, "height": 620}, device_scale_factor=2)
                take(context.new_page(), lab, space, theme)
                context.close()


def take(page: Page, lab: JupyterProcess, space: Workspace, theme: str) -> None:
    """The prompt while it waits, and what is left of it."""
    name = f"{theme}/measurements.ipynb"
    (space.notebooks / theme).mkdir()
    write_notebook(space.notebooks, name, *CELLS)
    open_notebook(page, lab, name)
    camera = Camera(page=page, folder=IMAGES)
    camera.use(theme)
    page.evaluate("window.jupyterapp.shell.collapseLeft()")
    hide_notifications(page)
    run_cell(page, 0)
    run_cell(page, 1)
    page.locator(".jp-Notebook:visible").get_by_text("asks you to sign in").first.wait_for()
    notebook = page.locator(".jp-Notebook:visible")
    page.set_viewport_size({"width": 900, "height": 560})
    camera.take_now(notebook, f"prompt-{theme}")
    pending = [i for i in lab.get("jupyter_auth/v1/interactions").json() if i["state"] == "pending"]
    person.approve(pending[0]["verification_uri"], pending[0]["user_code"])
    notebook.get_by_text("Signed in as").first.wait_for()
    run_cell(page, 2)
    notebook.get_by_text("AuthenticationResult").first.wait_for()
    page.set_viewport_size({"width": 900, "height": 330})
    camera.take_now(notebook, f"signed-in-{theme}")
    take_widget(camera, theme)
    take_panel(camera, theme)
    lab.delete("jupyter_auth/v1/cache")
    for kernel in lab.get("api/kernels").json():
        lab.delete(f"api/kernels/{kernel['id']}")


def take_widget(camera: Camera, theme: str) -> None:
    """The widget panel of `%auth` in its cell."""
    camera.page.set_viewport_size({"width": 900, "height": 800})
    run_cell(camera.page, 3)
    widget = camera.page.locator(".ja-widget-panel")
    widget.get_by_text("Signed in", exact=True).wait_for()
    camera.take_now(widget, f"widget-{theme}")


def take_panel(camera: Camera, theme: str) -> None:
    """The Sign-ins panel: as it is, and what Clear cache… asks."""
    page = camera.page
    page.set_viewport_size({"width": 900, "height": 640})
    panel = open_panel(page)
    panel.get_by_text("measurements.ipynb").wait_for()
    page.wait_for_timeout(200)
    page.evaluate("document.activeElement.blur()")
    camera.take_now(panel, f"panel-{theme}")
    panel.get_by_role("button", name="Clear cache…").click()
    camera.take_now(panel, f"panel-clear-{theme}")
    panel.get_by_role("button", name="Keep").click()


if __name__ == "__main__":
    main(sys.argv[1:])
