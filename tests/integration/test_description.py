"""What a real server answers is what its description says, field by field, errors too."""

from collections.abc import Callable
from typing import Any

import pytest
import requests

from jupyter_auth.cli.demo.jupyter_process import JupyterProcess
from tests.idp import OidcProvider
from tests.integration.conftest import pending
from tests.support import Kernel, Place, until
from tests.support.description import check, operations


class Asked:
    """Asks the server, and holds each answer against the description."""

    def __init__(self, server: JupyterProcess) -> None:
        self._server = server
        self.seen: set[tuple[str, str, str]] = set()

    def __call__(self, method: str, path: str, status: int = 200, **more: Any) -> Any:
        answer = self.plain(method, path, status, **more)
        self.seen.add(check(answer))
        return answer.json()

    def plain(self, method: str, path: str, status: int, **more: Any) -> requests.Response:
        """What nothing is described of."""
        headers = {"Authorization": f"token {self._server.token}"} | more.pop("headers", {})
        url = f"{self._server.url}jupyter_auth/v1/{path}"
        with requests.Session() as session:
            session.trust_env = False
            answer = session.request(method, url, headers=headers, timeout=20, **more)
        assert answer.status_code == status, answer.text
        return answer


@pytest.fixture
def ask(server: JupyterProcess) -> Asked:
    return Asked(server)


def test_every_operation_answers_as_described(
    ask: Asked, home: Place, provider: OidcProvider, kernel: Kernel
) -> None:
    home.profile(provider.issuer, name="bad", more='flow = ["device_code"]')
    assert ask("GET", "status")["configuration"]["faults"]
    rows = {row["name"]: row for row in ask("GET", "profiles")}
    assert rows["bad"]["faults"] and rows["lake"]["flows"] == ["device_code", "authorization_code"]
    assert (ask("GET", "accounts"), ask("GET", "cache")) == ([], [])
    cell = kernel.start("tok = ja.get_token('lake')", "None")
    waiting = pending(kernel.server)
    until(lambda: ask("GET", f"interactions/{waiting['id']}")["requested_by"]["waiting"] == 1)
    assert ask("POST", "interactions", json={"profile": "lake"})["id"] == waiting["id"]
    assert ask("GET", "interactions")[-1]["user_code"] == waiting["user_code"]
    provider.approve(waiting["user_code"])
    kernel.result_of(cell)
    (account,) = ask("GET", "accounts")
    assert ask("GET", f"accounts/{account['home_account_id']}") == [account]
    assert ask("PUT", f"accounts/{account['home_account_id']}", json={"default": True})[0]["default"]
    assert ask("GET", "cache")[0]["source"] == "identity_provider"
    (used,) = ask("GET", "kernels")
    assert used["kernel_id"] == kernel.kernel_id and used["connected"]
    assert [(use["profile"], use["count"]) for use in used["profiles"]] == [("lake", 1)]
    grants = f"kernels/{kernel.kernel_id}/grants"
    assert ask("GET", grants) == []
    allowed = {"profile": "lake", "scopes": ["lake.read"], "account": "ada", "decision": "deny"}
    (granted,) = ask("PUT", grants, json=allowed)
    assert granted["home_account_id"] == account["home_account_id"]
    assert ask("GET", "kernels")[0]["grants"] == ask("GET", grants) == [granted]
    assert ask("DELETE", f"{grants}?profile=lake") == []
    new = ask("POST", "interactions", 201, json={"profile": "lake", "scopes": "openid"})
    home.profile(provider.issuer, name="web", more='flows = ["authorization_code", "device_code"]')
    web = ask("POST", "interactions", 201, json={"profile": "web", "scopes": "lake.write"})
    assert (web["flow"], web["other_flows"]) == ("authorization_code", ["device_code"])
    web = ask("POST", f"interactions/{web['id']}", json={"flow": "device_code"})
    assert (web["flow"], web["other_flows"], web["authorization_uri"]) == (
        "device_code",
        ["authorization_code"],
        None,
    )
    assert ask("DELETE", f"interactions/{web['id']}")["state"] == "cancelled"
    assert ask("DELETE", f"interactions/{new['id']}")["state"] == "cancelled"
    (ended,) = ask("DELETE", f"accounts/{account['home_account_id']}?profile=lake")["accounts"]
    assert ended["host"] in provider.issuer and ended["outcome"] == "revoked"
    assert ask("DELETE", "cache")["accounts"] == []
    assert {(path, method) for path, method, _ in ask.seen} == operations()


