"""Two people signed in, and one chosen: seen by every kernel and server over the store, for good."""

from collections.abc import Callable
from typing import Any

import pytest
import requests

from jupyter_auth.cli.demo.jupyter_process import JupyterProcess
from tests.idp import OidcProvider
from tests.integration.conftest import on_each_provider
from tests.integration.test_description import Asked
from tests.support import EventPage, Kernel, Place

WHO = """
try:
    who = ja.get_token("lake", interactive=False).account.username
except ja.InteractionRequiredError as error:
    who = error.reason
"""


def who(kernel: Kernel) -> str:
    """Whose token a call without ``account=`` gets."""
    return str(kernel.run(WHO, "who"))


@pytest.fixture
def sign_both_in(sign_in: Callable[..., str]) -> Callable[[Kernel], None]:
    def run(kernel: Kernel) -> None:
        sign_in(kernel)
        sign_in(kernel, "tok = ja.acquire_token_by_device_flow('lake')", username="grace")

    return run


@on_each_provider
def test_a_switch_in_one_kernel_is_seen_by_the_other_at_its_next_call(
    pair: list[Kernel], sign_both_in: Callable[[Kernel], None]
) -> None:
    sign_both_in(pair[0])
    assert [who(kernel) for kernel in pair] == ["ambiguous_account"] * 2
    said = pair[0].fails("ja.get_token('lake')")
    assert "ada, grace" in said and "%auth switch lake ada" in said
    for name in ("grace", "ada", "grace"):
        pair[0].run(f"used = ja.switch_account('lake', account='{name}')")
        assert pair[0].value("[used.username, used.profile, used.default]") == [name, "lake", True]
        assert [who(kernel) for kernel in pair] == [name, name]
        assert who(pair[1]) == name  # from its own memory
        assert pair[1].value("ja.get_token('lake').metadata.cache_level") == "kernel"
    assert pair[1].value("{a.username: a.default for a in ja.get_accounts('lake')}") == {
        "ada": False,
        "grace": True,
    }
    assert pair[1].run("tok = ja.get_token('lake', account='ada')", "tok.account.username") == "ada"
    pair[1].run("ja.sign_out('lake', account='grace')")
    assert [who(kernel) for kernel in pair] == ["ada", "ada"]


def test_another_server_of_the_store_and_one_that_is_started_later_see_it(
    fresh: Place, start_kernels: Callable[..., list[Kernel]], sign_both_in: Callable[[Kernel], None]
) -> None:
    with fresh.server() as first, fresh.server() as second:
        one, two = start_kernels(first)[0], start_kernels(second)[0]
        sign_both_in(one)
        assert who(two) == "ambiguous_account"
        one.run("ja.switch_account('lake', account='grace')")
        assert (who(two), who(one)) == ("grace", "grace")
        two.run("ja.switch_account('lake', account='ada')")
        assert (who(one), who(two)) == ("ada", "ada")
    with fresh.server() as later:
        assert who(start_kernels(later)[0]) == "ada"


def test_a_process_without_a_server_sees_it_too(
    fresh: Place, start_kernels: Callable[..., list[Kernel]], sign_both_in: Callable[[Kernel], None]
) -> None:
    with fresh.server() as server:
        kernel = start_kernels(server)[0]
        sign_both_in(kernel)
        script = "import jupyter_auth as ja; print(ja.switch_account('lake', account='grace').username)"
        kernel.run(
            "import os, subprocess, sys\n"
            "env = {k: v for k, v in os.environ.items()"
            " if k not in ('JPY_PARENT_PID', 'JUPYTER_AUTH_CONNECTION_FILE')}\n"
            f"run = subprocess.run([sys.executable, '-c', {script!r}],"
            " env=env, capture_output=True, text=True, timeout=110)"
        )
        assert kernel.value("run.stdout.strip() or run.stderr") == "grace"
        assert who(kernel) == "grace"


@pytest.fixture
def both(kernel: Kernel, sign_both_in: Callable[[Kernel], None]) -> Kernel:
    """A kernel of a server to which ada and grace are signed in."""
    sign_both_in(kernel)
    kernel.run("%load_ext jupyter_auth")
    return kernel


# -- the magic ----------------------------------------------------------------------------------------------


def test_the_magic_switches_and_lists(both: Kernel, home: Place) -> None:
    home.toml.write_text(
        'default_profile = "lake"\n' + home.toml.read_text(encoding="utf-8"), encoding="utf-8"
    )
    chosen = (
        ("lake grace", "grace"),
        ("ada", "ada"),
        ("lake --account GRACE", "grace"),
        ("--account ada", "ada"),
    )
    for line, name in chosen:
        both.run(f"%auth switch {line}")
        assert f"{name} · lake is used by default, in every notebook." in said_by(both)
        assert who(both) == name
    for line in ("", "lake"):
        both.run(f"%auth switch {line}")
        for text in ("ada · lake · used by default", "grace · lake", "%auth switch PROFILE ACCOUNT"):
            assert text in said_by(both)
    both.run("%auth status")
    assert "Account   ada · lake · used by default" in said_by(both)


