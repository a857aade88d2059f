"""S29: what providers, kernels and file names say is shown as plain, short text, wherever it is shown.

``hostile.json`` is read by ``labextension/test/hostile.test.ts`` too, for the page's cards and panels.
"""

import logging
import re
import unicodedata
from collections.abc import Callable
from typing import Any

import pytest

from jupyter_auth.core.errors import AuthError, OAuthError, ProfileError
from jupyter_auth.core.text import clean
from jupyter_auth.providers.oidc import OidcEngine
from jupyter_auth.ui.card_html import render_card
from jupyter_auth.ui.card_text import render_text
from jupyter_auth.ui.saved import saved_end
from tests.idp import MisbehavingProvider, faults
from tests.integration.conftest import pending
from tests.support import Kernel, Place
from tests.unit.broker.conftest import MakeBench, own_folders  # noqa: F401 -- used by itself
from tests.unit.providers.calls import CALLS
from tests.unit.ui.hostile import FIELDS, HOSTILE, with_value
from tests.unit.ui.tree import Node, parse

Make = Callable[..., dict[str, Any]]
hostile = pytest.mark.parametrize("value", HOSTILE.values(), ids=HOSTILE.keys())
UNSEEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
BLANK = "\u3164\u115f\u1160\uffa0\u2800\u034f\ufe0f\U000e0101\u200b"


def is_plain(text: str, limit: int = 800) -> bool:
    """Nothing in it is unseen, piled up, or endless."""
    unseen = {unicodedata.category(char) for char in text.replace("\n", "")} & UNSEEN
    marks = re.sub(r"[^\u0301\u0489]+", " ", text).split()
    is_piled = any(len(run) > 4 for run in marks)
    return (
        not unseen and not set(text) & set(BLANK) and not is_piled and max(map(len, text.split("\n"))) < limit
    )


def test_the_measure_can_fail() -> None:
    assert is_plain("Zoë 数据") and not any(
        map(is_plain, ("\u202e", "a\u3164", "a" + "\u0301" * 5, "x" * 900))
    )


@hostile
def test_what_is_shown_is_one_plain_line(value: str) -> None:
    assert is_plain(clean(value), 121) and "\n" not in clean(value)


def test_a_name_that_shows_nothing_is_none(make: Make, now: int) -> None:
    assert clean(BLANK) == ""
    assert "name not verified" in parse(render_card(make(title=BLANK), now=now)).words


# -- cards ---------------------------------------------------------------------------------------------------


def card_of(interaction: dict[str, Any], now: int) -> Node:
    return parse(render_card(interaction, now=now))


@hostile
@pytest.mark.parametrize("state", ["pending", "succeeded", "declined"])
def test_no_value_changes_an_element_or_an_attribute_of_the_html(
    make: Make, now: int, value: str, state: str
) -> None:
    for field in FIELDS:
        harmless = make(state=state, username="ada", scopes=["openid", "lake.read", "Files.Read"])
        if field == "scope_titles":
            harmless |= {"scopes": ["openid", "User.Read", "Files.Read"]}
        card, expected = (card_of(with_value(harmless, field, chosen), now) for chosen in (value, "harmless"))
        assert card.skeleton() == expected.skeleton(), field
        for name in ("href", "name"):
            was = [node.attrs.get(name) for node in expected.walk()]
            assert [node.attrs.get(name) for node in card.walk()] == was, field
        for tag in ("script", "style"):
            assert [node.children for node in card.all(tag)] == [node.children for node in expected.all(tag)]
        assert is_plain(card.words, 10_000), field


@hostile
def test_nor_do_the_words_of_a_failure(make: Make, now: int, value: str) -> None:
    card, expected = (
        card_of(make(state="failed", reason=chosen, message=chosen, hint=chosen), now)
        for chosen in (value, "x")
    )
    assert card.skeleton() == expected.skeleton()


@hostile
@pytest.mark.parametrize("state", ["pending", "succeeded", "declined", "failed"])
def test_in_text_a_value_stays_in_its_line(make: Make, now: int, value: str, state: str) -> None:
    message = {"message": value, "hint": value} if state == "failed" else {}
    for field in FIELDS:
        shown = render_text(with_value(make(state=state, **message), field, value), now=now)
        assert is_plain(shown), field
        assert not any(
            line.startswith(("  2. Enter  EVIL", "  1. Open   https://evil")) for line in shown.split("\n")
        )
        assert state == "pending" or "\n" not in shown


