"""Two servers that share nothing but a Redis: one sign-in, one refresh, one clear."""

import json
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from jupyter_auth.cli.demo.jupyter_process import JupyterProcess
from tests.idp import OidcProvider
from tests.integration.cells import CROWD
from tests.integration.sharing import assert_one_clear, assert_one_refresh
from tests.support import Kernel, Place, Script, until
from tests.support.redis_server import PASSWORD, RedisServer

SETTINGS = """
c.JupyterAuth.store = "redis"
c.JupyterAuth.redis_url_file = {file!r}
"""


@pytest.fixture
def redis_server(fresh: Place) -> Iterator[RedisServer]:
    with RedisServer() as server:
        file = server.url_file(fresh.root, "tls")
        text = SETTINGS.format(file=str(file))
        (fresh.config / "jupyter_server_config.py").write_text(text, encoding="utf-8")
        yield server


@pytest.fixture
def servers(fresh: Place, redis_server: RedisServer) -> Iterator[list[JupyterProcess]]:
    with ExitStack() as stack:
        yield [stack.enter_context(fresh.server()) for _ in range(2)]


def test_one_sign_in_one_refresh_and_one_clear_for_all(
    fresh: Place,
    servers: list[JupyterProcess],
    provider: OidcProvider,
    start_kernels: Callable[..., list[Kernel]],
    sign_in: Callable[..., str],
) -> None:
    kernels = [kernel for server in servers for kernel in start_kernels(server, 2)]
    sign_in(kernels[0])
    assert len({kernel.run("tok = ja.get_token('lake')", "tok.reveal()") for kernel in kernels}) == 1
    assert_one_refresh(kernels, provider)
    status = servers[0].get("jupyter_auth/v1/status").json()
    assert status["store"]["name"] == "redis" and status["store"]["notes"] == []
    told = json.dumps(status) + fresh.log.read_text()
    assert PASSWORD not in told and "rediss://" not in told
    assert not (fresh.store / "tokens.db").exists()
    assert_one_clear(kernels)


@pytest.mark.timeout(300)
def test_a_crowd_in_eight_kernels_of_two_servers_asks_once_for_an_expired_token(
    fresh: Place,
    servers: list[JupyterProcess],
    provider: OidcProvider,
    start_kernels: Callable[..., list[Kernel]],
) -> None:
    """100 threads in each, behind a barrier, and a provider that holds its answer for a second."""
    kernels = [kernel for server in servers for kernel in start_kernels(server, 4)]
    provider.set(at_ttl=16)  # the script has ended before it would renew it
    with Script(fresh) as script:  # neither server has ever seen the token
        script.start("tok = ja.acquire_token_by_device_flow('lake', timeout=60)", "tok.expires_on")
        provider.approve(script.said_until("The code expires").partition("2. Enter")[2].split()[0])
        expires_on = script.result()
    provider.set(at_ttl=3600, hold_ms=1000)
    code = CROWD.format(folder=fresh.notebooks)
    cells = [kernel.start(code, "got") for kernel in kernels]
    until(lambda: len(list(fresh.notebooks.glob("ready-*"))) == 8, 120)
    time.sleep(max(0.0, expires_on - time.time()))
    provider.reset_log()
    (fresh.notebooks / "go").touch()
    found = [kernel.result_of(cell, timeout=120) for kernel, cell in zip(kernels, cells, strict=True)]
    assert provider.token_responses() == 1
    assert [e for e in provider.log() if e["endpoint"] == "token" and not e["ok"]] == []
    sources = Counter(source for one in found for source, _ in one)
    assert sources == {"identity_provider": 1, "cache": 799}
    assert len({token for one in found for _, token in one}) == 1


def test_a_redis_that_goes_is_told_and_kernels_go_on(
    servers: list[JupyterProcess],
    redis_server: RedisServer,
    start_kernels: Callable[..., list[Kernel]],
    sign_in: Callable[..., str],
) -> None:
    (kernel,) = start_kernels(servers[0], 1)
    sign_in(kernel)
    token = kernel.run("tok = ja.get_token('lake')", "tok.reveal()")
    redis_server.pause()
    try:
        until(lambda: bool(servers[0].get("jupyter_auth/v1/status").json()["store"]["notes"]))
        assert kernel.run("tok = ja.get_token('lake')", "tok.reveal()") == token
        (other,) = start_kernels(servers[0], 1)  # it has nothing in memory; its server has
        assert other.run("tok = ja.get_token('lake')", "tok.reveal()") == token
        kernel.run("%load_ext jupyter_auth\n%auth status")
        assert "does not answer" in kernel.text()
    finally:
        redis_server.go_on()
    until(lambda: not servers[0].get("jupyter_auth/v1/status").json()["store"]["notes"])
    (other,) = start_kernels(servers[1], 1)
    assert other.run("tok = ja.get_token('lake')", "tok.reveal()") == token
