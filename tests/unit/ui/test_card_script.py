"""What ``card.js`` adds, in a real browser."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from jupyter_auth.ui.card_html import render_card
from tests.browser.lab import chromium

Make = Callable[..., dict[str, Any]]

# A notebook sets HTML without running its scripts, then makes each script anew.
DRAW = """(html) => {
  const cell = document.querySelector('#cell');
  cell.innerHTML = html;
  for (const old of cell.querySelectorAll('script')) {
    const script = document.createElement('script');
    script.textContent = old.textContent;
    old.replaceWith(script);
  }
}"""

CLIPBOARD = (
    """(source) => Object.defineProperty(navigator, 'clipboard', {value: {writeText: eval(source)}})"""
)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as running:
        yield running


@pytest.fixture
def page(browser: Browser, now: int) -> Iterator[Page]:
    """A page with a cell, at the time ``now``; fails if anything is loaded, opened or goes wrong."""
    context = browser.new_context()
    page = context.new_page()
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda message: wrong.append(message.text))
    page.on("request", lambda request: wrong.append(request.url))
    page.clock.install(time=now - 60)
    page.clock.pause_at(now)
    page.set_content("<button id=before>before</button><div id=cell></div>")
    yield page
    assert wrong == []
    assert len(context.pages) == 1
    context.close()


def _draw(page: Page, now: int, *interactions: dict[str, Any]) -> None:
    page.evaluate(DRAW, "".join(render_card(interaction, now=now) for interaction in interactions))


def test_copy(page: Page, make: Make, now: int) -> None:
    page.evaluate(CLIPBOARD, "async text => { window.got = text }")
    _draw(page, now, make())
    copy = page.locator(".ja-copy")
    copy.click()
    assert page.evaluate("window.got") == "D7KX-92QP"
    assert copy.inner_text() == "Copied"
    assert page.get_by_role("status").inner_text().endswith("Code copied")
    page.clock.run_for(2100)
    assert copy.inner_text() == "Copy"


def test_a_refused_copy_selects_the_code(page: Page, make: Make, now: int) -> None:
    page.evaluate(CLIPBOARD, "() => { throw new Error('refused') }")
    page.evaluate("document.execCommand = () => false")
    _draw(page, now, make())
    page.get_by_role("button", name="Copy").click()
    assert page.evaluate("String(getSelection())") == "D7KX-92QP"
    assert page.locator(".ja-refused").is_visible()


def test_the_countdown_says_what_python_says(page: Page, make: Make, now: int) -> None:
    for left in (90_000, 5_000, 3_900, 3_590, 899, 330, 299, 61, 60, 9):
        _draw(page, now, make(expires_on=now + left))
        drawn = render_card(make(expires_on=now + left), now=now)
        assert f">{page.locator('.ja-time').inner_text()}<" in drawn


def test_the_countdown_runs_and_speaks_at_five_minutes_and_one(page: Page, make: Make, now: int) -> None:
    _draw(page, now, make(expires_on=now + 303), make(id="b", expires_on=now + 62))
    time, said, low = page.locator(".ja-time"), page.get_by_role("status"), page.locator("[data-low]")
    assert time.all_inner_texts() == ["Code expires in 5 min", "Code expires in 1 min 2 s"]
    page.clock.run_for(5100)  # a tenth past the second
    assert time.all_inner_texts() == ["Code expires in 4 min 58 s", "Code expires in 57 s"]
    assert [text.split("\n")[-1] for text in said.all_inner_texts()] == [
        "The code expires in 5 min",
        "The code expires in 1 min",
    ]
    assert low.count() == 0
    page.clock.run_for(50_000)
    assert page.locator(".ja-now").all_inner_texts() == ["Waiting for you", "Still waiting"]
    assert low.count() == 1


def test_a_code_that_ran_out_leaves_the_page(page: Page, make: Make, now: int) -> None:
    _draw(page, now, make(expires_on=now + 10))
    page.clock.run_for(20_000)
    assert page.locator("#cell").inner_text() == "The code expired. Run the cell again for a new one."
    assert "D7KX" not in page.locator("#cell .ja-prompt > :not(style, script)").inner_html()


def test_a_clock_that_is_wrong_takes_nothing_away(page: Page, make: Make, now: int) -> None:
    for wrong in (-1800, 1800):
        page.clock.set_system_time(now + wrong)
        _draw(page, now, make())
        page.clock.run_for(20_000)
        assert page.locator(".ja-time").inner_text() in {"Code expires in 15 min"}
        assert page.get_by_role("button", name="Copy").is_visible()


def test_a_card_that_was_replaced_stops_counting(page: Page, make: Make, now: int) -> None:
    _draw(page, now, make(expires_on=now + 200))
    old = page.locator(".ja-time").element_handle()
    _draw(page, now, make(expires_on=now + 200, slow=True))
    page.clock.run_for(5100)
    assert page.locator(".ja-time").inner_text() == "Code expires in 3 min 15 s"
    assert old.text_content() == "Code expires in 3 min 20 s"


def test_the_focus_goes_along_when_the_card_is_drawn_again(page: Page, make: Make, now: int) -> None:
    focused = "document.activeElement.dataset.part || document.activeElement.className.split(' ')[0]"
    _draw(page, now, make())
    page.get_by_role("link").focus()
    _draw(page, now, make(slow=True))
    assert page.evaluate(focused) == "link"
    page.get_by_role("button", name="Copy").focus()
    _draw(page, now, make(flow="authorization_code", authorization_uri="https://idp.example.org/a"))
    assert page.evaluate(focused) == "link"
    _draw(page, now, make(state="succeeded", username="ada"))
    assert page.evaluate(focused) == "ja-line"


def test_the_focus_is_never_taken(page: Page, make: Make, now: int) -> None:
    page.locator("#before").focus()
    for changes in ({}, {"slow": True}, {"state": "succeeded"}):
        _draw(page, now, make(**changes))
        assert page.evaluate("document.activeElement.id") == "before"


def test_it_leaves_no_name_behind(page: Page, make: Make, now: int) -> None:
    names = "Object.getOwnPropertyNames(window).length"
    before = page.evaluate(names)
    _draw(page, now, make(), make(id="b"))
    assert page.evaluate(names) == before


def test_a_question_counts_down_to_its_own_end(page: Page, make: Make, now: int) -> None:
    none = {"user_code": None, "verification_uri": None}
    _draw(page, now, make(flow="consent", **none, created_on=now, expires_on=now + 400))
    assert "Request ends in 7 min" in page.inner_text(".ja-foot")
    page.clock.run_for(390_000)
    assert page.inner_text(".ja-foot").startswith("The cell is waiting for your answer")
    assert re.search(r"Request ends in 1[01] s", page.inner_text(".ja-foot"))
    page.clock.run_for(16_000)
    assert page.inner_text("#cell").startswith("Nobody answered in time, so nothing was allowed.")
