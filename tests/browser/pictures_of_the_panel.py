"""Pictures of the Sign-ins panel in every state; made up is only what cannot be brought about here."""

from playwright.sync_api import Browser, Locator, Page, Route, expect

from jupyter_auth.cli.demo.jupyter_process import JupyterProcess
from tests.browser import panel as made
from tests.browser.camera import IMAGES, Camera
from tests.browser.desk import Desk
from tests.browser.lab import LAB, run_cell
from tests.browser.panel import Answers, forget, open_lab, open_panel, pending, section, usual
from tests.browser.shown import RESOURCES
from tests.idp import OidcProvider
from tests.support import Place, place

FOLDER = IMAGES / "states"
VIEW, TALL = {"width": 1100, "height": 680}, {"width": 1100, "height": 920}
NAMES = ("analytics", "billing", "catalog", "climate", "crm", "finance", "genomics", "imaging", "traffic")
ASK = "tok = %get_token lake"
SOON = 60_000  # ms
BLUR = "document.activeElement.blur()"  # a picture shows what is there, not where the keyboard is
REFRESH = "window.jupyterapp.commands.execute('jupyter-auth:refresh')"
FAULTY = '\n[profiles.graph]\nprovider = "oidc"\nisuer = "https://idp.example.org"\nflow = ["device_code"]\n'


def take(browser: Browser) -> None:
    """All of them."""
    with OidcProvider() as provider, place(provider.issuer) as home:
        provider.set(interval=1)
        profile(home, "archive")
        with home.server(LAB.option, module=LAB.module) as lab:
            context = browser.new_context(viewport=VIEW, device_scale_factor=2)  # type: ignore[arg-type]
            take_story(Desk(page=context.new_page(), server=lab, app=LAB, home=home), provider)
            take_configurations(context.new_page(), lab, home, provider)
            take_made_up(context.new_page(), lab)
            context.close()


def profile(home: Place, name: str) -> None:
    """One more profile, of which nobody asks for anything."""
    written = home.toml.read_text(encoding="utf-8")
    home.profile(f"https://{name}.example.org", name)
    added = home.toml.read_text(encoding="utf-8").removeprefix(written)
    home.toml.write_text(written + added.replace("Test lake", name.title()), encoding="utf-8")


def take_story(at: Desk, provider: OidcProvider) -> None:
    """Nobody, a notebook that asks, somebody who is signed in, and the cleared cache."""
    camera = Camera(page=at.page, folder=FOLDER)
    at.open(at.write("forecast", ASK))
    panel = open_panel(at.page)
    expect(panel).to_contain_text("Nobody is signed in", timeout=SOON)
    at.page.evaluate(BLUR)
    camera.take(panel, "panel-nobody")
    at.page.evaluate("window.jupyterapp.shell.collapseLeft()")
    run_cell(at.page, 0)
    run_cell(at.page, 1)
    toast = at.page.locator(".Toastify__toast", has_text="asks you to sign in")
    expect(toast).to_be_visible(timeout=SOON)
    camera.take(toast, "notification", margin=8)
    camera.take(at.page.locator("button.ja-status"), "status-item", margin=4)
    open_panel(at.page)
    at.page.wait_for_timeout(200)
    at.page.evaluate(BLUR)
    at.page.set_viewport_size(TALL)  # type: ignore[arg-type]
    camera.take(panel, "panel-waiting")
    at.page.set_viewport_size(VIEW)  # type: ignore[arg-type]
    provider.approve(pending(at.server)[0]["user_code"])
    expect(section(panel, "Accounts")).to_contain_text("Signed in", timeout=SOON)
    expect(section(panel, "Waiting for you")).to_be_hidden(timeout=SOON)
    at.ask_beside("second", ASK)
    expect(section(panel, "Notebooks")).to_contain_text("second-", timeout=SOON)
    camera.take(panel, "panel-signed-in")
    panel.get_by_role("button", name="Clear cache…").click()
    camera.take(panel, "panel-clear")
    panel.get_by_role("alertdialog").get_by_role("button", name="Clear cache").click()
    expect(panel).to_contain_text("Cache cleared", timeout=SOON)
    camera.take(panel, "panel-cleared")
    panel.get_by_role("button", name="Close").click()
    at.page.close()


