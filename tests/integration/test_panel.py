"""The panel's kernel side, talked to by a page of our own: comm messages over a real server's websocket."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import pytest

from tests.idp import Provider
from tests.integration.conftest import pending
from tests.support import CellError, Kernel, Place, Script, until

VIEW = "application/vnd.jupyter.widget-view+json"
WATCHES = "any(t.name == 'jupyter_auth-watch' for t in __import__('threading').enumerate())"


class Page:
    """What a page with the panel says and hears."""

    def __init__(self, kernel: Kernel, comm: str, subshell: str | None = None) -> None:
        self.kernel = kernel
        self.comm = comm
        self.header = {"subshell_id": subshell} if subshell else {}

    def say(self, **content: Any) -> None:
        data = {"method": "custom", "content": content}
        self.kernel.send("shell", "comm_msg", {"comm_id": self.comm, "data": data}, **self.header)

    def heard(self, kind: str) -> list[dict[str, Any]]:
        """All that came to it of that kind."""
        said = [
            message["content"]["data"].get("content", {})
            for message in self.kernel.messages
            if message["msg_type"] == "comm_msg" and message["content"]["comm_id"] == self.comm
        ]
        return [content for content in said if content.get("kind") == kind]

    def ask(self, method: str, path: str, **body: Any) -> tuple[int, Any]:
        name = f"v/{time.monotonic_ns()}"
        self.say(kind="ask", id=name, method=method, path=path, body=body)

        def answers() -> list[dict[str, Any]]:
            return [answer for answer in self.heard("answer") if answer["to"] == name]

        self.kernel.listen_until(lambda: bool(answers()))
        return answers()[0]["status"], answers()[0]["body"]

    def hears(self, kind: str, more_than: int = 0, timeout: float = 60) -> int:
        self.kernel.listen_until(lambda: len(self.heard(kind)) > more_than, timeout)
        return len(self.heard(kind))


def open_panel(kernel: Kernel) -> Page:
    cell = kernel.start("%load_ext jupyter_auth\n%auth", "None")
    bundle = kernel.shows(cell)
    kernel.result_of(cell)
    return Page(kernel, bundle[VIEW]["model_id"])


@pytest.fixture
def page(kernel: Kernel) -> Page:
    return open_panel(kernel)


def test_the_panel_is_a_widget_with_a_snapshot_beside_it(kernel: Kernel, page: Page) -> None:
    (bundle,) = kernel.displays()
    assert set(bundle) == {VIEW, "text/html", "text/plain"}
    for form in ("text/html", "text/plain"):
        for word in ("Sign-ins for this notebook", "Test lake", "Nobody signed in", "Sealed on disk"):
            assert word in bundle[form]
    assert "This view is a snapshot" in bundle["text/html"]
    assert kernel.value("ja.panel() is ja.panel()")


def test_widgets_are_loaded_for_who_looks_at_the_panel(kernel: Kernel) -> None:
    loaded = "[n for n in ('anywidget', 'ipywidgets') if n in __import__('sys').modules]"
    kernel.run("%load_ext jupyter_auth\nja.get_accounts()\n%auth status")
    assert kernel.value(loaded) == []
    kernel.run("%auth")
    assert kernel.value(loaded) == ["anywidget", "ipywidgets"]


def test_it_answers_as_rest_does(kernel: Kernel, page: Page, sign_in: Callable[..., str]) -> None:
    sign_in(kernel)
    for resource in ("profiles", "accounts", "cache"):
        status, rows = page.ask("GET", resource)
        assert (status, rows) == (200, kernel.server.get(f"jupyter_auth/v1/{resource}").json())
    status, told = page.ask("GET", "status")
    assert (status, told["store"]["name"], told["broker"]["where"]) == (200, "sqlite", "server")
    status, (own,) = page.ask("GET", "kernels")
    assert own["kernel_id"] == kernel.kernel_id and own["profiles"][0]["profile"] == "lake"
    assert page.ask("GET", "secrets")[1]["reason"] == "unknown_resource"
    assert page.ask("PUT", "cache")[0] == 400


def test_a_sign_in_of_the_panel_keeps_no_cell_waiting(kernel: Kernel, page: Page, provider: Provider) -> None:
    status, begun = page.ask("POST", "interactions", profile="lake")
    assert (status, begun["state"]) == (200, "pending")
    assert kernel.value("6 * 7") == 42
    status, (listed,) = page.ask("GET", "interactions")
    assert listed["user_code"] == begun["user_code"] and listed["requested_by"]["waiting"] == 1
    provider.approve(begun["user_code"])
    until(lambda: page.ask("GET", "accounts")[1] != [])
    _, (account,) = page.ask("GET", "accounts")
    assert (account["username"], account["state"]) == ("ada", "signed_in")
    assert kernel.run("tok = ja.get_token('lake', interactive=False)", "tok.account.username") == "ada"
    token = kernel.value("tok.reveal()")
    (ended,) = page.ask("GET", "interactions")[1]
    assert (ended["state"], ended["user_code"], ended["verification_uri"]) == ("succeeded", None, None)
    kernel.messages[:] = [m for m in kernel.messages if m["msg_type"].startswith("comm")]
    assert token not in kernel.text()


def test_a_redirect_is_answered_and_another_way_chosen(
    pair: list[Kernel], home: Place, provider: Provider
) -> None:
    home.profile(provider.issuer, "web", more='flows = ["authorization_code", "device_code"]\n')
    page, other = open_panel(pair[0]), open_panel(pair[1])
    _, begun = page.ask("POST", "interactions", profile="web")
    path = f"interactions/{begun['id']}"
    assert (begun["flow"], begun["other_flows"]) == ("authorization_code", ["device_code"])
    back = provider.sign_in(begun["authorization_uri"])
    assert other.ask("POST", path, url=back)[1]["reason"] == "unknown_interaction"
    assert page.ask("POST", path, url=back + "x&state=y")[1]["reason"] == "wrong_address"
    _, switched = page.ask("POST", path, flow="device_code")
    assert (switched["id"], switched["flow"]) == (begun["id"], "device_code")
    _, again = page.ask("POST", path, flow="authorization_code")
    _, done = page.ask("POST", path, url=provider.sign_in(again["authorization_uri"]))
    assert (done["state"], done["username"]) == ("succeeded", "ada")


def test_cancel_sign_out_and_clear(kernel: Kernel, page: Page, sign_in: Callable[..., str]) -> None:
    _, begun = page.ask("POST", "interactions", profile="lake")
    status, cancelled = page.ask("DELETE", f"interactions/{begun['id']}")
    assert (status, cancelled["state"], cancelled["user_code"]) == (200, "cancelled", None)
    sign_in(kernel)
    _, (account,) = page.ask("GET", "accounts")
    _, report = page.ask("DELETE", f"accounts/{account['home_account_id']}", profile="lake")
    assert [row["outcome"] for row in report["accounts"]] == ["revoked"]
    sign_in(kernel)
    _, report = page.ask("DELETE", "cache", revoke=False)
    assert [row["outcome"] for row in report["accounts"]] == ["not_asked"]
    with pytest.raises(CellError, match="InteractionRequiredError"):
        kernel.run("ja.get_token('lake', interactive=False)")


def test_an_account_can_be_used_by_default(kernel: Kernel, page: Page, sign_in: Callable[..., str]) -> None:
    sign_in(kernel, username="ada")
    ask = "tok = ja.acquire_token_by_device_flow('lake')"
    sign_in(kernel, ask, username="bob")
    _, rows = page.ask("GET", "accounts")
    (bob,) = [row["home_account_id"] for row in rows if row["username"] == "bob"]
    status, _ = page.ask("PUT", f"accounts/{bob}?profile=lake", default=True)
    assert status == 200
    _, rows = page.ask("GET", "accounts")
    assert {row["username"]: row["default"] for row in rows} == {"ada": False, "bob": True}


def test_a_kernel_s_requests_are_its_own(pair: list[Kernel], provider: Provider) -> None:
    mine, other = (open_panel(kernel) for kernel in pair)
    _, begun = mine.ask("POST", "interactions", profile="lake")
    assert other.ask("GET", "interactions") == (200, [])
    status, refused = other.ask("DELETE", f"interactions/{begun['id']}")
    assert (status, refused["reason"]) == (400, "unknown_interaction")
    _, joined = other.ask("POST", "interactions", profile="lake")
    assert joined["id"] == begun["id"]
    assert other.ask("GET", "interactions")[1][0]["requested_by"]["waiting"] == 2
    provider.approve(begun["user_code"])
    until(lambda: mine.ask("GET", "accounts")[1] != [])


def test_it_hears_of_changes_only_while_somebody_looks(
    pair: list[Kernel], sign_in: Callable[..., str]
) -> None:
    looking, other = pair
    page = open_panel(looking)
    assert looking.value(WATCHES) is False
    page.say(kind="look", view="v", looks=True)
    heard = page.hears("changed")
    assert looking.value(WATCHES) is True
    sign_in(other)
    heard = page.hears("changed", heard)
    other.run("ja.clear_cache()")
    heard = page.hears("changed", heard)
    page.say(kind="look", view="v", looks=False)
    until(lambda: not looking.value(WATCHES))
    settled = len(page.heard("changed"))
    sign_in(other)
    looking.value("time.sleep(1)")
    assert len(page.heard("changed")) == settled


def test_reading_wakes_nobody(kernel: Kernel, page: Page, sign_in: Callable[..., str]) -> None:
    sign_in(kernel)
    page.say(kind="look", view="v", looks=True)
    page.hears("changed")
    kernel.value("time.sleep(1)")
    settled = len(page.heard("changed"))
    for resource in ("status", "profiles", "accounts", "interactions", "cache", "kernels"):
        page.ask("GET", resource)
    kernel.value("time.sleep(1)")
    assert len(page.heard("changed")) == settled


def test_no_trait_holds_anything_that_it_shows(kernel: Kernel, page: Page, provider: Provider) -> None:
    _, begun = page.ask("POST", "interactions", profile="lake")
    kernel.run("import json\nfrom ipywidgets.widgets.widget import _instances")
    states = "[w.get_state() for w in _instances.values()]"
    dumped = kernel.value(f"json.loads(json.dumps({states}, default=str))")
    (state,) = [state for state in dumped if state.get("kind") == "panel"]
    assert set(state) == ONLY | DOM
    text = json.dumps(dumped)
    for shown in (begun["user_code"], begun["verification_uri"], begun["id"], "lake.read", "Test lake"):
        assert shown not in text
    opened = [m for m in kernel.messages if m["msg_type"] == "comm_open"]
    assert opened and begun["user_code"] not in json.dumps(opened)


ONLY = {"kind", "_esm", "_anywidget_id"}
DOM = {
    *("_model_name", "_model_module", "_model_module_version", "_view_name", "_view_module"),
    *("_view_module_version", "_view_count", "_dom_classes", "layout", "tabbable", "tooltip"),
}


def test_a_run_without_a_person_shows_a_snapshot(kernel: Kernel, sign_in: Callable[..., str]) -> None:
    sign_in(kernel)
    kernel.allow_stdin = False
    cell = kernel.start("%load_ext jupyter_auth\n%auth", "type(ja.panel()).__name__")
    assert kernel.result_of(cell) == "Snapshot"
    (bundle,) = kernel.displays(cell)
    assert set(bundle) == {"text/html", "text/plain"}
    for form in bundle.values():
        for word in ("ada", "Signed in", "lake.read", "Until "):
            assert word in form


def test_without_anywidget_it_says_so_and_shows_text(kernel: Kernel) -> None:
    kernel.run("import sys; sys.modules['anywidget'] = None")
    said = kernel.fails("ja.panel()")
    assert "AuthError" in said and "anywidget is missing" in said and "%auth status" in said
    kernel.run("%load_ext jupyter_auth\n%auth")
    text = kernel.text().encode().decode("unicode_escape")
    assert "Broker    in the Jupyter server" in text and "%pip install anywidget" in text
    assert kernel.displays() == []


def test_a_script_gets_text(fresh: Place) -> None:
    with Script(fresh) as script:
        text = script.run("import jupyter_auth as ja; shown = str(ja.panel())", "shown")
    assert "Sign-ins for this notebook" in text
    assert "Test lake" in text and "In this Python process · no Jupyter server" in text


def test_where_a_widget_has_spoken_the_cell_holds_no_code(
    kernel: Kernel, page: Page, provider: Provider
) -> None:
    """No front end of ours is open, but this kernel's page shows widgets: the next prompt is one."""
    page.say(kind="look", view="v", looks=False)
    kernel.value("1")
    cell = kernel.start("tok = ja.get_token('lake')", "tok.account.username")
    shown = kernel.shows(cell)
    waiting = pending(kernel.server)
    assert set(shown) == {VIEW, "text/plain"} and "see the card" in shown["text/plain"]
    card = Page(kernel, shown[VIEW]["model_id"])
    card.hears("interaction")
    assert card.heard("interaction")[0]["interaction"]["user_code"] == waiting["user_code"]
    provider.approve(waiting["user_code"])
    assert kernel.result_of(cell) == "ada"
    for bundle in kernel.displays(cell):
        assert waiting["user_code"] not in json.dumps(bundle)
    assert kernel.displays(cell)[-1]["text/plain"] == "✓ Signed in as ada · lake"
    opened = [m["content"]["data"] for m in kernel.messages if m["msg_type"] == "comm_open"]
    assert [data["state"]["kind"] for data in opened if "kind" in data["state"]] == ["panel", "card"]
    assert waiting["user_code"] not in json.dumps(opened)
    closed = [m["content"]["comm_id"] for m in kernel.messages if m["msg_type"] == "comm_close"]
    assert card.comm in closed
