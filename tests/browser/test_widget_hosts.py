"""The widgets' one file in pages that know nothing of Jupyter: no variables, or VS Code's, dark or light."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import pytest
from playwright.sync_api import Browser, Locator, Page, Request, expect

from jupyter_auth.ui.panel.widget import SCRIPT
from tests.browser.lab import violations
from tests.browser.panel import kernel, usual, waiting
from tests.browser.shop import opened

HOST = "http://host.test/"
COMPLETE = "https://idp.example.org/device?user_code=D7KX-92QP"
VSCODE = {
    "dark": {"foreground": "#cccccc", "editor-background": "#1f1f1f", "descriptionForeground": "#9d9d9d"}
    | {"button-background": "#0078d4", "button-foreground": "#ffffff", "focusBorder": "#0078d4"},
    "light": {"foreground": "#3b3b3b", "editor-background": "#ffffff", "descriptionForeground": "#3b3b3b"}
    | {"button-background": "#005fb8", "button-foreground": "#ffffff", "focusBorder": "#005fb8"},
}
PAGE = """<!doctype html><html lang="en" dir="{direction}"><title>A host</title>
<style>:root {{ {variables} }} body {{ background: {ground}; margin: 8px; }}</style>
<main id="main"><h1 hidden>A host</h1></main>
<script type="module">
const answers = {answers};
const heard = new Set();
const model = {{
  get: trait => (trait === 'kind' ? '{kind}' : undefined),
  on: (event, work) => event === 'msg:custom' && heard.add(work),
  off: (event, work) => heard.delete(work),
  send: asked => {{
    if (asked.kind === 'ask') {{
      const answer = {{ kind: 'answer', to: asked.id, status: 200, body: answers[asked.path] }};
      queueMicrotask(() => heard.forEach(work => work(answer)));
    }}
  }}
}};
const widget = (await import('/panel.js')).default();
const el = document.getElementById('main').appendChild(document.createElement('div'));
widget.initialize({{ model }});
widget.render({{ model, el }});
</script></html>"""


@pytest.fixture(scope="module")
def hosts(browser: Browser) -> Iterator[Page]:
    """One page for these tests, to which nobody else listens."""
    with opened(browser) as page:
        yield page


@pytest.fixture
def page(hosts: Page) -> Iterator[Page]:
    """It prefers nothing, and answers nothing by itself."""
    hosts.set_viewport_size({"width": 800, "height": 900})
    hosts.emulate_media(color_scheme="light", reduced_motion="no-preference")
    yield hosts
    hosts.unroute_all()


def show(page: Page, scheme: str, *, variables: bool, direction: str = "ltr") -> Locator:
    """The panel in such a page, with the card of a request that waits."""
    answers: dict[str, Any] = usual() | {"interactions": [waiting(verification_uri_complete=COMPLETE)]}
    answers["kernels"] = [kernel("projects/2026/sales-forecast.ipynb", "graph lake", 130)]
    own = "".join(f"--vscode-{name}: {value};" for name, value in VSCODE[scheme].items())
    html = PAGE.format(
        answers=json.dumps(answers),
        kind="panel",
        direction=direction,
        variables=own if variables else "color-scheme: light dark",
        ground=VSCODE[scheme]["editor-background"] if variables else "Canvas",
    )
    page.route(HOST, lambda route: route.fulfill(content_type="text/html", body=html))
    script = Path(SCRIPT).read_text(encoding="utf-8")
    page.route(f"{HOST}panel.js", lambda route: route.fulfill(content_type="text/javascript", body=script))
    page.goto(HOST)
    panel = page.locator(".ja-widget-panel")
    expect(panel).to_contain_text("ada@contoso.com")
    panel.get_by_role("button", name="Show here").click()
    return panel


@pytest.mark.parametrize("variables", [False, True], ids=["bare", "vscode"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_can_be_read_and_is_accessible(
    page: Page, scheme: Literal["light", "dark"], variables: bool
) -> None:
    page.emulate_media(color_scheme=scheme)
    asked: list[str] = []

    def listen(request: Request) -> None:
        asked.append(request.url)

    page.on("request", listen)
    panel = show(page, scheme, variables=variables)
    expect(page.locator("jupyter-auth-card")).to_contain_text("D7KX-92QP")
    for width in (800, 320):
        page.set_viewport_size({"width": width, "height": 900})
        assert violations(page, "#main") == []
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), width
    page.locator("jupyter-auth-card").get_by_text("Show QR code").click()
    expect(page.locator("jupyter-auth-card")).to_contain_text("Hide QR code")
    expect(panel).to_contain_text("Expires in 58 min")
    assert {url for url in asked if url not in {HOST, f"{HOST}panel.js", f"{HOST}favicon.ico"}} == set()
    page.remove_listener("request", listen)


def test_it_stands_right_to_left(page: Page) -> None:
    panel = show(page, "light", variables=True, direction="rtl")
    profile = panel.get_by_role("columnheader", name="Profile").bounding_box()
    token = panel.get_by_role("columnheader", name="Access token").bounding_box()
    assert profile is not None and token is not None and profile["x"] > token["x"]
    panel.get_by_role("button", name="More actions for ada@contoso.com").click()
    menu, frame = panel.get_by_role("menu").bounding_box(), panel.bounding_box()
    assert menu is not None and frame is not None
    assert frame["x"] <= menu["x"] and menu["x"] + menu["width"] <= frame["x"] + frame["width"]


def test_nothing_moves_where_that_is_asked_for(page: Page) -> None:
    page.emulate_media(reduced_motion="reduce")
    show(page, "light", variables=True)
    pulse = page.locator("jupyter-auth-card .pulse")
    assert pulse.evaluate("e => getComputedStyle(e).animationName") == "none"