def test_errors_are_answered_as_described(ask: Asked, provider: OidcProvider, home: Place) -> None:
    home.profile("http://127.0.0.1:9", name="gone")
    assert "did you mean" in ask("POST", "interactions", 400, json={"profile": "laek"})["message"]
    assert ask("POST", "interactions", 400, json=["lake"])["reason"] == "bad_body"
    assert ask("POST", "interactions", 403, json={"profile": "lake", "flow": "implicit"})["error"] == "policy"
    assert ask("POST", "interactions", 413, json={"profile": "l" * 70_000})["error"] == "http_413"
    assert ask("POST", "interactions", 415, data="profile=lake")["message"] == "Send application/json"
    assert ask("POST", "interactions", 502, json={"profile": "gone"})["error"] == "transport_error"
    refused = ask.plain("PUT", "cache", 405, headers={"Content-Type": "text/plain"})
    assert refused.json()["error"] == "http_405" and refused.headers["Allow"] == "GET, DELETE"
    for path, method in operations():
        real = path.strip("/").format(home_account_id="a.b", id="x", kernel_id="x")
        ask(method.upper(), real, 403, headers={"Authorization": "token wrong"})
        if "{" in path:
            # what changes something has to be sent as JSON
            sent: dict[str, Any] = {} if method == "get" else {"json": {}}
            assert ask(method.upper(), real, 404, **sent)["error"] == "http_404"
    assert {int(status[0]) for _, _, status in ask.seen} == {4, 5}


NARROWED: dict[str, dict[str, Any]] = {
    "query": {"params": {"profile": "other"}},
    "body": {"json": {"profile": "other"}},
}


@pytest.mark.parametrize("where", NARROWED)
def test_a_clear_of_one_profile_leaves_the_others(
    ask: Asked, kernel: Kernel, sign_in: Callable[..., str], home: Place, where: str
) -> None:
    home.profile("http://127.0.0.1:9", name="other")
    sign_in(kernel)
    assert ask("DELETE", "cache", **NARROWED[where])["accounts"] == []
    assert len(ask("GET", "accounts")) == 1
    two, other = {"params": {"profile": ["other", "lake"]}}, {"params": {"profile": "other"}}
    for nothing in (
        *({"params": {"profile": ""}}, {"json": {"profile": ""}}, {"json": {"profile": None}}),
        *({"json": {"profile": 1}}, two, {**other, "json": {"profile": "lake"}}),
        {**other, "json": {"profile": None}},
    ):
        assert ask("DELETE", "cache", 400, **nothing)["reason"] == "bad_argument"
    (ada,) = ask("GET", "accounts")
    account = f"accounts/{ada['home_account_id']}"
    slips: tuple[dict[str, Any], ...] = (
        {"params": {"profil": "other"}, "json": {}},
        {"json": {"profil": "other"}},
    )
    for slip in slips:
        for method, path in (("DELETE", "cache"), ("DELETE", account), ("PUT", account)):
            assert ask(method, path, 400, **slip)["reason"] == "unknown_argument"
    for odd in ('"yes"', "1", "[]", "null", '"true"'):
        said = {"data": f'{{"revoke": {odd}}}', "headers": {"Content-Type": "application/json"}}
        assert ask("DELETE", "cache", 400, **said)["reason"] == "bad_argument"
    assert ask("GET", "accounts") == [ada]
    assert ask("DELETE", "cache", json={"profile": "other"}, params={"1700000000": ""})["accounts"] == []
    report = ask("DELETE", "cache", json={"profile": "lake", "revoke": True})
    assert [row["outcome"] for row in report["accounts"]] == ["revoked"]
