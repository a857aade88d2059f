"""Two servers and processes without one over one store: one refresh for all, one clear for all."""

from collections.abc import Callable

from tests.idp import OidcProvider
from tests.integration.cells import SILENT
from tests.integration.conftest import pending
from tests.support import Kernel, Place, Script


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