def take_configurations(page: Page, lab: JupyterProcess, home: Place, provider: OidcProvider) -> None:
    """Many profiles, one that is faulty, none."""
    camera = Camera(page=page, folder=FOLDER)
    forget(lab)
    before = home.toml.read_text(encoding="utf-8")
    for name in NAMES:
        profile(home, name)
    lab.post("jupyter_auth/v1/interactions", {"profile": "lake"}).raise_for_status()
    provider.approve(pending(lab)[0]["user_code"])
    open_lab(page, lab)
    panel = open_panel(page)
    page.wait_for_timeout(200)
    page.evaluate(BLUR)
    expect(section(panel, "Accounts")).to_contain_text("Nobody signed in · ", timeout=SOON)
    camera.take(panel, "panel-many")
    forget(lab)
    for text, words, name in (
        (before + FAULTY, "Not set up correctly", "panel-faulty"),
        ("", "No sign-in is set up yet", "panel-no-profile"),
    ):
        home.toml.write_text(text, encoding="utf-8")
        page.evaluate(REFRESH)
        expect(panel).to_contain_text(words, timeout=SOON)
        camera.take(panel, name)
    home.toml.write_text(before, encoding="utf-8")
    page.close()  # a second page of JupyterLab would move on to a workspace of its own


def take_made_up(page: Page, lab: JupyterProcess) -> None:
    """A server that is gone while the themes are still there; a store whose key is lost; a login's end."""
    answers = Answers(page)
    answers.values = usual()
    open_lab(page, lab)
    panel = open_panel(page)
    page.wait_for_timeout(200)
    page.evaluate(BLUR)
    camera = Camera(page=page, folder=FOLDER)
    take_clears(answers, camera, panel)
    take_rules(answers, camera, panel)
    nothing: made.Row = {"accounts": [], "cache": [], "kernels": []}
    memory: made.Row = {"name": "memory", "key_source": "memory", "notes": ["seal.key is missing."]}
    for values, words, name in (
        (dict.fromkeys(RESOURCES, "gone"), "Connection lost", "panel-lost"),
        (nothing | {"status": made.store(**memory, locked=True)}, "are locked", "panel-locked"),
        (dict.fromkeys(RESOURCES, 403), "login has ended", "panel-login-ended"),
    ):
        answers.values = usual() | values
        page.evaluate(REFRESH)
        expect(panel).to_contain_text(words, timeout=SOON)
        camera.take(panel, name)


def take_rules(answers: Answers, camera: Camera, panel: Locator) -> None:
    """What notebooks may use, in every way in which that can be settled."""
    page = panel.page
    page.set_viewport_size(TALL)  # type: ignore[arg-type]
    rules = made.with_rules()
    names = ("forecast", "weekly", "untitled", "blocked", "next")
    few = [row for row in rules["kernels"] if any(name in (row["notebook"] or "") for name in names)]
    answers.values = usual() | rules | {"kernels": few}
    page.evaluate(REFRESH)
    notebooks = section(panel, "Notebooks")
    expect(notebooks).to_contain_text("Stop allowing", timeout=SOON)
    for title in ("Accounts", "Access tokens"):
        section(panel, title).evaluate("part => { part.open = false; }")
    camera.take(notebooks, "panel-notebooks")
    for title in ("Accounts", "Access tokens"):
        section(panel, title).evaluate("part => { part.open = true; }")
    page.set_viewport_size(VIEW)  # type: ignore[arg-type]


def take_clears(answers: Answers, camera: Camera, panel: Locator) -> None:
    """A clear that takes long, and one of which there is something to know."""
    held: list[Route] = []
    panel.page.route("**/jupyter_auth/v1/cache*", lambda route: hold(route, held))
    panel.get_by_role("button", name="Clear cache…").click()
    panel.get_by_role("alertdialog").get_by_role("button", name="Clear cache").click()
    camera.take(panel, "panel-clearing")
    rows = [
        {"home_account_id": "x", "profile": of, "host": host, "username": who, "outcome": outcome}
        for of, host, who, outcome in (
            ("graph", "login.microsoftonline.com", "ada@contoso.com", "unsupported"),
            ("graph", "login.microsoftonline.com", "bob@contoso.com", "nothing_to_revoke"),
            ("lake", "idp.example.org", "ada.lovelace", "failed"),
            ("archive", "sso.example.net", "ada", "revoked"),
        )
    ]
    answers.values["DELETE cache"] = {"accounts": rows, "browser_session_stays": True}
    held[0].fallback()
    expect(panel).to_contain_text("things to know", timeout=SOON)
    camera.take(panel, "panel-cleared-with-notes")
    panel.get_by_role("button", name="Close").click()


def hold(route: Route, held: list[Route]) -> None:
    """Keep a clear waiting; all else goes on."""
    if route.request.method == "DELETE":
        held.append(route)
    else:
        route.fallback()
