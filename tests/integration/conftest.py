"""Each provider once for the session; a fresh place, server and kernels for each test.

A test is at the certified provider, unless ``on_each_provider`` says that it is to be shown at all of them.
"""

import signal
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from jupyter_auth.cli.demo.jupyter_process import JupyterProcess
from tests.idp import PROVIDERS, OidcProvider, Provider
from tests.integration.cells import HELD, LIFE
from tests.support import Kernel, Place, place, until

# What a shell runs in the background ignores Ctrl+C, and so would every process that it starts.
signal.signal(signal.SIGINT, signal.default_int_handler)

StartProvider = Callable[[type[Provider]], Provider]

#: for a test, or with ``pytestmark`` for a module, whose outcome depends on what a provider answers
on_each_provider = pytest.mark.parametrize(
    "provider", PROVIDERS, indirect=True, ids=[kind.name for kind in PROVIDERS]
)


@pytest.fixture(scope="session")
def start_provider() -> Iterator[StartProvider]:
    """Gives a provider as new: nobody signed in, nothing logged, default lifetimes. Each is started once."""
    running: dict[type[Provider], Provider] = {}

    def start(kind: type[Provider]) -> Provider:
        if kind not in running:
            running[kind] = kind().start()
        provider = running[kind]
        provider.reset()
        provider.revoke_all()
        provider.set(interval=1)  # else a client has to wait 5 s
        return provider

    yield start
    for provider in running.values():
        provider.stop()


@pytest.fixture
def provider(request: pytest.FixtureRequest, start_provider: StartProvider) -> Provider:
    """The provider of this test."""
    return start_provider(getattr(request, "param", OidcProvider))


@pytest.fixture
def fresh(provider: Provider) -> Iterator[Place]:
    """A place with a profile ``lake`` at the provider, for a test that starts its own servers."""
    with place(provider.issuer) as made:
        yield made


@pytest.fixture(scope="module")
def shared() -> Iterator[tuple[Place, JupyterProcess]]:
    """A place and its running server, for the tests of a module one after the other."""
    with place() as made, made.server() as running:
        yield made, running


@pytest.fixture
def home(shared: tuple[Place, JupyterProcess], provider: Provider) -> Iterator[Place]:
    """The shared place as new: nobody signed in, nothing waiting, one profile, no kernels."""
    made, server = shared
    made.toml.write_text("", encoding="utf-8")
    made.profile(provider.issuer)
    yield made
    for waiting in server.get("jupyter_auth/v1/interactions").json():
        server.delete(f"jupyter_auth/v1/interactions/{waiting['id']}")
    for kernel in server.get("api/kernels").json():
        server.delete(f"api/kernels/{kernel['id']}")
    server.delete("jupyter_auth/v1/cache")


@pytest.fixture
def server(shared: tuple[Place, JupyterProcess], home: Place) -> JupyterProcess:
    return shared[1]


@pytest.fixture
def start_kernels() -> Iterator[Callable[[JupyterProcess, int], list[Kernel]]]:
    """Start kernels of a server, with jupyter_auth imported as ``ja``."""
    started: list[Kernel] = []

    def start(server: JupyterProcess, count: int = 1) -> list[Kernel]:
        def begin(_: int) -> Kernel:
            kernel = Kernel(server)
            started.append(kernel)
            kernel.run("import jupyter_auth as ja, time")
            return kernel

        with ThreadPoolExecutor(count) as side_by_side:
            return list(side_by_side.map(begin, range(count)))

    yield start
    for kernel in started:
        kernel.close()


@pytest.fixture
def kernel(server: JupyterProcess, start_kernels: Callable[..., list[Kernel]]) -> Kernel:
    return start_kernels(server)[0]


@pytest.fixture(scope="module")
def second(shared: tuple[Place, JupyterProcess]) -> Iterator[JupyterProcess]:
    """A second server of the same user."""
    with shared[0].server() as running:
        assert running.url != shared[1].url
        yield running


@pytest.fixture
def kernels(
    server: JupyterProcess, second: JupyterProcess, start_kernels: Callable[..., list[Kernel]]
) -> Callable[[int], list[Kernel]]:
    """Start some kernels on each of the two servers."""
    return lambda each: start_kernels(server, each) + start_kernels(second, each)


@pytest.fixture
def pair(server: JupyterProcess, start_kernels: Callable[..., list[Kernel]]) -> list[Kernel]:
    return start_kernels(server, 2)


def pending(server: JupyterProcess, timeout: float = 60) -> dict[str, Any]:
    """The one interaction that waits, as soon as there is one."""
    found: list[dict[str, Any]] = []

    def is_there() -> bool:
        rows = server.get("jupyter_auth/v1/interactions").json()
        found[:] = [row for row in rows if row["state"] == "pending"]
        return bool(found)

    until(is_there, timeout)
    assert len(found) == 1, found
    return found[0]


@pytest.fixture
def sign_in(provider: Provider) -> Callable[..., str]:
    """Sign in from a kernel as a person would; gives the source of the token."""

    def run(kernel: Kernel, code: str = "tok = ja.get_token('lake')", username: str = "ada") -> str:
        cell = kernel.start(code, "tok.metadata.token_source")
        waiting = pending(kernel.server)
        provider.approve(waiting["user_code"], username=username)
        return str(kernel.result_of(cell))

    return run


@pytest.fixture
def short(provider: Provider, kernel: Kernel, sign_in: Callable[..., str]) -> Provider:
    """A provider of short-lived tokens that takes its time, with ada signed in from ``kernel``."""
    provider.set(at_ttl=LIFE)
    sign_in(kernel)
    provider.set(hold_ms=HELD * 1000)
    provider.reset_log()
    return provider
