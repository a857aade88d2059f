"""Make the pictures of the documentation: ``python -m tests.browser.pictures`` (needs the demo extra)."""

from pathlib import Path

from playwright.sync_api import Page

from jupyter_auth.cli.demo import person
from jupyter_auth.cli.demo.jupyter_process import JupyterProcess
from jupyter_auth.cli.demo.servers import DemoServers
from jupyter_auth.cli.demo.workspace import Workspace, workspace
from tests.browser.lab import chromium, open_notebook, run_cell, set_theme, write_notebook
from tests.browser.panel import open_panel

IMAGES = Path(__file__).parents[2] / "docs" / "images"
CELLS = ("%load_ext jupyter_auth", "tok = %get_token lake", "tok")


def main() -> None:
    """Every picture, in both themes."""
    IMAGES.mkdir(exist_ok=True)
    with DemoServers() as servers, workspace(servers.issuer, servers.api) as space:
        options = ("--no-browser", "--ServerApp.port=0", "--LabApp.expose_app_in_browser=True")
        with JupyterProcess("jupyterlab", space, *options) as lab, chromium() as browser:
            for theme in ("light", "dark"):
                context = browser.new_context(viewport={"width": 900, "height": 620}, device_scale_factor=2)
                take(context.new_page(), lab, space, theme)
                context.close()


def take(page: Page, lab: JupyterProcess, space: Workspace, theme: str) -> None:
    """The prompt while it waits, and what is left of it."""
    name = f"{theme}/measurements.ipynb"
    (space.notebooks / theme).mkdir()
    write_notebook(space.notebooks, name, *CELLS)
    open_notebook(page, lab, name)
    set_theme(page, f"JupyterLab {theme.title()}")
    page.evaluate("window.jupyterapp.shell.collapseLeft()")
    run_cell(page, 0)
    run_cell(page, 1)
    page.locator(".jp-Notebook:visible").get_by_text("asks you to sign in").first.wait_for()
    notebook = page.locator(".jp-Notebook:visible")
    page.wait_for_timeout(1500)
    page.set_viewport_size({"width": 900, "height": 560})
    notebook.screenshot(path=IMAGES / f"prompt-{theme}.png")
    pending = [i for i in lab.get("jupyter_auth/v1/interactions").json() if i["state"] == "pending"]
    person.approve(pending[0]["verification_uri"], pending[0]["user_code"])
    notebook.get_by_text("Signed in as").first.wait_for()
    run_cell(page, 2)
    notebook.get_by_text("AuthenticationResult").first.wait_for()
    page.wait_for_timeout(600)
    page.set_viewport_size({"width": 900, "height": 330})
    notebook.screenshot(path=IMAGES / f"signed-in-{theme}.png")
    take_panel(page, theme)
    lab.delete("jupyter_auth/v1/cache")
    for kernel in lab.get("api/kernels").json():
        lab.delete(f"api/kernels/{kernel['id']}")


def take_panel(page: Page, theme: str) -> None:
    """The Sign-ins panel: as it is, and what Clear cache… asks."""
    page.set_viewport_size({"width": 900, "height": 640})
    panel = open_panel(page)
    panel.get_by_text("measurements.ipynb").wait_for()
    page.wait_for_timeout(600)
    panel.screenshot(path=IMAGES / f"panel-{theme}.png")
    panel.get_by_role("button", name="Clear cache…").click()
    page.wait_for_timeout(300)
    panel.screenshot(path=IMAGES / f"panel-clear-{theme}.png")
    panel.get_by_role("button", name="Keep").click()


if __name__ == "__main__":
    main()
