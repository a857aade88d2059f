from collections.abc import Callable
from typing import Any

import pytest

from jupyter_auth.ui.card_text import render_text

Make = Callable[..., dict[str, Any]]

HEAD = """\
sales-forecast.ipynb asks you to sign in to graph
Only continue if you started this just now.

  Notebook     projects/2026/sales-forecast.ipynb
  Kernel       Python 3 (ipykernel)
               name not verified
  Application  Contoso Notebooks
  Sign in at   login.microsoftonline.com for contoso.com
  Allows       Read your profile (User.Read)
               Read your files (Files.Read)

"""
STEPS = """\
  1. Open   https://microsoft.com/devicelogin
  2. Enter  D7KX-92QP

"""
BROWSER = {"flow": "authorization_code", "user_code": None, "verification_uri": None}


def test_in_a_notebook(make: Make, now: int) -> None:
    expected = HEAD + STEPS + "The code expires in 15 min. To stop, interrupt the cell."
    assert render_text(make(), now=now) == expected


def test_in_a_terminal(make: Make, now: int) -> None:
    expected = HEAD + STEPS + "The code expires in 15 min. To stop, press Ctrl+C."
    assert render_text(make(), now=now, terminal=True) == expected


def test_without_a_code(make: Make, now: int) -> None:
    address = "https://login.microsoftonline.com/a?b=c"
    shown = render_text(make(**BROWSER, authorization_uri=address, expires_on=now + 600), now=now)
    assert shown == HEAD + f"  Open {address} and sign in there.\n\nRequest ends in 10 min."


def test_a_long_address_stands_on_a_line_of_its_own(make: Make, now: int) -> None:
    address = "https://login.microsoftonline.com/authorize?" + "scope=User.Read&" * 8
    shown = render_text(make(**BROWSER, authorization_uri=address), now=now)
    assert f"  Open\n  {address}\n  and sign in there.\n" in shown


def test_what_has_to_be_pasted_and_why(make: Make, now: int) -> None:
    request = make(**BROWSER, authorization_uri="https://idp.example.org/a", paste=True)
    shown = render_text(request | {"flow_reason": "device_code_blocked"}, now=now)
    assert "  Open https://idp.example.org/a and sign in there.\n  Copy the address you end up on" in shown
    assert "\n\nYour administrator has switched off sign-in with a code. Sign in in this\nbrowser" in shown


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"state": "succeeded", "username": "ada@contoso.com"}, "✓ Signed in as ada@contoso.com · graph"),
        ({"state": "succeeded"}, "✓ Signed in · graph"),
        ({"state": "cancelled"}, "✗ Sign-in cancelled. Run the cell again to sign in."),
        ({"state": "expired"}, "✗ The code expired. Run the cell again for a new one."),
        (
            {"state": "expired", **BROWSER},
            "✗ The request ended before you signed in. Run the cell again to sign in.",
        ),
        (
            {"state": "declined"},
            "✗ Sign-in declined. It was declined at login.microsoftonline.com. "
            "You are not signed in to graph.",
        ),
        (
            {"state": "failed", "reason": "unreachable", "issuer": "https://idp.example.org/realms/x"},
            "✗ Sign-in failed. idp.example.org did not answer. Check your connection or VPN, then try again.",
        ),
        (
            {"state": "failed", "reason": "unsafe_address", "issuer": "https://idp.example.org/realms/x"},
            "✗ Sign-in failed. The provider sent an address that is not safe to open, so it is not shown. "
            "Do not continue. Tell the administrator of idp.example.org.",
        ),
        (
            {"state": "failed", "reason": "tls", "message": "No trust.", "hint": "Set ca_bundle."},
            "✗ Sign-in failed. No trust. Set ca_bundle.",
        ),
        ({"state": "failed", "reason": "odd"}, "✗ Sign-in failed. Details for support: odd"),
        ({"state": "melted"}, "✗ Sign-in failed. Details for support: melted"),
    ],
)
def test_outcomes(make: Make, now: int, changes: dict[str, Any], line: str) -> None:
    assert render_text(make(**changes), now=now) == line


def test_signs_of_ascii_only(make: Make, now: int) -> None:
    done = make(state="succeeded", username="ada@contoso.com")
    assert render_text(done, now=now, unicode=False) == "ok Signed in as ada@contoso.com - graph"
    cancelled = render_text(make(state="cancelled"), now=now, unicode=False)
    assert cancelled == "-- Sign-in cancelled. Run the cell again to sign in."


def test_who_waits_what_is_unverified_and_where_it_is_kept(make: Make, now: int) -> None:
    asker = {"waiting": 3, "in_process": True}
    shown = render_text(make(title=None, requested_by=asker, username="ada@contoso.com"), now=now)
    assert "  Notebook     projects/2026/sales-forecast.ipynb and 2 more notebooks wait\n" in shown
    assert "               No Jupyter server here: the sign-in is kept in this Python\n" in shown
    assert "  Application  6b1e\n               name not verified\n  Account      ada@contoso.com\n" in shown


def test_no_notebook(make: Make, now: int) -> None:
    shown = render_text(make(requested_by={"notebook": None, "kernel_name": None}), now=now)
    assert shown.startswith("Sign in to graph\nOnly continue")
    assert "Notebook " not in shown
    assert "Kernel" not in shown


@pytest.mark.parametrize("changes", [{"slow": True}, {"expires_on": 1_800_000_000 + 200, "created_on": 0}])
def test_slow(make: Make, now: int, changes: dict[str, Any]) -> None:
    shown = render_text(make(**changes), now=now)
    assert "D7KX-92QP\n\nFinished on the page? The answer can take a few seconds to arrive.\n\nThe" in shown


def test_lines_stay_under_80_columns_where_the_words_allow_it(make: Make, now: int) -> None:
    wordy = "a notebook about many things that nobody has yet found the time to name in fewer words.ipynb"
    titles = {"User.Read": "Read your name, your picture and the address your organization has of you"}
    shown = render_text(make(requested_by={"notebook": wordy}, scope_titles=titles), now=now)
    assert max(map(len, shown.splitlines())) < 80


@pytest.mark.parametrize("junk", [None, 7, "x", [], {}, float("nan"), float("inf"), 10**400, -(10**20), True])
def test_values_of_any_type_are_survived(make: Make, now: int, junk: object) -> None:
    for field in make():
        assert render_text(make() | {field: junk}, now=now)
    assert render_text(make(requested_by={"notebook": junk, "kernel_name": junk, "waiting": junk}), now=now)
    assert render_text({}, now=now).startswith("✗ Sign-in failed.")
