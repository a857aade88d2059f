"""When the tokens of long cells are renewed no more, and who is told; and the same without a server."""

import time
from collections.abc import Callable

import pytest

from jupyter_auth.cli.demo.jupyter_process import JupyterProcess
from tests.idp import Provider
from tests.integration.cells import COMPUTES, FOUND, HELD, LIFE
from tests.support import Kernel, Place, Script, until

SHORT = 4  # seconds that a token lives which nobody computes with


def test_who_signs_out_ends_it(short: Provider, kernel: Kernel, server: JupyterProcess) -> None:
    cell = kernel.start(COMPUTES.format(seconds=1.2 * LIFE), "None")
    until(lambda: short.token_responses("refresh_token") == 1)
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
    until(lambda: states() == ["needs_sign_in"])
    kernel.interrupt()
    with pytest.raises(Exception, match="KeyboardInterrupt"):
        kernel.result_of(cell)


def test_never_for_a_notebook_ends_it_for_all_its_kernels(
    provider: Provider,
    kernel: Kernel,
    server: JupyterProcess,
    start_kernels: Callable[..., list[Kernel]],
    sign_in: Callable[..., str],
) -> None:
    """Which of them was asked does not matter: what the other was handed is renewed no more either."""
    (other,) = start_kernels(server, 1)
    provider.set(at_ttl=SHORT)
    sign_in(kernel)
    provider.set(hold_ms=0)
    other.run("tok = ja.get_token('lake', interactive=False)")
    for path, one in (("a.ipynb", kernel), ("b.ipynb", other)):
        about = {"path": path, "name": path, "type": "notebook", "kernel": {"id": one.kernel_id}}
        session = server.post("api/sessions", about).json()
    server._ask("PATCH", f"api/sessions/{session['id']}", {"path": "a.ipynb"}).raise_for_status()
    before = provider.token_responses("refresh_token")
    until(lambda: provider.token_responses("refresh_token") > before)  # for neither of them runs a cell

    never = {"profile": "lake", "decision": "deny", "remember": "notebook"}
    grants = f"jupyter_auth/v1/kernels/{kernel.kernel_id}/grants"
    server._ask("PUT", grants, never).raise_for_status()
    try:
        assert "You have refused lake" in other.fails("ja.get_token('lake', interactive=False)")
        ended = time.time()
        time.sleep(2 + 1.5 * SHORT)
        late = [e for e in provider.log() if e["grant_type"] == "refresh_token" and e["at"] > ended + 2]
        assert late == []  # but what was under way
    finally:
        server.delete(grants).raise_for_status()


def test_without_a_server_a_script_s_own_broker_renews(short: Provider, kernel: Kernel, home: Place) -> None:
    kernel.shut_down()
    with Script(home) as script:
        code = COMPUTES.format(seconds=1.6 * LIFE)
        assert script.run(code, FOUND.format(held=HELD)) == ["cache", True, True]
    assert 2 <= short.token_responses("refresh_token") <= 6


def test_a_kernel_that_runs_nothing_lets_its_token_end(
    fresh: Place, provider: Provider, start_kernels: Callable[..., list[Kernel]], sign_in: Callable[..., str]
) -> None:
    """Where it is used no longer than a second after it was asked for, only the running cell counts."""
    fresh.server_code("c.JupyterAuth.renew_for = 1")
    provider.set(at_ttl=LIFE)
    with fresh.server() as server:
        kernel = start_kernels(server)[0]
        sign_in(kernel)
        kernel.run(f"time.sleep({1.4 * LIFE})")
        assert provider.token_responses("refresh_token") >= 2
        time.sleep(0.6 * LIFE)  # one may have begun with the cell's last moments
        before = provider.token_responses("refresh_token")
        time.sleep(LIFE)
        assert provider.token_responses("refresh_token") == before
