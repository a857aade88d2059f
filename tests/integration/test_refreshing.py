"""Refreshing with rotation and reuse detection: nobody is signed out, nothing is refreshed twice."""

import time
from collections.abc import Callable

from jupyter_auth.cli.demo.jupyter_process import JupyterProcess
from tests.idp import PROVIDERS, Provider
from tests.integration.cells import refresh_at
from tests.integration.conftest import StartProvider, on_each_provider, pending
from tests.support import Kernel, Place

StartKernels = Callable[[JupyterProcess, int], list[Kernel]]

LOOP = """
import itertools, requests
session = ja.session("{profile}", interactive=False)
seen, failed, end = [], [], time.time() + {seconds}
for turn in itertools.count():
    if time.time() > end:
        break
    tok = ja.get_token("{profile}", interactive=False)
    if tok.expires_in <= 0:
        failed.append("ended")
    calls = [lambda: session.get("{userinfo}", timeout=10)] if turn % 10 == 0 else []
    if not seen or seen[-1] != tok.access_token:
        seen.append(tok.access_token)
        calls.append(lambda: requests.get("{userinfo}", headers=tok.headers(), timeout=10))
    failed += [status for call in calls if (status := call().status_code) != 200]
    time.sleep(0.02)
"""


def test_a_minute_of_ten_second_tokens(
    home: Place, server: JupyterProcess, start_provider: StartProvider, start_kernels: StartKernels
) -> None:
    """Two kernels at each provider, all at once: a minute is long. Where a refresh ends the token before,
    a session sees nothing of it."""
    each = [(kind.name, start_provider(kind), start_kernels(server, 2)) for kind in PROVIDERS]
    for name, provider, pair in each:
        provider.set(at_ttl=10)
        home.profile(provider.issuer, name=name)
        cell = pair[0].start(f"ja.get_token('{name}')", "None")
        provider.approve(pending(server)["user_code"])
        pair[0].result_of(cell)
    cells = []
    for name, provider, pair in each:
        code = LOOP.format(seconds=60, profile=name, userinfo=provider.url("userinfo"))
        cells += [(kernel, kernel.start(code, "[len(seen), failed]")) for kernel in pair]
    results = [kernel.result_of(cell, timeout=200) for kernel, cell in cells]
    assert [failed for _, failed in results] == [[]] * 4
    for name, provider, pair in each:
        refreshes = provider.token_responses("refresh_token")
        assert 8 <= refreshes <= 15, name
        for changes, _ in (results.pop(0), results.pop(0)):  # both saw every token once: none came twice
            assert changes <= refreshes + 1, name
        refused = [entry for entry in provider.log() if entry["endpoint"] == "token" and not entry["ok"]]
        assert {entry["error"] for entry in refused} <= {"authorization_pending"}, name
        provider.set(at_ttl=3600)
        forced = f"tok = ja.get_token('{name}', force_refresh=True, interactive=False)"
        assert pair[0].run(forced, "tok.metadata.token_source") == "identity_provider"  # the grant is alive


@on_each_provider
def test_eight_kernels_force_a_refresh_at_one_moment(
    server: JupyterProcess,
    provider: Provider,
    sign_in: Callable[..., str],
    start_kernels: Callable[..., list[Kernel]],
) -> None:
    kernels = start_kernels(server, 8)
    sign_in(kernels[0])
    for kernel in kernels:
        kernel.run("tok = ja.get_token('lake')")
    provider.reset_log()
    provider.set(hold_ms=1000)
    code = refresh_at(time.time() + 1.0)
    cells = [
        kernel.start(code, "[tok.metadata.token_source, hash(tok.reveal()) and tok.expires_on]")
        for kernel in kernels
    ]
    results = [kernel.result_of(cell) for kernel, cell in zip(kernels, cells, strict=True)]
    assert sorted(source for source, _ in results) == ["cache"] * 7 + ["identity_provider"]
    assert provider.token_responses() == 1
    assert len({tuple(k.value("[tok.expires_on, tok.issued_on]")) for k in kernels}) == 1
    provider.set(hold_ms=0)
    assert provider.userinfo(kernels[3].value("tok.reveal()"))["preferred_username"] == "ada"
    time.sleep(5)  # past the window in which another's fresh token is adopted
    kernels[5].run("tok = ja.get_token('lake', force_refresh=True)")
    assert provider.token_responses() == 2  # the grant is alive


@on_each_provider
def test_a_provider_that_is_down_is_no_reason_to_sign_in_again(
    kernel: Kernel, provider: Provider, sign_in: Callable[..., str]
) -> None:
    sign_in(kernel)
    provider.set(fail={"status": 503, "body": "<h1>down</h1>", "content_type": "text/html", "count": None})
    said = kernel.fails("ja.get_token('lake', force_refresh=True)")
    assert "TransportError" in said and "503" in said
    assert kernel.run("tok = ja.get_token('lake')", "tok.metadata.token_source") == "cache"
    provider.set(fail=None)
    assert (
        kernel.run("tok = ja.get_token('lake', force_refresh=True)", "tok.metadata.token_source")
        == "identity_provider"
    )


@on_each_provider
def test_a_grant_revoked_elsewhere_asks_for_a_person(
    kernel: Kernel, provider: Provider, sign_in: Callable[..., str]
) -> None:
    sign_in(kernel)
    provider.revoke_all()
    said = kernel.fails("ja.acquire_token_silent('lake', force_refresh=True)")
    assert "InteractionRequiredError" in said and "no longer accepts" in said
    assert sign_in(kernel, "tok = ja.get_token('lake', force_refresh=True)") == "identity_provider"


@on_each_provider
def test_a_token_that_a_forced_refresh_replaced_is_not_handed_out_again(
    pair: list[Kernel], provider: Provider, sign_in: Callable[..., str]
) -> None:
    sign_in(pair[0])
    pair[1].run("tok = ja.get_token('lake')")
    old = pair[1].value("tok.reveal()")
    pair[0].run("tok = ja.get_token('lake', force_refresh=True)")
    assert pair[1].run("tok = ja.get_token('lake')", "tok.reveal()") == pair[0].value("tok.reveal()") != old
