"""Provider ``entra`` through the whole stack, at a provider of Entra's shape: real servers, real kernels."""

import base64
import json
import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest

from jupyter_auth.cli.demo.jupyter_process import JupyterProcess
from tests.idp import MisbehavingProvider
from tests.idp.entra import ADA, BOB, FABRIKAM, HOME, WRITE, EntraProvider
from tests.idp.managed_identity import SHAPES, Machine
from tests.integration.code_flow import CALLBACK, browser, visit
from tests.integration.conftest import pending
from tests.integration.entra import answer, sign_in, write_profiles
from tests.support import Kernel, Place, Script, place
from tests.support.resource import Resource, resource

ACRS = {"access_token": {"acrs": {"essential": True, "value": "c1"}}}
CLAIMS = json.dumps(ACRS)
CHALLENGE = f'Bearer error="insufficient_claims", claims="{base64.b64encode(CLAIMS.encode()).decode()}"'
MFA = {
    "error": "invalid_grant",
    "error_description": "AADSTS50076: Due to a configuration change you must use a second factor.",
    "error_codes": [50076],
    "suberror": "basic_action",
    "claims": CLAIMS,
}
BLOCKED = {
    "error": "access_denied",
    "error_description": "AADSTS53003: Access has been blocked by Conditional Access policies.",
    "error_codes": [53003],
}
MACHINE = '[profiles.batch]\nprovider = "managed_identity"\nresource = "https://storage.azure.com"\n'
StartKernels = Callable[[JupyterProcess, int], list[Kernel]]


@pytest.fixture
def at_entra(home: Place, entra: EntraProvider) -> Place:
    """The shared place with profiles at Entra."""
    write_profiles(home, entra)
    return home


@pytest.fixture
def api() -> Iterator[Resource]:
    with resource() as running:
        running.challenge = CHALLENGE
        yield running


def claims_of(entra: EntraProvider, endpoint: str) -> object:
    """What the last request to ``endpoint`` demanded of the access token."""
    return json.loads(entra.seen(endpoint)[-1]["form"]["claims"])["access_token"]


def test_a_life(entra: EntraProvider, start_kernels: StartKernels) -> None:
    """Device code, silence, more scopes, another tenant, a restart, the end."""
    with place() as made:
        write_profiles(made, entra)
        with made.server() as server:
            first, other = start_kernels(server, 2)
            sign_in(entra, first)
            assert first.value("[tok.account.home_account_id, tok.tenant_id]") == [ADA, HOME]
            first_token = first.value("tok.reveal()")
            ask = "tok = ja.acquire_token_silent('graph')"
            assert other.run(ask, "[tok.reveal(), str(tok.metadata.token_source)]") == [first_token, "cache"]
            more = f"tok = ja.get_token('graph', scopes=[{WRITE!r}])"
            assert first.run(more, "tok.scopes") == [WRITE]
            there = f"tok = ja.get_token('graph', tenant={FABRIKAM!r})"
            assert first.run(there, "[tok.tenant_id, tok.account.home_account_id]") == [FABRIKAM, ADA]
            guest_token = first.value("tok.reveal()")
            assert other.run(there, "tok.reveal()") == guest_token
            tenants = [seen["tenant"] for seen in entra.seen("token") if "refresh_token" in seen["form"]]
            assert tenants == [HOME, FABRIKAM]
            assert len(server.get("jupyter_auth/v1/interactions").json()) == 1
        with Script(made) as script:  # no server: the same store
            assert script.run(ask, "tok.reveal()") == first_token
            assert script.run(there, "tok.reveal()") == guest_token
        with made.server() as server:
            (again,) = start_kernels(server, 1)
            assert again.run(ask, "tok.reveal()") == first_token
            assert again.run(there, "tok.reveal()") == guest_token
            (row,) = server.get("jupyter_auth/v1/accounts?profile=graph").json()
            assert (row["home_account_id"], row["realm"], row["state"]) == (ADA, HOME, "signed_in")
            report = again.run(
                "report = ja.sign_out('graph')",
                "[[a.outcome, a.end_session_uri] for a in report.accounts] + [str(report)]",
            )
            (outcome, link), told = report
            assert outcome == "unsupported" and link.startswith(
                f"{entra.authority('common')}/oauth2/v2.0/logout"
            )
            assert "revoke" in told.lower()
            assert "InteractionRequiredError" in again.fails("ja.get_token('graph', interactive=False)")
            assert server.get("jupyter_auth/v1/accounts").json() == []


