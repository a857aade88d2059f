"""S48: an administrator can switch device code off: no kernel, page or answer brings one about any more."""

from collections.abc import Iterator

import pytest

from jupyter_auth.cli.demo.jupyter_process import JupyterProcess
from tests.idp import OidcProvider
from tests.integration.conftest import pending
from tests.support import Kernel, place


@pytest.fixture(scope="module")
def idp() -> Iterator[OidcProvider]:
    with OidcProvider() as running:
        yield running


@pytest.fixture(scope="module")
def kernel(idp: OidcProvider) -> Iterator[Kernel]:
    with place(idp.issuer) as made:
        made.profile(idp.issuer, "codes", more='flows = ["device_code"]')
        made.profile(idp.issuer, "both", more='flows = ["device_code", "authorization_code"]')
        made.server_code('c.JupyterAuth.allowed_flows = ["authorization_code"]\n')
        with made.server() as server:
            started = Kernel(server)
            started.run("import jupyter_auth as ja")
            yield started
            started.close()


def device_requests(idp: OidcProvider) -> int:
    return sum("device" in entry["endpoint"] for entry in idp.log())


@pytest.mark.parametrize(
    "asked",
    [
        "acquire_token_by_device_flow('lake')",
        "get_token('lake', flow='device_code')",
        "acquire_token_by_device_flow('codes')",
        "get_token('codes')",
        "get_token('both', flow='device_code')",
        "acquire_token_interactive('both', flow='device_code')",
    ],
)
def test_a_kernel_gets_none(kernel: Kernel, idp: OidcProvider, asked: str) -> None:
    said = kernel.fails(f"ja.{asked}")
    assert "PolicyError" in said and "administrator" in said
    assert device_requests(idp) == 0


def test_a_page_gets_none(kernel: Kernel, idp: OidcProvider) -> None:
    server: JupyterProcess = kernel.server
    for profile in ("lake", "both", "codes"):
        asked = {"profile": profile, "flow": "device_code"}
        refused = server.post("jupyter_auth/v1/interactions", asked)
        assert refused.status_code == 403 and refused.json()["reason"] == "flow_not_allowed"
    rows = {row["name"]: row for row in server.get("jupyter_auth/v1/profiles").json()}
    assert rows["lake"]["flows"] == rows["both"]["flows"] == ["authorization_code"]
    assert rows["codes"]["faults"][0]["key"] == "profiles.codes.flows"
    assert device_requests(idp) == 0


@pytest.mark.parametrize("profile", ["lake", "both"])
def test_a_prompt_cannot_be_led_there(kernel: Kernel, idp: OidcProvider, profile: str) -> None:
    server = kernel.server
    server.post("jupyter_auth/v1/interactions", {"profile": profile}).raise_for_status()
    waiting = pending(server)
    assert waiting["flow"] == "authorization_code" and waiting["other_flows"] == []
    path = f"jupyter_auth/v1/interactions/{waiting['id']}"
    assert server.post(path, {"flow": "device_code"}).status_code == 403
    server.delete(path).raise_for_status()
    assert device_requests(idp) == 0
