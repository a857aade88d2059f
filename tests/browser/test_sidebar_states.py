"""Every state of the Sign-ins panel, brought about by made-up answers: what it shows, and what axe finds."""

from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser import panel as made
from tests.browser.lab import set_theme, violations
from tests.browser.panel import INSIDE, open_panel, section, usual
from tests.browser.shown import RESOURCES, Shown
from tests.browser.states import REQUESTS, request

NAMES = [
    "analytics",
    "billing",
    "catalog",
    "climate-data",
    "crm",
    "cytometry",
    "data-lake-dev",
    "documents",
    "finance",
]
EVIL = "<b onclick=alert(1)>x</b>\u202e\u0007<script>window.pwned=1</script>"
MARKED = "<b onclick=alert(1)>x</b><script>window.pwned=1</script>"


def broken() -> dict[str, Any]:
    fault = {
        "file": "/home/ada/.jupyter/jupyter_auth.toml",
        "key": "profiles.graph.flow",
        "message": 'unknown key; did you mean "flows"?',
    }
    return made.profile("graph", provider=None, issuer=None, faults=[fault])


#: whether a text's first character is left of its last, as English is read in a right-to-left page, too
FIRST_STANDS_LEFT = """element => {
    const at = from => {
        const range = document.createRange();
        range.setStart(element.firstChild, from);
        range.setEnd(element.firstChild, from + 1);
        return range.getBoundingClientRect().x;
    };
    return at(0) < at(element.textContent.length - 1);
}"""

NOBODY: dict[str, Any] = {"accounts": [], "cache": [], "kernels": []}
MEMORY: dict[str, Any] = {"name": "memory", "key_source": "memory"}
STATES: dict[str, tuple[dict[str, Any], list[str]]] = {
    "usual": ({}, ["Signed in", "Needs a new sign-in", "in 58 min", "Sealed on disk · key in a file"]),
    "waiting": ({"interactions": [made.waiting()]}, ["Waiting for you"]),
    "tokens": (
        {},
        [
            "in 4 min · renewing",
            "From the cache · used 2 min ago",
            "Renews at its next use",
            "batch · no account",
        ],
    ),
    "notebooks": ({}, ["sales-forecast.ipynb", "graph, lake · used 2 min ago", "asked 6 times"]),
    "rules": (
        made.with_rules(),
        [
            "Allowed until its kernel stops",
            "lake.read · ada.lovelace",
            "Allowed until the server stops",
            "Not allowed · you chose Never",
            "Blocked until the server stops",
            "Asks you at its next use",
            "Not allowed by the configuration",
            "Stop allowing",
            "Ask again",
            "Unblock",
        ],
    ),
    "no profile": ({"profiles": [], **NOBODY}, ["No sign-in is set up yet", "jupyter_auth.toml"]),
    "nobody": (NOBODY, ["Nobody is signed in", "%get_token graph", "No access tokens."]),
    "faulty": (
        {"profiles": [broken()]},
        ["Not set up correctly: 1 problem", 'flow unknown key; did you mean "fl'],
    ),
    "locked": (
        {"status": made.store(**MEMORY, locked=True, notes=["seal.key is missing."]), **NOBODY},
        ["The saved sign-ins are locked", "seal.key is missing.", "Locked · new sign-ins are not saved"],
    ),
    "memory": ({"status": made.store(**MEMORY)}, ["In memory only · gone when the server stops"]),
    "broker": ({"status": made.store(problem="The socket is taken.")}, ["The socket is taken."]),
    "bad file": (
        {"status": made.store(faults=("jupyter_auth.toml: line 3: no value",)), "profiles": [], **NOBODY},
        ["The sign-ins are not set up correctly", "line 3: no value"],
    ),
    "store fails": ({"accounts": 503}, ["Your sign-ins could not be read", "Try again"]),
    "no extension": (dict.fromkeys(RESOURCES, 404), ["The server extension jupyter_auth does not answer."]),
    "lost": (dict.fromkeys(RESOURCES, "gone"), ["Connection lost", "This is what was known", "Try now"]),
    "login ended": (dict.fromkeys(RESOURCES, 403), ["Your Jupyter login has ended", "Log in to Jupyter"]),
    "many": (
        {"profiles": [made.profile(name) for name in ["graph", "lake", *NAMES]]},
        ["Signed in · 3", "Nobody signed in · 9", "ada@contoso.com · graph"],
    ),
}


@pytest.mark.parametrize("theme", ["JupyterLab Light", "JupyterLab Dark"])
def test_every_state_says_what_it_is_to_everyone(shown: Shown, theme: str) -> None:
    set_theme(shown.page, theme)
    for name, (values, texts) in STATES.items():
        shown.become()
        panel = shown.become(**values)
        for text in texts:
            expect(panel, name).to_contain_text(text)
        assert violations(shown.page, INSIDE) == [], name


