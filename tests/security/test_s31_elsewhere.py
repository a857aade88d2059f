"""S31 where no front end of ours runs: the code is shown in the cell, and is overwritten at the end."""

import json

import pytest

from tests.idp import Provider
from tests.integration.conftest import pending
from tests.support import Kernel


@pytest.mark.parametrize("ended", ["approved", "declined", "cancelled"])
def test_at_the_end_the_cell_holds_no_code(kernel: Kernel, provider: Provider, ended: str) -> None:
    cell = kernel.start("try: tok = ja.get_token('lake')\nexcept ja.AuthError: pass", "None")
    request = pending(kernel.server)
    assert request["user_code"] in json.dumps(kernel.shows(cell)), "plain HTML and text need it"
    if ended == "approved":
        provider.approve(request["user_code"])
    elif ended == "declined":
        provider.deny(request["user_code"])
    else:
        kernel.server.delete(f"jupyter_auth/v1/interactions/{request['id']}")
    kernel.result_of(cell)
    shown = json.dumps(kernel.displays(cell)[-1])
    for secret in (request["user_code"], request["verification_uri"], request["verification_uri_complete"]):
        assert secret not in shown
    assert ("Signed in as ada" in shown) is (ended == "approved")