def test_a_blocked_device_code_goes_on_in_the_browser(
    at_entra: Place, server: JupyterProcess, kernel: Kernel, entra: EntraProvider
) -> None:
    entra.plan("devicecode", BLOCKED)
    cell = kernel.start("tok = ja.get_token('graph')", "[str(tok.metadata.token_source), tok.tenant_id]")
    waiting = pending(server)
    assert (waiting["flow"], waiting["flow_reason"]) == ("authorization_code", "device_code_blocked")
    back = entra.sign_in_until(waiting["authorization_uri"], server.url + CALLBACK)
    with browser(server) as person:
        assert "Signed in" in visit(person, back).text
    assert kernel.result_of(cell) == ["identity_provider", HOME]


def test_what_an_api_demands_is_tried_silently_first(
    at_entra: Place, kernel: Kernel, entra: EntraProvider, api: Resource
) -> None:
    sign_in(entra, kernel)
    assert get(kernel, api) == 200
    assert len(api.tokens) == 2 == len(set(api.tokens))
    assert claims_of(entra, "token") == {**ACRS["access_token"], "xms_cc": {"values": ["CP1"]}}
    assert len(entra.seen("devicecode")) == 1  # nobody was asked again


@pytest.mark.usefixtures("at_entra")
@pytest.mark.parametrize("refusals", [1, 99])
def test_then_the_person_is_asked_once_and_nobody_loops(
    server: JupyterProcess, kernel: Kernel, entra: EntraProvider, api: Resource, refusals: int
) -> None:
    sign_in(entra, kernel)
    api.refusals = refusals
    entra.plan("token", MFA)
    cell = kernel.start(calling(api), "answer.status_code")
    answer(entra, server)
    assert kernel.result_of(cell) == (200 if refusals == 1 else 401)
    assert len(api.tokens) == 2 == len(set(api.tokens))
    demanded = {**ACRS["access_token"], "xms_cc": {"values": ["CP1"]}}
    assert claims_of(entra, "devicecode") == claims_of(entra, "token") == demanded
    assert sum(seen["form"]["grant_type"] == "refresh_token" for seen in entra.seen("token")) == 1
    assert len(entra.seen("devicecode")) == 2


def test_what_a_rule_demands_of_a_refresh_goes_to_the_person(
    at_entra: Place, server: JupyterProcess, kernel: Kernel, entra: EntraProvider
) -> None:
    """Conditional access: the refusal's own claims, which no call has named."""
    sign_in(entra, kernel)
    entra.plan("token", MFA)
    wanted = f"'graph', scopes=[{WRITE!r}]"
    told = kernel.run(
        f"try: ja.acquire_token_silent({wanted})\nexcept ja.InteractionRequiredError as e: told = e",
        "[told.reason, told.claims]",
    )
    assert told == ["mfa_required", CLAIMS]
    cell = kernel.start(f"tok = ja.get_token({wanted})", "str(tok.metadata.token_source)")
    answer(entra, server)
    assert kernel.result_of(cell) == "identity_provider"
    assert claims_of(entra, "devicecode") == {**ACRS["access_token"], "xms_cc": {"values": ["CP1"]}}


def test_several_accounts(
    at_entra: Place, server: JupyterProcess, pair: list[Kernel], entra: EntraProvider
) -> None:
    """Two people, one also a guest elsewhere: chosen by name or id, switched, signed out one by one."""
    kernel, other = pair
    sign_in(entra, kernel)
    sign_in(entra, kernel, "bob", ", account='bob@contoso.test'")
    assert "ambiguous_account" in kernel.run(
        "try: ja.get_token('graph', interactive=False)\nexcept ja.InteractionRequiredError as e: told = e",
        "told.reason",
    )
    kernel.run("%load_ext jupyter_auth\n%auth switch graph bob@contoso.test")
    assert other.run("tok = ja.get_token('graph')", "tok.account.home_account_id") == BOB
    by_id = f"tok = ja.get_token('graph', account={ADA!r}, tenant={FABRIKAM!r})"
    assert other.run(by_id, "[tok.account.username, tok.tenant_id]") == ["ada@contoso.test", FABRIKAM]
    kernel.run(f"tok = %get_token graph --account ada@contoso.test --tenant {FABRIKAM}")
    assert kernel.value("[tok.tenant_id, str(tok.metadata.token_source)]") == [FABRIKAM, "cache"]
    told = kernel.run(
        "report = ja.sign_out('graph', account='Bob@contoso.test')",
        "[[a.username, a.outcome] for a in report.accounts]",
    )
    assert told == [["bob@contoso.test", "unsupported"]]
    assert other.run("tok = ja.get_token('graph')", "tok.account.home_account_id") == ADA
    (left,) = server.get("jupyter_auth/v1/accounts?profile=graph").json()
    assert left["username"] == "ada@contoso.test"
    gone = server.delete(f"jupyter_auth/v1/accounts/{ADA}").json()
    assert [account["outcome"] for account in gone["accounts"]] == ["unsupported"]
    assert server.get("jupyter_auth/v1/accounts").json() == []


