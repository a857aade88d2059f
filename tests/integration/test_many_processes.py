"""Two servers and processes without one over one store: one refresh for all, one clear for all."""

import time
from collections.abc import Callable, Iterator

import pytest

from jupyter_auth.cli.demo.jupyter_process import JupyterProcess
from tests.idp import OidcProvider
from tests.integration.cells import SILENT, refresh_at
from tests.integration.conftest import pending
from tests.support import Kernel, Place, Script


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


def test_eleven_in_five_processes_force_a_refresh_at_one_moment(
    home: Place,
    kernels: Callable[[int], list[Kernel]],
    provider: OidcProvider,
    sign_in: Callable[..., str],
) -> None:
    eight = kernels(4)
    sign_in(eight[0])
    with Script(home) as a, Script(home) as b, Script(home) as c:
        scripts = (a, b, c)
        everyone: list[Kernel | Script] = [*eight, *scripts]
        for one in everyone:
            one.run("tok = ja.get_token('lake')")
        provider.reset_log()
        provider.set(hold_ms=1000)
        code = refresh_at(time.time() + 1.5)
        cells = [kernel.start(code, "tok.metadata.token_source") for kernel in eight]
        for script in scripts:
            script.start(code, "tok.metadata.token_source")
        sources = [kernel.result_of(cell) for kernel, cell in zip(eight, cells, strict=True)]
        sources += [script.result() for script in scripts]
        assert sorted(sources) == ["cache"] * 10 + ["identity_provider"]
        assert provider.token_responses() == 1
        tokens = {one.run("", "[tok.issued_on, tok.expires_on, tok.reveal()]")[2] for one in everyone}
        assert len(tokens) == 1
        provider.set(hold_ms=0)
        assert provider.userinfo(tokens.pop())["sub"] == "ada"
        time.sleep(5)  # past the window in which another's fresh token is adopted
        some: list[Kernel | Script] = [a, eight[7], eight[0]]
        for one in some:  # the grant is alive everywhere
            one.run("tok = ja.get_token('lake', force_refresh=True, interactive=False)")
        assert [e for e in provider.log() if e["endpoint"] == "token" and not e["ok"]] == []


def test_a_clear_anywhere_is_seen_everywhere_at_once(
    home: Place,
    kernels: Callable[[int], list[Kernel]],
    sign_in: Callable[..., str],
) -> None:
    here, there = kernels(1)
    with Script(home) as script:
        for clearing in (here, there, script):
            sign_in(here)
            everyone: list[Kernel | Script] = [here, there, script]
            for one in everyone:
                one.run("tok = ja.get_token('lake')")
            assert [one.run(SILENT, "outcome") for one in everyone] == ["token"] * 3
            clearing.run("ja.clear_cache()")
            assert [one.run(SILENT, "outcome") for one in everyone] == ["no_account"] * 3


def test_a_sign_in_anywhere_serves_everywhere(
    home: Place,
    kernels: Callable[[int], list[Kernel]],
    provider: OidcProvider,
    sign_in: Callable[..., str],
) -> None:
    here, there = kernels(1)
    with Script(home) as script:
        everyone: list[Kernel | Script] = [here, there, script]
        assert [one.run(SILENT, "outcome") for one in everyone] == ["no_account"] * 3
        sign_in(there)
        assert [one.run(SILENT, "outcome") for one in everyone] == ["token"] * 3
        assert provider.token_responses() == 1


def test_one_answer_ends_the_question_in_every_process(
    home: Place,
    kernels: Callable[[int], list[Kernel]],
    provider: OidcProvider,
) -> None:
    here, there = kernels(1)
    with Script(home) as script:
        cells = [
            kernel.start("tok = ja.get_token('lake')", "tok.metadata.token_source")
            for kernel in (here, there)
        ]
        script.start("tok = ja.get_token('lake', interactive=True)", "tok.metadata.token_source")
        requests = [pending(kernel.server) for kernel in (here, there)]
        assert requests[0]["user_code"] != requests[1]["user_code"]
        script.said_until("The code expires")
        provider.approve(requests[1]["user_code"])
        sources = [kernel.result_of(cell) for kernel, cell in zip((here, there), cells, strict=True)]
        assert [*sources, script.result()] == ["cache", "identity_provider", "cache"]
        assert provider.token_responses() == 1
        assert "Signed in as ada" in here.displays(cells[0])[-1]["text/plain"]
