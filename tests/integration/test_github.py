"""The preset ``github``, from a kernel, at a provider in GitHub's shape."""

from collections.abc import Callable, Iterator

import pytest

from jupyter_auth.cli.demo.jupyter_process import JupyterProcess
from tests.idp.github import GitHubShaped
from tests.integration.conftest import pending
from tests.support import Kernel, Place

ASK = 'tok = ja.get_token("code", scopes="repo gist")'


@pytest.fixture
def github() -> Iterator[GitHubShaped]:
    with GitHubShaped() as provider:
        yield provider


@pytest.fixture
def sign_in(github: GitHubShaped, kernel: Kernel, home: Place) -> Callable[[], None]:
    def run() -> None:
        home.toml.write_text(f'[profiles.code]\nclient_id = "Iv1.nb"\n{github.toml}')
        cell = kernel.start(ASK, "tok.account.username")
        waiting = pending(kernel.server)
        assert (waiting["user_code"], waiting["flow"]) == ("WDJB-MJHT", "device_code")
        github.approve()
        assert kernel.result_of(cell) == "octocat"

    return run


def test_an_oauth_app_s_token_serves_each_of_its_scopes_for_a_day(
    github: GitHubShaped, kernel: Kernel, server: JupyterProcess, sign_in: Callable[[], None]
) -> None:
    sign_in()
    asked = github.count("/login/oauth/access_token")
    kernel.run('one = ja.get_token("code", scopes="gist", interactive=False)')
    assert kernel.value("[one.reveal() == tok.reveal(), one.reveal()[:4]]") == [True, "gho_"]
    assert 8 * 3600 - 600 < kernel.value("one.expires_in") <= 8 * 3600
    assert "InteractionRequiredError" in kernel.fails(
        'ja.get_token("code", force_refresh=True, interactive=False)'
    )
    assert github.count("/login/oauth/access_token") == asked
    [account] = server.delete("jupyter_auth/v1/cache?revoke=true").json()["accounts"]
    assert (
        account["outcome"] == "unsupported"
    )  # GitHub revokes by its own API alone, and the token stays good


def test_an_app_s_token_is_renewed_until_github_takes_its_refresh_token_no_more(
    github: GitHubShaped, kernel: Kernel, sign_in: Callable[[], None]
) -> None:
    github.expiring = True
    sign_in()
    again = 'new = ja.get_token("code", scopes="repo gist", force_refresh=True, interactive=False)'
    kernel.run(again)
    assert kernel.value("[new.reveal() != tok.reveal(), new.reveal()[:4]]") == [True, "ghu_"]
    github.refresh_tokens.clear()  # revoked in the person's settings
    assert "InteractionRequiredError" in kernel.fails(again)
    asked = github.count("/login/oauth/access_token", "refresh_token")
    assert "InteractionRequiredError" in kernel.fails(again)
    assert github.count("/login/oauth/access_token", "refresh_token") == asked  # it was forgotten