@hostile
def test_what_a_notebook_keeps_is_plain_too(make: Make, value: str) -> None:
    for state in ("succeeded", "failed"):
        names = dict.fromkeys(("id", "profile", "username", "reason", "message", "hint", "issuer"), value)
        kept = saved_end(make(state=state, **names))
        assert all(is_plain(text, 241) for text in kept.values())


# -- errors, logs, accounts ----------------------------------------------------------------------------------


@hostile
def test_an_error_of_a_provider_s(
    idp: MisbehavingProvider, engine: OidcEngine, value: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    for field in ("error", "error_description", "error_uri", "correlation_id", "trace_id"):
        idp.answers["token"] = faults.json(400, {"error": "invalid_request"} | {field: value})
        with pytest.raises(OAuthError) as caught:
            CALLS["refresh"][1](engine)
        logging.getLogger("test").warning("It failed: %s", caught.value)
        logged = "\n".join(record.getMessage() for record in caplog.records)
        for text in (str(caught.value), repr(caught.value), str(getattr(caught.value, field)), logged):
            assert is_plain(text, 1000)


@hostile
def test_an_issuer_by_another_name(idp: MisbehavingProvider, engine: OidcEngine, value: str) -> None:
    idp.answers["discovery"] = faults.json(200, {"issuer": value, "token_endpoint": f"{idp.issuer}/token"})
    with pytest.raises(ProfileError) as caught:
        engine.discover()
    assert is_plain(str(caught.value))


@hostile
def test_a_token_type(idp: MisbehavingProvider, engine: OidcEngine, value: str) -> None:
    idp.answers["token"] = faults.json(200, {"access_token": "a", "token_type": value})
    with pytest.raises(AuthError) as caught:
        CALLS["refresh"][1](engine)
    assert is_plain(str(caught.value))


@pytest.mark.parametrize("claim", ["preferred_username", "name", "email", "upn"])
@pytest.mark.parametrize(
    "kind", ["image", "bidirectional", "terminal", "newline", "tags", "piled marks", "long"]
)
async def test_who_signed_in(idp: MisbehavingProvider, make_bench: MakeBench, claim: str, kind: str) -> None:
    bench = make_bench(idp)
    names: dict[str, Any] = dict.fromkeys(("preferred_username", "email"))
    token = idp.grants.id_token("ada", "nb-public", **names | {claim: HOSTILE[kind]})
    idp.answers["token"] = faults.json(200, {"access_token": "a", "token_type": "Bearer", "id_token": token})
    found = await bench.sign_in()
    assert found.account is not None
    for text in (found.account.username, found.account.name, repr(found)):
        assert is_plain(text, 400)


# -- in a kernel of a real server ----------------------------------------------------------------------------


def test_in_a_cell(home: Place, kernel: Kernel) -> None:
    code = "<img src=x onerror=alert(1)>" + "A" * 80
    with MisbehavingProvider() as rogue:
        titles = 'scope_titles = {"lake.read" = "<b>\\u202e\\u001b[31m"}'
        home.profile(rogue.issuer, name="rogue", client_id="nb", more=titles)
        body = {
            "device_code": "d",
            "user_code": code,
            "verification_uri": rogue.issuer + "/v",
            "expires_in": 60,
        }
        rogue.answers["device_authorization"] = faults.json(200, body)
        cell = kernel.start("try: ja.get_token('rogue')\nexcept ja.AuthError: pass", "None")
        request = pending(kernel.server)
        shown = kernel.shows(cell)
        assert request["user_code"] == code
        assert "<img src=x" not in shown["text/html"] and "<b>" not in shown["text/html"]
        for form in ("text/html", "text/plain"):
            assert is_plain(shown[form], 100_000)
        kernel.server.delete(f"jupyter_auth/v1/interactions/{request['id']}")
        kernel.result_of(cell)
        rogue.answers["device_authorization"] = faults.json(
            400, {"error": HOSTILE["terminal"], "error_description": HOSTILE["bidirectional"]}
        )
        failing = kernel.fails("ja.get_token('rogue')")
    assert "evil.example" in str(failing) and "\u202e" not in str(failing) and "\x1b]" not in str(failing)
    assert is_plain(home.log.read_text(encoding="utf-8"), 100_000)