def test_an_application_s_own_tokens(at_entra: Place, pair: list[Kernel], entra: EntraProvider) -> None:
    kernel, other = pair
    kernel.run("%load_ext jupyter_auth\ntok = %get_token batch")
    assert kernel.value("[tok.account, str(tok.metadata.token_source)]") == [None, "identity_provider"]
    assert other.run("tok = ja.get_token('batch')", "tok.reveal()") == kernel.value("tok.reveal()")
    kernel.run("tok = ja.acquire_token_for_client('app')")
    assert kernel.value("[tok.account, tok.tenant_id, str(tok.metadata.token_source)]") == [
        None,
        HOME,
        "identity_provider",
    ]
    again = "tok = ja.acquire_token_for_client('app')"
    assert other.run(again, "[tok.reveal(), str(tok.metadata.token_source)]") == [
        kernel.value("tok.reveal()"),
        "cache",
    ]
    there = f"tok = ja.acquire_token_for_client('app', tenant={FABRIKAM!r})"
    assert other.run(there, "tok.tenant_id") == FABRIKAM
    assert [seen["tenant"] for seen in entra.seen("token")] == [HOME, HOME, FABRIKAM]
    assert entra.seen("devicecode") == []


def test_on_behalf_of_a_person(at_entra: Place, pair: list[Kernel], entra: EntraProvider) -> None:
    kernel, service = pair
    sign_in(entra, kernel)
    assertion = kernel.value("tok.reveal()")
    entra.reset()
    trade = f"tok = ja.acquire_token_on_behalf_of('orders', user_assertion={assertion!r})"
    assert service.run(trade, "[str(tok.metadata.token_source), tok.account]") == ["identity_provider", None]
    assert service.run(trade, "str(tok.metadata.token_source)") == "cache"
    (asked,) = entra.seen("token")
    assert asked["form"]["requested_token_use"] == "on_behalf_of" and asked["form"]["assertion"] == assertion


def test_a_machine_s_own_identity(start_kernels: StartKernels) -> None:
    """An Azure machine as its environment tells: by the magic, once for all kernels."""
    machine = Machine(SHAPES["vm"])
    with MisbehavingProvider() as azure, place() as made:
        azure.answers[machine.shape.path] = machine
        made.variables(
            **{name: v.format(origin=azure.issuer) for name, v in machine.shape.environment.items()}
        )
        made.toml.write_text(MACHINE, encoding="utf-8")
        with made.server() as server:
            kernel, other = start_kernels(server, 2)
            assert machine.asked == []
            kernel.run("%load_ext jupyter_auth\ntok = %get_token batch")
            assert kernel.value("[tok.account, tok.profile]") == [None, "batch"]
            assert other.run("tok = ja.get_token('batch')", "str(tok.metadata.token_source)") == "cache"
            assert [query["resource"] for query in machine.asked] == ["https://storage.azure.com"]


def test_the_doctor_asks_each_authority(entra: EntraProvider) -> None:
    with place() as made:
        write_profiles(made, entra)
        nowhere = f'[profiles.nowhere]\nprovider = "entra"\nauthority = "{entra.authority("nowhere.test")}"\n'
        text = f'{nowhere}client_id = "n"\nca_bundle = "{entra.certificate}"\n'
        with made.toml.open("a", encoding="utf-8") as file:
            file.write(text)
        command = [sys.executable, "-m", "jupyter_auth.cli.main", "doctor", "--json"]
        told = subprocess.run(
            command, env=made.environment, capture_output=True, text=True, timeout=110, check=False
        )
        found = {row["about"]: row for row in json.loads(told.stdout) if row["check"] == "provider"}
        graph, nobody = found["graph"], found["nowhere"]
        assert (graph["state"], graph["message"]) == ("ok", entra.authority("common"))
        assert nobody["state"] == "fault" and "does not know this tenant" in nobody["message"]
        assert "Check tenant or authority" in nobody["remedy"]


def calling(api: Resource) -> str:
    return f"import requests; answer = requests.get({api.url!r}, auth=ja.BearerAuth('graph'), timeout=50)"


def get(kernel: Kernel, api: Resource) -> int:
    return int(kernel.run(calling(api), "answer.status_code"))