def test_a_login_that_makes_a_choice_necessary_says_so(kernel: Kernel, sign_in: Callable[..., str]) -> None:
    kernel.run("%load_ext jupyter_auth")
    sign_in(kernel, "tok = %auth login lake")
    assert "accounts are signed in" not in said_by(kernel)
    sign_in(kernel, "tok = %auth login lake", username="grace")
    assert "2 accounts are signed in to lake now, and none is used by default." in said_by(kernel)
    assert "%auth switch lake ACCOUNT" in said_by(kernel)
    kernel.run("%auth switch lake ada")
    sign_in(kernel, "tok = %auth login lake", username="eve")
    assert said_by(kernel).count("accounts are signed in to lake now") == 1  # of before
    assert who(kernel) == "ada"


def said_by(kernel: Kernel) -> str:
    return kernel.text().encode().decode("unicode_escape")


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("lake grcae", ['did you mean "grace"?', "Signed in: ada, grace."]),
        ("laek grace", ['did you mean "lake"?']),
        ("laek", ["neither a profile nor an account", 'did you mean "lake"?']),
        ("grcae", ["neither a profile nor an account", 'did you mean "grace"?']),
        ("lake grace ada", ["a profile and an account, not 'ada' too"]),
        ("lake grace --revoke", ["takes no --revoke"]),
    ],
)
def test_what_the_magic_cannot_mean_is_refused(
    both: Kernel, home: Place, line: str, words: list[str]
) -> None:
    home.toml.write_text(
        'default_profile = "lake"\n' + home.toml.read_text(encoding="utf-8"), encoding="utf-8"
    )
    said = both.fails(f"%auth switch {line}")
    for word in words:
        assert word in said
    assert who(both) == "ambiguous_account"


def test_bad_arguments_of_the_function(both: Kernel) -> None:
    assert "account must name who is to be used" in both.fails("ja.switch_account('lake', account=None)")
    assert "account names nobody" in both.fails("ja.switch_account('lake', account=7)")
    both.run("ja.switch_account('lake', account=ja.get_accounts('lake')[1])")
    assert who(both) == "grace"


# -- REST ---------------------------------------------------------------------------------------------------


def test_over_rest(both: Kernel, server: JupyterProcess, home: Place, provider: OidcProvider) -> None:
    home.profile(provider.issuer, name="same")
    home.profile("http://127.0.0.1:9", name="other")
    ask, page = Asked(server), EventPage(server)
    ids = {row["username"]: row["home_account_id"] for row in ask("GET", "accounts")}
    path = f"accounts/{ids['grace']}"
    (row,) = ask("PUT", path, params={"profile": "lake"}, json={"default": True})
    assert (row["username"], row["profile"], row["default"]) == ("grace", "lake", True)
    (event,) = page.next(1)
    told = {"home_account_id": ids["grace"], "profile": "lake", "action": "switched"}
    assert told.items() <= event.items()
    page.close()
    assert who(both) == "grace"
    defaults = {(r["username"], r["profile"]): r["default"] for r in ask("GET", "accounts")}
    assert [key for key, is_default in defaults.items() if is_default] == [("grace", "lake")]
    rows = ask("PUT", f"accounts/{ids['ada']}", json={"default": True})
    assert {(r["profile"], r["default"]) for r in rows} == {("lake", True), ("same", True)}
    assert who(both) == "ada"
    (row,) = ask("PUT", path, json={"default": True, "profile": "same"})
    assert row["profile"] == "same" and who(both) == "ada"
    for body in ({}, {"default": False}, {"default": 1}, {"default": "true"}):
        assert ask("PUT", path, 400, json=body)["reason"] == "bad_argument"
    for profile in ("", "laek"):
        assert ask("PUT", path, 400, params={"profile": profile}, json={"default": True})
    assert ask("PUT", path, 400, json=["default"])["reason"] == "bad_body"
    assert ask("PUT", path, 415, data='{"default": true}')["error"] == "http_415"
    assert ask("PUT", path, 413, json={"default": True, "x": "y" * 70_000})
    assert ask("PUT", path, 404, params={"profile": "other"}, json={"default": True})
    assert ask("PUT", "accounts/a.b", 404, json={"default": True})
    assert who(both) == "ada"


def test_a_foreign_page_cannot_switch(both: Kernel, server: JupyterProcess) -> None:
    """With Jupyter's cookie alone, without the header that only a page of the server's own can send."""
    rows = server.get("jupyter_auth/v1/accounts").json()
    url = f"{server.url}jupyter_auth/v1/accounts/{rows[0]['home_account_id']}"
    with requests.Session() as browser:
        browser.trust_env = False
        browser.get(f"{server.url}api/status", params={"token": server.token}, timeout=10)
        browser.get(f"{server.url}login", timeout=10)
        asked: dict[str, Any] = {"json": {"default": True}, "timeout": 10}
        assert browser.put(url, **asked).status_code == 403
        wrong = {"X-XSRFToken": "wrong"}
        assert browser.put(url, headers=wrong, **asked).status_code == 403
        assert who(both) == "ambiguous_account"
        right = {"X-XSRFToken": browser.cookies["_xsrf"]}
        assert browser.put(url, headers=right, **asked).status_code == 200
    assert who(both) == rows[0]["username"]