@pytest.mark.parametrize("theme", ["JupyterLab Light", "JupyterLab Dark"])
def test_the_card_in_the_panel_in_every_state(shown: Shown, theme: str) -> None:
    set_theme(shown.page, theme)
    for number, name in enumerate(REQUESTS):
        identity = (
            f"{name}-{number}-{theme[-4:].strip()}"  # of what has ended, only what was seen waiting is shown
        )
        shown.become(interactions=[request("waiting", id=identity)])
        panel = shown.become(interactions=[request(name, id=identity)])
        card = panel.locator("jupyter-auth-card")
        expect(card).to_have_count(1)
        card.locator("details").evaluate_all("all => all.forEach(part => { part.open = true; })")
        assert violations(shown.page, INSIDE) == [], name
        assert violations(shown.page, ".ja-status") == [], name


@pytest.mark.parametrize("theme", ["JupyterLab Light", "JupyterLab Dark"])
def test_menu_confirmation_and_result(shown: Shown, theme: str) -> None:
    page, panel = shown.page, shown.become()
    set_theme(page, theme)
    panel.get_by_role("button", name="More actions for ada@contoso.com").click()
    assert violations(page, INSIDE) == []
    page.keyboard.press("Escape")
    panel.get_by_role("button", name="Clear cache…").click()
    sheet = panel.get_by_role("alertdialog")
    expect(sheet).to_contain_text("3 accounts on this server")
    sheet.get_by_label("Also revoke at the provider").uncheck()
    expect(sheet).to_contain_text("2 refresh tokens, forgotten here but not revoked")
    sheet.get_by_label("Also revoke at the provider").check()
    assert violations(page, INSIDE) == []
    outcomes = ("revoked", "unsupported", "failed", "not_asked", "nothing_to_revoke")
    row = {"home_account_id": "x", "profile": "lake", "host": "idp.example.org"}
    rows = [row | {"username": f"u{n}", "outcome": outcome} for n, outcome in enumerate(outcomes)]
    shown.answers.values["DELETE cache"] = {"accounts": rows, "browser_session_stays": True}
    sheet.get_by_role("button", name="Clear cache").click()
    expect(panel).to_contain_text("Cache cleared, with 2 things to know")
    for text in (
        "5 accounts forgotten",
        "1 refresh token revoked",
        "1 provider cannot revoke",
        "lake: forgotten here, but idp.example.org may accept it until it runs out.",
        "1 refresh token could not be revoked",
        "1 refresh token forgotten here, not revoked",
        "Your browser's own sign-in stays",
    ):
        expect(panel).to_contain_text(text)
    panel.get_by_text("Account by account").click()
    expect(panel).to_contain_text("u4 · lake: forgotten here; there was nothing to revoke")
    assert violations(page, INSIDE) == []
    panel.get_by_role("button", name="Close").click()
    shown.answers.values["DELETE cache"] = 503
    panel.get_by_role("button", name="Clear cache…").click()
    panel.get_by_role("alertdialog").get_by_role("button", name="Clear cache").click()
    expect(panel).to_contain_text("The cache was not cleared")
    assert violations(page, INSIDE) == []
    panel.get_by_role("button", name="Close").click()


@pytest.mark.parametrize("where", [0.05, 0.5, 0.95])
def test_a_double_click_on_clear_asks_and_does_not_clear(shown: Shown, where: float) -> None:
    panel = shown.become(**{"DELETE cache": {"accounts": []}})
    shown.answers.seen.clear()
    box = panel.get_by_role("button", name="Clear cache…").bounding_box()
    assert box is not None
    shown.page.mouse.dblclick(box["x"] + box["width"] * where, box["y"] + box["height"] / 2)
    shown.page.wait_for_timeout(500)
    sheet = panel.get_by_role("alertdialog")
    expect(sheet).to_be_visible()
    assert "DELETE cache" not in shown.answers.seen
    sheet.get_by_role("button", name="Keep").click()
    expect(sheet).to_be_hidden()


def test_a_login_that_ended_leaves_no_data(shown: Shown) -> None:
    panel = shown.become(**dict.fromkeys(RESOURCES, 403))
    expect(panel).to_contain_text("Your Jupyter login has ended")
    text = panel.evaluate("panel => panel.outerHTML")
    for gone in ("contoso", "lake", "ipynb", "User.Read"):
        assert gone not in text


