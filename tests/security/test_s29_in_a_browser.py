"""S29 in JupyterLab: what a provider says of people and of requests runs nothing, and is only text."""

import json
from pathlib import Path

from playwright.sync_api import Browser, expect

from tests.browser.lab import LAB, violations
from tests.browser.panel import forget, open_lab, open_panel, section
from tests.idp import Answer, MisbehavingProvider, Request, Responder, faults
from tests.support import place

SOON = 60_000  # ms


def named(idp: MisbehavingProvider, name: str) -> Responder:
    """The token endpoint of a provider that calls everybody so."""

    def answer(request: Request) -> Answer:
        status, headers, body = idp.grants.token(request)
        told = json.loads(body)
        if "id_token" in told:
            told["id_token"] = idp.id_token("ada", "nb-public", preferred_username=name, name=name)
        return status, headers, json.dumps(told).encode()

    return answer


def test_what_a_hostile_provider_calls_people_is_only_text(browser: Browser) -> None:
    name = "<img src=x onerror='window.pwned=1'>\u202egpj.exe\u0007"
    with (
        MisbehavingProvider() as idp,
        place(idp.issuer) as home,
        home.server(LAB.option, module=LAB.module) as lab,
    ):
        page = browser.new_page()
        open_lab(page, lab)
        panel = open_panel(page)
        panel.get_by_role("button", name="Sign in to Test lake").click()
        expect(panel.locator("jupyter-auth-card")).to_have_count(1, timeout=SOON)
        idp.answers["token"] = named(idp, name)
        idp.approve()
        rows = section(panel, "Accounts")
        expect(rows).to_contain_text("<img src=x onerror='window.pwned=1'>gpj.exe", timeout=SOON)
        assert panel.locator("img").count() == 0
        assert page.evaluate("window.pwned") is None
        assert "\u202e" not in panel.evaluate("panel => panel.outerHTML")
        page.close()


MARKUP = "<img src=x onerror='window.pwned=1'>"


def test_what_a_hostile_provider_says_of_a_request(browser: Browser, tmp_path: Path) -> None:
    code = (MARKUP + "W" * 120)[:120]
    with (
        MisbehavingProvider() as idp,
        place(idp.issuer) as home,
        home.server(LAB.option, module=LAB.module) as lab,
    ):
        page = browser.new_page(viewport={"width": 1000, "height": 900})
        open_lab(page, lab)
        panel = open_panel(page)
        ask = panel.get_by_role("button", name="Sign in to Test lake")
        answer = {"device_code": "d", "user_code": code, "expires_in": 600, "interval": 5}
        idp.answers["device_authorization"] = faults.json(
            200, answer | {"verification_uri": f"{idp.issuer}/v"}
        )
        ask.click()
        card = panel.locator("jupyter-auth-card")
        expect(card.locator(".code > code")).to_have_text(code, timeout=SOON)
        assert card.evaluate("c => c.shadowRoot.querySelector('.card').scrollWidth <= c.clientWidth")
        assert violations(page, "jupyter-auth-card") == []
        card.get_by_role("button", name="Cancel").click()
        expect(card).to_be_hidden(timeout=SOON)

        idp.answers["device_authorization"] = faults.json(
            200, answer | {"verification_uri": "javascript:window.pwned=1"}
        )
        ask.click()
        expect(panel.get_by_role("alert").filter(has_text="not safe")).to_be_visible(timeout=SOON)
        words = MARKUP + "\u202egpj.exe"
        refused = {"error": "invalid_request", "error_description": words}
        idp.answers["device_authorization"] = faults.json(400, refused)
        ask.click()
        page.wait_for_timeout(2000)
        html = panel.evaluate("p => p.outerHTML")
        assert "javascript:" not in html and "\u202e" not in html
        assert panel.locator("img, a[href^=javascript]").count() == 0
        assert page.evaluate("window.pwned") is None
        forget(lab)
        page.close()
