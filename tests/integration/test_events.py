"""A page hears of every change over Jupyter's own event socket, and of no more than ids and states."""

from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import pytest

from jupyter_auth.cli.demo.jupyter_process import JupyterProcess
from tests.idp import OidcProvider
from tests.integration.conftest import pending
from tests.support import EventPage, Kernel, until

REFRESH = "tok = ja.get_token('lake', force_refresh=True, interactive=False)"


@pytest.fixture
def page(server: JupyterProcess) -> Iterator[EventPage]:
    with closing(EventPage(server)) as subscribed:
        yield subscribed


def short(events: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    """The events without their ids."""
    return [tuple(value for name, value in e.items() if not name.endswith("id")) for e in events]


SIGN_IN = [
    ("interactions", "lake", "pending", 0),
    ("interactions", "lake", "pending", 1),
    ("accounts", "lake", "signed_in"),
    ("interactions", "lake", "succeeded", 1),
]
FIRST = ("kernels", "first_use", "lake")


def test_a_life_in_events_without_a_secret(
    server: JupyterProcess, provider: OidcProvider, kernel: Kernel, page: EventPage
) -> None:
    cell = kernel.start("tok = ja.get_token('lake')", "tok.account.home_account_id")
    waiting = pending(server)
    provider.approve(waiting["user_code"], username="wilhelmina.canary")
    who = kernel.result_of(cell)
    signed_in = page.next(5)
    assert short(signed_in) == [*SIGN_IN, FIRST]
    assert signed_in[4]["kernel_id"] == kernel.kernel_id
    assert {e["id"] for e in signed_in if "id" in e} == {waiting["id"]}
    assert signed_in[2]["home_account_id"] == who
    tokens = [kernel.value("tok.reveal()")]
    for silent in (1, 2, 3):  # hits, of which nobody hears
        kernel.run("tok = ja.get_token('lake')", str(silent))
    kernel.run(REFRESH)
    tokens.append(kernel.value("tok.reveal()"))
    assert page.next(1) == [
        {"topic": "cache", "action": "refreshed", "profile": "lake", "home_account_id": who}
    ]
    kernel.run("ja.sign_out('lake')")
    assert short(page.next(1)) == [("accounts", "lake", "signed_out")]
    cell = kernel.start("tok = ja.get_token('lake')", "None")
    again = pending(server)
    provider.approve(again["user_code"], username="wilhelmina.canary")
    kernel.result_of(cell)
    assert short(page.next(4)) == SIGN_IN
    tokens.append(kernel.value("tok.reveal()"))
    server.delete("jupyter_auth/v1/cache").raise_for_status()
    assert short(page.next(2)) == [("accounts", "lake", "removed"), ("cache", "cleared", None)]
    codes = [w["user_code"] for w in (waiting, again)]
    bare = [code.replace("-", "") for code in codes]
    for canary in (*tokens, *(token[:12] for token in tokens), *codes, *bare, "wilhelmina", "user_code"):
        assert canary and canary not in page.text
    assert waiting["verification_uri"] not in page.text


def test_waiting_and_cancelling(server: JupyterProcess, pair: list[Kernel], page: EventPage) -> None:
    cells = [pair[0].start("tok = ja.get_token('lake')", "None")]
    waiting = pending(server)
    until(lambda: pending(server)["requested_by"]["waiting"] == 1)
    cells.append(pair[1].start("tok = ja.get_token('lake')", "None"))
    assert [e["waiting"] for e in page.next(3)] == [0, 1, 2]
    pair[1].interrupt()
    assert short(page.next(1)) == [("interactions", "lake", "pending", 1)]
    server.delete(f"jupyter_auth/v1/interactions/{waiting['id']}").raise_for_status()
    assert short(page.next(1)) == [("interactions", "lake", "cancelled", 1)]


def test_a_refused_refresh_token(
    provider: OidcProvider, kernel: Kernel, sign_in: Callable[..., str], page: EventPage
) -> None:
    sign_in(kernel)
    page.next(5)
    provider.revoke_all()
    assert "InteractionRequiredError" in kernel.fails(REFRESH)
    assert short(page.next(1)) == [("accounts", "lake", "needs_sign_in")]
