"""The picture of the landing page: from a cell to a token in four steps, each as it is on the screen."""

import base64
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import Browser, FloatRect, Locator, Page, expect

from jupyter_auth.cli.demo.jupyter_process import JupyterProcess
from jupyter_auth.cli.demo.servers import DemoServers
from jupyter_auth.cli.demo.workspace import workspace
from tests.browser.camera import IMAGES, THEMES, Camera, hide_notifications, pack
from tests.browser.lab import LAB, open_notebook, run_cell, write_notebook

FIRST = ("%load_ext jupyter_auth", "tok = %get_token lake", "")
SECOND = (
    '%load_ext jupyter_auth\nimport os, requests\nurl = os.environ["DEMO_API_URL"] + "/measurements"',
    "tok = %get_token lake",
    'requests.get(url, headers=tok.headers()).json()["measurements"][0]',
)
FRAME = Path(__file__).with_name("steps.html")
WIDTH, SCALE = 840, 2


def take(browser: Browser) -> None:
    """One picture in each theme."""
    options = ("--no-browser", "--ServerApp.port=0", LAB.option)
    with (
        DemoServers() as servers,
        workspace(servers.issuer, servers.api) as space,
        JupyterProcess(LAB.module, space, *options) as lab,
    ):
        for theme in THEMES:
            (space.notebooks / theme).mkdir()
            for name, cells in (("measurements", FIRST), ("forecast", SECOND)):
                write_notebook(space.notebooks, f"{theme}/{name}.ipynb", *cells)
            context = browser.new_context(
                viewport={"width": WIDTH, "height": 900},
                device_scale_factor=SCALE,
                color_scheme="dark" if theme == "dark" else "light",
            )
            page = context.new_page()
            _compose(page, list(_steps(page, lab, theme)), theme)
            context.close()
            lab.delete("jupyter_auth/v1/cache")


def _steps(page: Page, lab: JupyterProcess, theme: str) -> Iterator[bytes]:
    _open(page, lab, "measurements", theme)
    cells = page.locator(".jp-Notebook:visible .jp-CodeCell")
    run_cell(page, 0)
    expect(cells.nth(0)).to_contain_text("[1]:")
    yield _from_to(page, cells.nth(0), cells.nth(1))
    run_cell(page, 1)
    card = page.locator(".jp-Notebook:visible jupyter-auth-card")
    expect(card.first).to_contain_text("Copy this code", timeout=60_000)
    yield _from_to(page, cells.nth(1), cells.nth(1))
    with page.context.expect_page() as opened:
        card.get_by_role("link").click()
    yield _sign_in(opened.value, lab)
    expect(cells.nth(1)).to_contain_text("Signed in as", timeout=60_000)
    _open(page, lab, "forecast", theme)
    for index in range(3):
        run_cell(page, index)
        expect(cells.nth(index)).to_contain_text(f"[{index + 1}]:", timeout=60_000)
    yield _from_to(page, cells.nth(1), cells.nth(2))


def _open(page: Page, lab: JupyterProcess, name: str, theme: str) -> None:
    open_notebook(page, lab, f"{theme}/{name}.ipynb")
    Camera(page=page, folder=IMAGES).use(theme)
    page.evaluate("window.jupyterapp.shell.collapseLeft()")
    hide_notifications(page)


def _from_to(page: Page, first: Locator, last: Locator) -> bytes:
    """The cells from one to another, as they are now."""
    page.evaluate("document.activeElement.blur()")
    page.mouse.move(0, 0)
    page.wait_for_timeout(400)  # what fades
    top, bottom = first.bounding_box(), last.bounding_box()
    if top is None or bottom is None:
        raise RuntimeError("a cell is not to be seen")
    height = bottom["y"] + bottom["height"] - top["y"]
    return page.screenshot(
        clip=FloatRect(x=top["x"], y=top["y"], width=top["width"], height=height), animations="disabled"
    )


def _sign_in(tab: Page, lab: JupyterProcess) -> bytes:
    """Enter the code, sign in, and allow; the page on which one signs in."""
    [waiting] = [row for row in lab.get("jupyter_auth/v1/interactions").json() if row["state"] == "pending"]
    tab.fill("input[name=user_code]", waiting["user_code"])
    tab.locator("button.main").click()
    tab.fill("input[name=username]", "ada")
    tab.fill("input[name=password]", "demo")
    tab.evaluate("document.activeElement.blur()")
    shown = tab.locator("main").screenshot(animations="disabled")
    tab.locator("button.main").click()
    tab.locator("button[value=allow]").click()
    tab.wait_for_load_state()
    tab.close()
    return shown


def _compose(page: Page, steps: list[bytes], theme: str) -> None:
    """The four in one picture, with what each is."""
    page.goto(FRAME.as_uri())
    urls = [f"data:image/png;base64,{base64.b64encode(step).decode()}" for step in steps]
    page.evaluate(
        """async ([urls, theme, scale]) => {
            document.documentElement.dataset.theme = theme;
            for (const [n, image] of document.querySelectorAll('img').entries()) {
                image.src = urls[n];
                await image.decode();
                image.width = image.naturalWidth / scale * (n === 2 ? 0.6 : 1);  // a page, beside cells
            }
        }""",
        [urls, theme, SCALE],
    )
    pack(page.locator("ol").screenshot(animations="disabled"), IMAGES / f"steps-{theme}.png")