def test_a_closed_panel_keeps_no_code_and_nothing_after_the_login(shown: Shown) -> None:
    page = shown.page
    panel = shown.become(interactions=[made.waiting("closed")])
    card = panel.locator("jupyter-auth-card")
    expect(card).to_contain_text("D7KX-92QP")
    close = "window.jupyterapp.commands.execute('application:toggle-left-area')"
    refresh = "window.jupyterapp.commands.execute('jupyter-auth:refresh')"
    page.evaluate(close)
    expect(panel).to_be_hidden()
    shown.answers.values = usual() | {"interactions": [made.waiting("closed", "cancelled", user_code=None)]}
    page.evaluate(refresh)
    expect(card).not_to_contain_text("D7KX-92QP")
    assert "ada.lovelace" in panel.evaluate("panel => panel.outerHTML")
    shown.answers.values = dict.fromkeys(RESOURCES, 403)
    page.evaluate(refresh)
    expect(panel).not_to_contain_text("ada.lovelace")
    open_panel(page)
    shown.become()


def test_a_lost_connection_keeps_what_is_known_and_heals_by_itself(shown: Shown) -> None:
    shown.become()
    panel = shown.become(**dict.fromkeys(RESOURCES, "gone"))
    expect(panel).to_contain_text("Connection lost")
    expect(panel).to_contain_text("ada@contoso.com")
    for control in ("Clear cache…", "Sign in to archive", "Sign in again"):
        expect(panel.get_by_role("button", name=control)).to_be_disabled()
    shown.answers.values = usual()
    expect(panel).not_to_contain_text("Connection lost", timeout=60_000)
    expect(panel.get_by_role("button", name="Clear cache…")).to_be_enabled()


def test_what_comes_from_elsewhere_is_only_text(shown: Shown) -> None:
    panel = shown.become(
        profiles=[made.profile(EVIL), made.profile("a", issuer=f"javascript:{EVIL}", title=EVIL)],
        accounts=[made.account(EVIL, EVIL, name=EVIL, home_account_id=EVIL)],
        cache=[made.entry(EVIL, EVIL, EVIL.replace(" ", "_"), 600)],
        kernels=[made.kernel(f"dir/{EVIL}".replace("</", "<"), EVIL.replace(" ", "_"), 5, kernel_name=EVIL)],
    )
    expect(section(panel, "Accounts")).to_contain_text(MARKED)
    assert panel.locator("b, script, [onclick]").count() == 0
    assert panel.locator("a[href^=javascript]").count() == 0
    html = panel.evaluate("panel => panel.outerHTML")
    assert "\u202e" not in html and "\u0007" not in html
    assert shown.page.evaluate("window.pwned") is None


def test_arrow_keys_move_between_rows_and_filter_narrows(shown: Shown) -> None:
    page = shown.page
    panel = shown.become(profiles=[made.profile(f"p{n:02}") for n in range(50)], accounts=[])
    panel.get_by_label("Filter profiles by name").fill("p4")
    expect(panel).to_contain_text("10 of 50 profiles")
    panel.get_by_label("Filter profiles by name").fill("p")
    expect(panel).to_contain_text("50 of 50 profiles")
    rows = section(panel, "Accounts").get_by_role("listitem")
    rows.first.focus()
    page.keyboard.press("End")
    focused = "document.activeElement.getAttribute('aria-posinset')"
    assert page.evaluate(focused) == "50"
    page.keyboard.press("ArrowUp")
    assert page.evaluate(focused) == "49"
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.getAttribute('aria-label')") == "Sign in to p48"
    panel.get_by_label("Filter profiles by name").fill("")


def test_right_to_left(shown: Shown) -> None:
    panel = shown.become()
    shown.page.evaluate("document.documentElement.dir = 'rtl'")
    name, more = (
        panel.get_by_text("ada@contoso.com").first,
        panel.get_by_role("button", name="More actions for").first,
    )
    left, right = more.bounding_box(), name.bounding_box()
    assert left and right and left["x"] < right["x"]
    more.click()
    box, frame = panel.get_by_role("menu").bounding_box(), panel.bounding_box()
    assert box and frame and box["x"] >= frame["x"] and box["x"] + box["width"] <= frame["x"] + frame["width"]
    shown.page.keyboard.press("Escape")
    panel.get_by_role("button", name="Clear cache…").click()
    texts = [panel.get_by_text("3 accounts on this server"), shown.page.locator(".ja-status > span")]
    assert [text.evaluate(FIRST_STANDS_LEFT) for text in texts] == [True, True]
    panel.get_by_role("button", name="Keep").click()
    shown.become(**NOBODY)
    assert panel.get_by_text("%get_token graph").evaluate(FIRST_STANDS_LEFT)
    shown.page.evaluate("document.documentElement.dir = ''")
