import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import jupyter_auth.ui
from jupyter_auth.ui.card_html import render_card
from tests.unit.ui.tree import Node, parse

Make = Callable[..., dict[str, Any]]

ASSETS = Path(jupyter_auth.ui.__path__[0]) / "card"
ENDED = ["succeeded", "declined", "expired", "cancelled", "failed", "melted"]
BROWSER = {
    "flow": "authorization_code",
    "user_code": None,
    "authorization_uri": "https://login.microsoftonline.com/authorize?a=1&b=2",
}


def _card(interaction: dict[str, Any], now: int) -> Node:
    return parse(render_card(interaction, now=now))


def _facts(card: Node) -> list[tuple[str, str]]:
    return [(row.one("th").words, row.one("td").words) for row in card.one("table").all("tr")]


def test_waiting(make: Make, now: int) -> None:
    card = _card(make(requested_by={"waiting": 3}, expires_on=now + 840), now)
    assert card.one(cls="ja-prompt").attrs["data-state"] == "waiting"
    assert card.one(cls="ja-title").words == "sales-forecast.ipynb asks you to sign in to graph"
    assert card.one(cls="ja-caution").words == "Only continue if you started this just now."
    assert _facts(card) == [
        ("Notebook", "projects/2026/sales-forecast.ipynb and 2 more notebooks wait"),
        ("Kernel", "Python 3 (ipykernel) name not verified"),
        ("Application", "Contoso Notebooks"),
        ("Sign in at", "login.microsoftonline.com for contoso.com"),
        ("Allows", "Read your profile User.Read Read your files Files.Read"),
    ]
    assert [step.words for step in card.all("li")] == [
        "Copy this code D7KX-92QP",
        "Enter it on the sign-in page Open microsoft.com/devicelogin",
    ]
    assert "Code expires in 14 min" in card.one(cls="ja-foot").words
    assert "hidden" in card.one(cls="ja-tip").attrs


def test_the_one_link_is_the_page_without_the_code(make: Make, now: int) -> None:
    link = _card(make(), now).one("a")
    assert link.attrs["href"] == "https://microsoft.com/devicelogin"
    assert link.attrs["target"] == "_blank"
    assert link.attrs["rel"] == "noopener noreferrer"


def test_slow(make: Make, now: int) -> None:
    for changes in ({"slow": True}, {"expires_on": now + 200, "created_on": now - 700}):
        card = _card(make(**changes), now)
        assert card.one(cls="ja-prompt").attrs["data-state"] == "slow"
        assert "hidden" not in card.one(cls="ja-tip").attrs
        assert "data-low" in card.one(cls="ja-countdown").attrs
        assert "Still waiting" in card.one(cls="ja-foot").words


def test_browser(make: Make, now: int) -> None:
    card = _card(make(**BROWSER), now)
    assert card.one("a").attrs["href"] == BROWSER["authorization_uri"]
    assert card.one("a").words == "Open login.microsoftonline.com"
    assert not card.all("button")
    assert "Request ends in 15 min" in card.one(cls="ja-foot").words


def test_an_address_that_has_to_be_pasted(make: Make, now: int) -> None:
    said = _card(make(**BROWSER, paste=True), now).one(cls="ja-steps").words
    assert "Copy the address you end up on and paste it here" in said
    assert "closes by itself" not in said


def test_why_it_is_not_the_code(make: Make, now: int) -> None:
    card = _card(make(**BROWSER, flow_reason="device_code_blocked"), now)
    assert "Your administrator has switched off sign-in with a code." in card.one(cls="ja-steps").words
    failed = render_card(make(state="failed", reason="device_code_blocked", message="AADSTS53003"), now=now)
    assert "Sign in in this browser instead." in failed and "AADSTS" not in failed


@pytest.mark.parametrize("state", ENDED)
def test_an_outcome_is_one_line_without_code_link_or_script(make: Make, now: int, state: str) -> None:
    shown = render_card(make(state=state, username="ada@contoso.com"), now=now)
    line = parse(shown)
    assert {node.tag for node in line.walk()} <= {"#root", "div", "svg", "path", "span", "bdi"}
    assert "\n" not in line.text.strip()
    assert not re.search(r"D7KX|devicelogin|https?:|\d{9}", shown)
    assert line.one(cls="ja-line").attrs["role"] == (
        "alert" if state in {"declined", "failed", "melted"} else "status"
    )


