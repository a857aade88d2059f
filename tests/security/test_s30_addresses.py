"""S30: an address that a provider sends is judged as it is written, before any parser sees it.

``addresses.json`` is read by ``labextension/test/addresses.test.ts`` too: the page judges the same.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from jupyter_auth.core.errors import PolicyError
from jupyter_auth.core.urls import checked_split, host_of, is_safe_endpoint, is_safe_link
from jupyter_auth.providers.oidc import OidcEngine
from jupyter_auth.ui.card_html import render_card
from jupyter_auth.ui.card_text import render_text
from tests.idp import MisbehavingProvider, faults
from tests.security.off import switch_off
from tests.unit.providers.calls import SCOPES, assert_no_canary
from tests.unit.ui.tree import parse

Make = Callable[..., dict[str, Any]]

ISSUER = "https://idp.example.org/realms/science"
LOCAL = "http://127.0.0.1:8080/realms/dev"
TABLE: dict[str, list[Any]] = json.loads(Path(__file__).with_name("addresses.json").read_text("utf-8"))
LONG = ["https://" + "a" * 10**6, "https://example.org/" + "x" * 2030]
UNSAFE = [*TABLE["unsafe"], *LONG, b"https://idp.example.org", float("nan")]
NOT_TEXT = [address for address in UNSAFE if not isinstance(address, str) or not address]


def short(address: Any) -> str:
    return ascii(address)[:60]


@pytest.mark.parametrize("url", [*TABLE["safe"], "https://example.org/" + "x" * 2000], ids=short)
def test_an_https_address_may_be_shown(url: str) -> None:
    assert is_safe_link(url, ISSUER) and is_safe_link(url, LOCAL)


@pytest.mark.parametrize("url", UNSAFE, ids=short)
def test_a_tricky_address_is_neither_shown_nor_called_nor_named(url: Any) -> None:
    for issuer in (ISSUER, LOCAL):
        assert not is_safe_link(url, issuer)
        assert not is_safe_endpoint(url, issuer)
    assert checked_split(url) is None
    assert host_of(url) == ""


@pytest.mark.parametrize("url", TABLE["loopback"], ids=short)
def test_plain_http_is_for_loopback_hosts_of_a_loopback_issuer(url: str) -> None:
    assert is_safe_link(url, LOCAL) and is_safe_endpoint(url, LOCAL)
    assert is_safe_link(url, "http://localhost:9000")
    for issuer in (ISSUER, "https://127.0.0.1@evil.example", ""):
        assert not is_safe_link(url, issuer) and not is_safe_endpoint(url, issuer)


@pytest.mark.parametrize("url", TABLE["no_loopback"], ids=short)
def test_plain_http_elsewhere_is_refused(url: str) -> None:
    assert not is_safe_link(url, LOCAL) and not is_safe_endpoint(url, LOCAL)


# -- as a provider sends it, and as a person would see it ----------------------------------------------------


def answer(idp: MisbehavingProvider, **changes: Any) -> None:
    body = {
        "device_code": "CANARY-device",
        "user_code": "BCDF-GHJK",
        "verification_uri": "https://idp.example/activate",
        **changes,
    }
    kept = {name: value for name, value in body.items() if not isinstance(value, bytes)}
    idp.answers["device_authorization"] = faults.json(200, kept)


def attack(idp: MisbehavingProvider, engine: OidcEngine, make: Make, now: int) -> list[str]:
    """Those of the hostile addresses to which a person would be led."""
    led: list[str] = []
    for url in [*TABLE["unsafe"], *TABLE["no_loopback"]]:
        answer(idp, verification_uri=url)
        try:
            given = engine.start_device(SCOPES, (), {}).verification_uri
        except PolicyError:
            given = url  # and where the broker were another's, the card is the second to look
        shown = render_card(make(issuer=idp.issuer, verification_uri=given), now=now)
        led += [str(link.attrs["href"]) for link in parse(shown).all("a")]
    return led


def test_no_card_leads_to_any_of_them(
    idp: MisbehavingProvider, engine: OidcEngine, make: Make, now: int
) -> None:
    assert attack(idp, engine, make, now) == []


def test_without_the_defence_a_card_leads_to_some(
    idp: MisbehavingProvider, engine: OidcEngine, make: Make, now: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    switch_off(monkeypatch, "s30")
    led = attack(idp, engine, make, now)
    assert "https://microsoft.com@evil.example" in led
    assert "https://idp.example.org\n.evil.example" in led


@pytest.mark.parametrize("url", UNSAFE, ids=short)
@pytest.mark.parametrize("name", ["verification_uri", "verification_url"])
def test_it_ends_the_sign_in_and_is_not_repeated(
    idp: MisbehavingProvider, engine: OidcEngine, name: str, url: Any
) -> None:
    answer(idp, **({"verification_uri": None} | {name: url}))
    with pytest.raises(PolicyError) as caught:
        engine.start_device(SCOPES, (), {})
    assert caught.value.reason == "unsafe_address"
    assert "evil" not in str(caught.value)
    assert_no_canary(caught.value)


@pytest.mark.parametrize("url", UNSAFE, ids=short)
def test_an_unsafe_complete_address_is_left_out(
    idp: MisbehavingProvider, engine: OidcEngine, url: Any
) -> None:
    answer(idp, verification_uri_complete=url)
    started = engine.start_device(SCOPES, (), {})
    assert started.verification_uri_complete is None
    assert started.verification_uri == "https://idp.example/activate"


@pytest.mark.parametrize("url", [url for url in UNSAFE if url not in NOT_TEXT], ids=short)
@pytest.mark.parametrize("name", ["verification_uri", "authorization_uri"])
def test_the_cards_show_neither_it_nor_the_code(make: Make, now: int, name: str, url: str) -> None:
    flow = "device_code" if name == "verification_uri" else "authorization_code"
    interaction = make(flow=flow, **{name: url})
    card, text = render_card(interaction, now=now), render_text(interaction, now=now)
    for shown in (card, text):
        assert "D7KX" not in shown and "evil" not in shown and "not safe to open" in parse(card).words
    assert "<a " not in card
