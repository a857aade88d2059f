"""Long cells: their tokens are renewed while nobody asks, once for all kernels, as long as they live."""

import time
from collections.abc import Callable

import pytest

from jupyter_auth.cli.demo.jupyter_process import JupyterProcess
from tests.idp import Provider
from tests.integration.conftest import on_each_provider
from tests.support import Kernel, Place, Script, until

LIFE = 10  # seconds: stale from half of it on
HELD = 1.0  # seconds that the provider takes for a refresh

#: computes for more than three lifetimes, then asks
COMPUTES = """
tok = ja.get_token("lake", interactive=False)
time.sleep({seconds})
tok = ja.get_token("lake", interactive=False)
"""
FOUND = "[tok.metadata.token_source, tok.metadata.duration_total < {held} / 2, tok.expires_in > 0]"

#: uses a session, and asks, once a second
USES = """
session, calls, problems, end = ja.session("lake", interactive=False), [], [], time.time() + {seconds}
while time.time() < end:
    try:
        tok = ja.get_token("lake", interactive=False)
        calls.append([tok.metadata.token_source, tok.metadata.duration_total, tok.expires_in])
        status = session.get("{userinfo}", timeout=10).status_code
        problems += [status] if status != 200 else []
    except Exception as problem:
        problems.append(repr(problem))
    time.sleep(1)
"""


@pytest.fixture
def short(provider: Provider, kernel: Kernel, sign_in: Callable[..., str]) -> Provider:
    """A provider of short-lived tokens that takes its time, with ada signed in from ``kernel``."""
    provider.set(at_ttl=LIFE)
    sign_in(kernel)
    provider.set(hold_ms=HELD * 1000)
    provider.reset_log()
    return provider


@on_each_provider
def test_a_cell_that_asks_once_a_second_never_waits_for_the_provider(short: Provider, kernel: Kernel) -> None:
    before = kernel.server.get("jupyter_auth/v1/interactions").json()
    code = USES.format(seconds=3.5 * LIFE, userinfo=short.url("userinfo"))
    cell = kernel.start(code, "[calls, problems]")
    calls, problems = kernel.result_of(cell, timeout=90)
    assert problems == [] and len(calls) > 2 * LIFE
    assert {source for source, _, _ in calls} == {"cache"}
    assert max(waited for _, waited, _ in calls) < HELD / 2
    assert min(left for _, _, left in calls) > 0
    assert 3 <= short.token_responses("refresh_token") <= 8
    assert kernel.server.get("jupyter_auth/v1/interactions").json() == before  # nobody was asked


def test_cells_that_compute_for_three_lifetimes_find_a_good_token_at_their_end(
    short: Provider, kernel: Kernel, server: JupyterProcess, start_kernels: Callable[..., list[Kernel]]
) -> None:
    """Five kernels, one renewal at a time; with the last of them it ends."""
    kernels = [kernel, *start_kernels(server, 4)]
    cells = [one.start(COMPUTES.format(seconds=3.2 * LIFE), FOUND.format(held=HELD)) for one in kernels]
    found = [one.result_of(cell, timeout=90) for one, cell in zip(kernels, cells, strict=True)]
    assert found == [["cache", True, True]] * 5
    assert 3 <= short.token_responses("refresh_token") <= 8
    assert short.userinfo(kernel.value("tok.reveal()"))["preferred_username"] == "ada"
    for one in kernels:
        one.shut_down()
    until(lambda: server.get("jupyter_auth/v1/status").json()["broker"]["kernels_connected"] == 0, 20)
    time.sleep(HELD + 1)  # what was under way
    before = short.token_responses("refresh_token")
    time.sleep(LIFE * 0.75)
    assert short.token_responses("refresh_token") == before


def test_who_signs_out_ends_it(short: Provider, kernel: Kernel, server: JupyterProcess) -> None:
    cell = kernel.start(COMPUTES.format(seconds=1.2 * LIFE), "None")
    until(lambda: short.token_responses("refresh_token") == 1, 20)
    time.sleep(HELD + 0.5)
    server.delete("jupyter_auth/v1/cache").raise_for_status()
    with pytest.raises(Exception, match="InteractionRequiredError"):
        kernel.result_of(cell)
    assert short.token_responses("refresh_token") == 1


def test_a_grant_that_is_revoked_under_a_running_cell_is_told_before_the_cell_needs_it(
    short: Provider, kernel: Kernel, server: JupyterProcess
) -> None:
    cell = kernel.start("tok = ja.get_token('lake'); time.sleep(3600)", "None")
    short.revoke_all()

    def states() -> list[str]:
        return [row["state"] for row in server.get("jupyter_auth/v1/accounts").json()]

    assert states() == ["signed_in"]
    until(lambda: states() == ["needs_sign_in"], 20)
    kernel.interrupt()
    with pytest.raises(Exception, match="KeyboardInterrupt"):
        kernel.result_of(cell)


def test_without_a_server_a_script_s_own_broker_renews(short: Provider, kernel: Kernel, home: Place) -> None:
    kernel.shut_down()
    with Script(home) as script:
        code = COMPUTES.format(seconds=1.6 * LIFE)
        assert script.run(code, FOUND.format(held=HELD)) == ["cache", True, True]
    assert 2 <= short.token_responses("refresh_token") <= 4


def test_a_kernel_that_runs_nothing_lets_its_token_end(
    fresh: Place, provider: Provider, start_kernels: Callable[..., list[Kernel]], sign_in: Callable[..., str]
) -> None:
    """Where it is used no longer than a second after it was asked for, only the running cell counts."""
    fresh.server_code("c.JupyterAuth.renew_for = 1")
    provider.set(at_ttl=LIFE)
    with fresh.server() as server:
        kernel = start_kernels(server)[0]
        sign_in(kernel)
        kernel.run(f"time.sleep({1.2 * LIFE})")
        assert provider.token_responses("refresh_token") >= 2
        time.sleep(0.6 * LIFE)  # one may have begun with the cell's last moments
        before = provider.token_responses("refresh_token")
        time.sleep(LIFE)
        assert provider.token_responses("refresh_token") == before