def test_ids_are_unique_to_the_interaction_and_all_references_lead_somewhere(make: Make, now: int) -> None:
    cards = [_card(make(id=name), now) for name in ("a", "b", 'a"><i>', "a i")]
    ids = [node.attrs["id"] for card in cards for node in card.walk() if "id" in node.attrs]
    assert len(ids) == len(set(ids))
    assert all(re.fullmatch(r"[\w-]+", name) for name in ids)
    for card in cards:
        section = card.one("section")
        own = {node.attrs.get("id") for node in card.walk()}
        assert {section.attrs["aria-labelledby"], section.attrs["aria-describedby"]} <= own


def test_it_says_what_it_does_to_screen_readers(make: Make, now: int) -> None:
    card = _card(make(), now)
    hidden = [" ".join("".join(map(str, node.children)).split()) for node in card.all(cls="ja-said")]
    assert "Code, spelled out: D 7 K X \N{EN DASH} 9 2 Q P" in hidden
    assert "(opens in a new tab)" in hidden
    code = card.one(cls="ja-code").one("code")
    assert (code.attrs["dir"], code.attrs["translate"]) == ("ltr", "no")
    assert [node.attrs["role"] for node in card.walk() if "role" in node.attrs] == [
        *("group", "list", "status", "timer")
    ]


def test_without_script_there_is_no_button_that_does_nothing(make: Make, now: int) -> None:
    # An empty attribute does not get through JupyterLab's sanitizer: it needs a value.
    hidden = {node.attrs["class"]: node.attrs.get("hidden") for node in _card(make(), now).all("button")}
    assert hidden == {"ja-btn ja-copy": "hidden"}


@pytest.mark.parametrize("state", ["pending", *ENDED])
def test_mathematics_in_a_name_is_left_alone(make: Make, now: int, state: str) -> None:
    # JupyterLab typesets HTML output, and TeX has \href.
    root = next(node for node in _card(make(state=state), now).walk() if node.tag != "#root")
    assert {"mathjax_ignore", "tex2jax_ignore"} <= set(root.attrs["class"].split())


def test_a_long_code_is_whole(make: Make, now: int) -> None:
    long = "-".join(["WDJBMJHTQPLXKZRNVCFG"] * 6)[:120]
    box = _card(make(user_code=long), now).one(cls="ja-code")
    assert box.one("code").text == long
    assert "ja-long" in box.attrs["class"].split()


def test_many_scopes_are_all_named(make: Make, now: int) -> None:
    card = _card(make(scopes=[f"lake.{number}" for number in range(100)]), now)
    assert len(card.one("table").all(cls="ja-value")) == 104


def test_every_rule_of_the_style_is_scoped_and_loads_nothing() -> None:
    css = re.sub(r"/\*.*?\*/", "", (ASSETS / "card.css").read_text("utf-8"), flags=re.DOTALL)
    assert not re.search(r"url\(|@import|@font-face|expression", css)
    css = re.sub(r"@keyframes ja-prompt-[\w-]+ \{.*?\}\s*\}", "", css)
    selectors = [part for rule in re.findall(r"([^{};]+)\{", css) for part in re.split(r",(?![^(]*\))", rule)]
    assert len(selectors) > 50
    for selector in map(str.strip, selectors):
        assert selector.startswith((".ja-prompt", "@container ja-prompt", "@media"))


def test_the_style_has_logical_properties_only() -> None:
    css = (ASSETS / "card.css").read_text("utf-8")
    names = set(re.findall(r"(?:^|[{;])\s*([a-z-]+)\s*:", css, flags=re.MULTILINE))
    assert not {name for name in names if re.search(r"left|right|top|bottom|(^|-)(width|height)$", name)} - {
        "line-height"
    }


def test_the_script_writes_text_only_and_opens_nothing() -> None:
    source = (ASSETS / "card.js").read_text("utf-8")
    forbidden = (
        r"innerHTML|outerHTML|insertAdjacent|document\.write|eval|Function\(|open\(|location|fetch|import"
    )
    assert not re.search(forbidden, source)
    assert not re.search(r"window|globalThis|localStorage|https?:", source)


def test_nothing_can_end_the_style_or_the_script_early() -> None:
    for name in ("card.css", "card.js"):
        assert not re.search("</|<!--", (ASSETS / name).read_text("utf-8"))
