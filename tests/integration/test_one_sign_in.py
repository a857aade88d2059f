"""One sign-in in a cell, then silent tokens in every notebook of the server."""

from collections.abc import Callable

from tests.idp import Provider
from tests.integration.conftest import on_each_provider
from tests.support import Kernel, Place

pytestmark = on_each_provider

SOURCE = "[tok.metadata.token_source, tok.metadata.cache_level]"


def test_the_second_kernel_is_silent(
    pair: list[Kernel], provider: Provider, sign_in: Callable[..., str]
) -> None:
    assert sign_in(pair[0]) == "identity_provider"
    assert pair[1].run("tok = ja.get_token('lake')", SOURCE) == ["cache", "memory"]
    assert pair[1].run("tok = ja.get_token('lake')", SOURCE) == ["cache", "kernel"]
    assert provider.token_responses() == 1
    assert pair[1].value("tok.account.username") == "ada"
    assert provider.userinfo(pair[1].value("tok.reveal()"))["preferred_username"] == "ada"


def test_it_lasts_over_a_restart_of_the_server(
    fresh: Place,
    provider: Provider,
    sign_in: Callable[..., str],
    start_kernels: Callable[..., list[Kernel]],
) -> None:
    with fresh.server() as first:
        sign_in(start_kernels(first)[0])
    with fresh.server() as second:
        kernel = start_kernels(second)[0]
        assert kernel.run("tok = ja.get_token('lake')", SOURCE) == ["cache", "store"]
        assert provider.token_responses() == 1
        assert kernel.run("tok = ja.get_token('lake', force_refresh=True)", SOURCE)[0] == "identity_provider"
    assert provider.token_responses("refresh_token") == 1


def test_a_restarted_kernel_stays_signed_in(kernel: Kernel, sign_in: Callable[..., str]) -> None:
    sign_in(kernel)
    kernel.restart()
    kernel.run("import jupyter_auth as ja")
    assert kernel.run("tok = ja.get_token('lake')", SOURCE) == ["cache", "memory"]


def test_more_scopes_come_from_the_same_refresh_token_or_one_more_prompt(
    kernel: Kernel, provider: Provider, sign_in: Callable[..., str]
) -> None:
    sign_in(kernel, "tok = ja.get_token('lake', scopes='lake.read lake.write')")
    assert (
        kernel.run("tok = ja.get_token('lake', scopes=['lake.write'])", "tok.metadata.token_source")
        == "cache"
    )
    said = kernel.fails("ja.acquire_token_silent('lake', scopes=['email'])")
    assert "InteractionRequiredError" in said
    sign_in(kernel, "tok = ja.get_token('lake', scopes=['email'])")
    # the new grant holds what the old one held: no ping-pong of prompts
    assert kernel.run(
        "tok = ja.get_token('lake', scopes=['lake.read'], force_refresh=True)", "tok.scopes"
    ) == ["lake.read", "openid", "offline_access"] or "lake.read" in kernel.value("tok.scopes")


def test_magics(kernel: Kernel, sign_in: Callable[..., str]) -> None:
    kernel.run("%load_ext jupyter_auth")
    assert sign_in(kernel, "tok = %get_token lake lake.read") == "identity_provider"
    kernel.run("%auth status")
    assert "ada · lake" in kernel.text().encode().decode("unicode_escape")
    kernel.run("%auth logout lake")
    assert "ada · lake: revoked at 127.0.0.1" in kernel.text().encode().decode("unicode_escape")
    assert "InteractionRequiredError" in kernel.fails("%get_token lake --no-prompt")
    kernel.run("%auth clear")
    kernel.run("%get_token?")
