"""Pictures of the prompt card in every state: at a real provider, but for what none would send."""

from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, expect

from jupyter_auth.cli.demo.jupyter_process import JupyterProcess
from tests.browser.camera import IMAGES, THEMES, Camera, hide_notifications
from tests.browser.desk import Desk
from tests.browser.lab import LAB, open_document, run_cell
from tests.browser.panel import Answers, forget
from tests.browser.states import request, write_cards
from tests.idp import OidcProvider
from tests.support import Place, place

ASK = "tok = %get_token lake"
WORDS = 'scope_titles = {"lake.read" = "Read the lake"}'
WIDE, NARROW, TALL = ({"width": w, "height": h} for w, h in ((820, 760), (420, 760), (820, 1300)))
FOLDER = IMAGES / "states"
SOON = 60_000  # ms
SHORT = 70  # seconds for which a code is good, of which the last quarter is called slow


@contextmanager
def desk(browser: Browser, home: Place, lab: JupyterProcess) -> Iterator[Desk]:
    """A page with nothing but a notebook."""
    context = browser.new_context(viewport=WIDE, device_scale_factor=2)  # type: ignore[arg-type]
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    yield Desk(page=context.new_page(), server=lab, app=LAB, home=home)
    context.close()


def take(browser: Browser) -> None:
    """All of them."""
    with OidcProvider() as provider, place() as home:
        provider.set(interval=1)
        home.profile(provider.issuer, more=WORDS)
        with home.server(LAB.option, module=LAB.module) as lab:
            with desk(browser, home, lab) as at:
                take_waiting(at, provider)
                take_ends(at, provider)
            with desk(browser, home, lab) as at:
                take_made_up(at)
            with desk(browser, home, lab) as at:
                take_questions(at)


def begin(at: Desk) -> None:
    """Run the cell until its card waits."""
    run_cell(at.page, 1)
    expect(at.card).to_contain_text("Copy this code", timeout=SOON)


def take_waiting(at: Desk, provider: OidcProvider) -> None:
    """A request that waits: as it is, copied, in a narrow place, right to left, and done."""
    camera = Camera(page=at.page, folder=FOLDER)
    at.open(at.write("forecast", ASK))
    at.page.evaluate("window.jupyterapp.shell.collapseLeft()")
    hide_notifications(at.page)
    run_cell(at.page, 0)
    begin(at)
    camera.take(at.card, "card-waiting")
    for theme in THEMES:
        camera.use(theme)
        at.card.get_by_role("button", name="Copy").click()
        expect(at.card).to_contain_text("Copied")
        camera.take_now(at.card, f"card-copied-{theme}")
    expect(at.card).not_to_contain_text("Copied")
    at.page.set_viewport_size(NARROW)  # type: ignore[arg-type]
    camera.take(at.card, "card-narrow")
    at.page.set_viewport_size(WIDE)  # type: ignore[arg-type]
    at.page.evaluate("document.documentElement.dir = 'rtl'")
    camera.take(at.card, "card-right-to-left")
    at.page.evaluate("document.documentElement.dir = ''")
    provider.approve(at.waiting()["user_code"])
    expect(at.card).to_have_text("Signed in as ada · lake", timeout=SOON)
    camera.take(at.card, "card-done", margin=3)
    at.server.delete("jupyter_auth/v1/cache")


def take_ends(at: Desk, provider: OidcProvider) -> None:
    """How else it may go: slow, expired, declined, cancelled; and a provider that is gone."""
    camera = Camera(page=at.page, folder=FOLDER)
    provider.set(dc_ttl=SHORT, interval=1)
    begin(at)
    at.card.get_by_text("Show QR code").click()
    expect(at.card.get_by_text("Finished on the page?")).to_be_visible(timeout=SHORT * 1000)
    camera.take(at.card, "card-slow")
    expect(at.card).to_contain_text("The code expired", timeout=SHORT * 1000)
    camera.take(at.card, "card-expired")
    provider.set(dc_ttl=600)
    begin(at)
    at.card.get_by_role("button", name="Cancel").click()
    expect(at.card).to_contain_text("Sign-in cancelled", timeout=SOON)
    camera.take(at.card, "card-cancelled", margin=3)
    begin(at)
    provider.deny(at.waiting()["user_code"])
    expect(at.card).to_contain_text("Sign-in declined", timeout=SOON)
    camera.take(at.card, "card-denied")
    provider.stop()
    at.card.get_by_role("button", name="Try again").click()
    expect(at.card).to_contain_text("Sign-in failed", timeout=SOON)
    camera.take(at.card, "card-failed")
    forget(at.server)


def take_questions(at: Desk) -> None:
    """A notebook that has to be allowed a profile: the question, the answers, and where there are none."""
    pictures = {"consent": "consent", "allowed": "allowed", "refused-by-you": "refused"}
    show(at, tuple(pictures))
    camera = Camera(page=at.page, folder=FOLDER)
    cards = at.page.locator("jupyter-auth-card")
    for number, (name, picture) in enumerate(pictures.items()):
        expect(cards.nth(number)).not_to_have_text("", timeout=SOON)
        camera.take(cards.nth(number), f"card-{picture}", margin=0 if name == "consent" else 3)
    cards.first.evaluate("card => { card.elsewhere = true; card.stopHint = 'To stop, interrupt the cell.'; }")
    expect(cards.first).to_contain_text("jupyter auth grants")
    camera.take(cards.first, "card-elsewhere")


def show(at: Desk, names: tuple[str, ...]) -> None:
    """A notebook with a card in each of these states."""
    answers = Answers(at.page)
    answers.values = {f"interactions/{name}": request(name) for name in names}
    open_document(at.page, at.server, write_cards(at.home.notebooks, "cards.ipynb", *names).name)
    at.page.evaluate("window.jupyterapp.shell.collapseLeft()")
    at.page.set_viewport_size(TALL)  # type: ignore[arg-type]
    hide_notifications(at.page)


def take_made_up(at: Desk) -> None:
    """The redirect at a provider with a name, an address that is not safe, and names that try to be more."""
    names = ("browser", "paste", "blocked", "unsafe", "hostile")
    show(at, names)
    camera = Camera(page=at.page, folder=FOLDER)
    for number, name in enumerate(names):
        card = at.page.locator("jupyter-auth-card").nth(number)
        expect(card).not_to_have_text("", timeout=SOON)
        camera.take(card, f"card-{name}")
