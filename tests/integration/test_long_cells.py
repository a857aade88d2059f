"""Long cells: their tokens are renewed while nobody asks, once for all kernels, as long as they live."""

import time
from collections.abc import Callable

from jupyter_auth.cli.demo.jupyter_process import JupyterProcess
from tests.idp import Provider
from tests.integration.cells import COMPUTES, FOUND, HELD, LIFE
from tests.integration.conftest import on_each_provider
from tests.support import Kernel, until

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


@on_each_provider
def test_a_cell_that_asks_once_a_second_never_waits_for_the_provider(short: Provider, kernel: Kernel) -> None:
    before = kernel.server.get("jupyter_auth/v1/interactions").json()
    code = USES.format(seconds=3.5 * LIFE, userinfo=short.url("userinfo"))
    cell = kernel.start(code, "[calls, problems]")
    calls, problems = kernel.result_of(cell, timeout=200)
    assert problems == [] and len(calls) > 2 * LIFE
    assert {source for source, _, _ in calls} == {"cache"}
    assert max(waited for _, waited, _ in calls) < HELD
    assert min(left for _, _, left in calls) > 0
    assert 3 <= short.token_responses("refresh_token") <= 10
    assert kernel.server.get("jupyter_auth/v1/interactions").json() == before  # nobody was asked


def test_cells_that_compute_for_three_lifetimes_find_a_good_token_at_their_end(
    short: Provider, kernel: Kernel, server: JupyterProcess, start_kernels: Callable[..., list[Kernel]]
) -> None:
    """Five kernels, one renewal at a time; with the last of them it ends."""
    kernels = [kernel, *start_kernels(server, 4)]
    cells = [one.start(COMPUTES.format(seconds=3.2 * LIFE), FOUND.format(held=HELD)) for one in kernels]
    found = [one.result_of(cell, timeout=200) for one, cell in zip(kernels, cells, strict=True)]
    assert found == [["cache", True, True]] * 5
    assert 3 <= short.token_responses("refresh_token") <= 10
    assert short.userinfo(kernel.value("tok.reveal()"))["preferred_username"] == "ada"
    for one in kernels:
        one.shut_down()
    until(lambda: server.get("jupyter_auth/v1/status").json()["broker"]["kernels_connected"] == 0)
    ended = time.time()
    time.sleep(3 + LIFE * 0.75)
    late = [e for e in short.log() if e["grant_type"] == "refresh_token" and e["at"] > ended + 3]
    assert late == []  # but what was under way
