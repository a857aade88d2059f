"""The panel in a cell whose kernel has to be allowed a profile shows the question, and cannot answer it."""

import pytest

from jupyter_auth.cli.demo.jupyter_process import JupyterProcess
from tests.idp import Provider
from tests.integration.conftest import pending
from tests.integration.test_panel import Page, open_panel
from tests.support import Kernel, Place, until


@pytest.fixture
def asking(home: Place, provider: Provider) -> None:
    home.toml.write_text("", encoding="utf-8")
    home.profile(provider.issuer, more='kernel_access = "ask"')


@pytest.mark.usefixtures("asking")
def test_the_question_is_shown_and_not_answered_there_and_then_comes_the_sign_in(
    kernel: Kernel, server: JupyterProcess, provider: Provider
) -> None:
    page = open_panel(kernel)
    status, asked = page.ask("POST", "interactions", profile="lake")
    assert (status, asked["flow"], asked["state"]) == (200, "consent", "pending")
    answer = {"decision": "allow", "remember": "kernel"}
    page.ask("POST", f"interactions/{asked['id']}", **answer)
    page.ask("PUT", f"kernels/{kernel.kernel_id}/grants", profile="lake", **answer)
    row = f"jupyter_auth/v1/interactions/{asked['id']}"
    assert server.get(row).json()["state"] == "pending"

    server.post(row, answer).raise_for_status()
    until(lambda: pending(server)["flow"] == "device_code")
    assert page_lists(page) == {"consent": "succeeded", "device_code": "pending"}
    provider.approve(pending(server)["user_code"])
    until(lambda: bool(page.ask("GET", "accounts")[1]))
    assert page.ask("GET", "accounts")[1][0]["username"] == "ada"


def page_lists(page: Page) -> dict[str, str]:
    """The state of each request that the page is told of, by its flow."""
    return {row["flow"]: row["state"] for row in page.ask("GET", "interactions")[1]}
