"""What each kind of provider needs in its profile, and what has no meaning there."""

import re
from typing import Any

import pytest

from jupyter_auth.core.presets import PRESETS, preset
from jupyter_auth.core.profile import MANAGED_IDENTITY_ISSUER, SYSTEM_ASSIGNED, Profile, read_profile

OIDC = {"issuer": "https://idp.example.org", "client_id": "notebooks"}
ENTRA = {"provider": "entra", "tenant": "contoso.com", "client_id": "notebooks"}
APP = {**OIDC, "provider": "client_credentials", "client_secret_file": "~/s"}
MACHINE = {"provider": "managed_identity", "resource": "https://storage.azure.com"}
SERVERS: dict[str, dict[str, str]] = {
    "oidc": OIDC, "entra": ENTRA, "client_credentials": APP, "managed_identity": MACHINE
}  # fmt: skip


def good(table: dict[str, Any], **changes: Any) -> Profile:
    profile, found = read_profile("x", table | changes, "a.toml")
    assert found == [] and profile is not None
    return profile


def faults(table: dict[str, Any], **changes: Any) -> dict[str, str]:
    changed = {key: value for key, value in (table | changes).items() if value is not ...}
    profile, found = read_profile("x", changed, "a.toml")
    assert profile is None
    return {fault.key.removeprefix("profiles.x."): fault.message for fault in found}


def test_a_tenant_is_an_authority_of_the_public_cloud() -> None:
    profile = good(ENTRA, tenant="Contoso.com")
    assert profile.issuer == "https://login.microsoftonline.com/contoso.com"
    assert profile.environment == "https://login.microsoftonline.com"
    assert profile.folds_case and profile.signs_people_in


@pytest.mark.parametrize(
    ("authority", "issuer", "environment"),
    [
        (
            "https://login.windows.net/contoso.com/",
            "https://login.microsoftonline.com/contoso.com",
            "https://login.microsoftonline.com",
        ),
        (
            "https://sts.windows.net/COMMON",
            "https://login.microsoftonline.com/common",
            "https://login.microsoftonline.com",
        ),
        (
            "https://login.microsoft.com:443/t/v2.0",
            "https://login.microsoftonline.com/t",
            "https://login.microsoftonline.com",
        ),
        (
            "https://login.microsoftonline.us/t",
            "https://login.microsoftonline.us/t",
            "https://login.microsoftonline.us",
        ),
        (
            "https://login.usgovcloudapi.net/t",
            "https://login.microsoftonline.us/t",
            "https://login.microsoftonline.us",
        ),
        (
            "https://login.chinacloudapi.cn/t",
            "https://login.partner.microsoftonline.cn/t",
            "https://login.partner.microsoftonline.cn",
        ),
        (
            "https://contoso.ciamlogin.com",
            "https://contoso.ciamlogin.com/contoso.onmicrosoft.com",
            "https://contoso.ciamlogin.com/contoso.onmicrosoft.com",
        ),
        (
            "https://a.b2clogin.com/a.com/B2C_1_in",
            "https://a.b2clogin.com/a.com/b2c_1_in",
            "https://a.b2clogin.com/a.com/b2c_1_in",
        ),
        (
            "https://login.contoso.com/t/B2C_1_in",
            "https://login.contoso.com/t/b2c_1_in",
            "https://login.contoso.com/t/b2c_1_in",
        ),
        ("https://127.0.0.1:9411/t", "https://127.0.0.1:9411/t", "https://127.0.0.1:9411"),
    ],
)
def test_authorities_are_written_in_one_way(authority: str, issuer: str, environment: str) -> None:
    profile = good(_with(authority))
    assert (profile.issuer, profile.environment) == (issuer, environment)


def _with(authority: Any) -> dict[str, Any]:
    return {"provider": "entra", "client_id": "notebooks", "authority": authority}


@pytest.mark.parametrize(
    "authority",
    [
        "http://login.microsoftonline.com/t",
        "https://login.microsoftonline.com",
        "https://login.microsoftonline.com/",
        "https://login.microsoftonline.com/a/b",
        "https://a@login.microsoftonline.com/t",
        "https://x/t?p=1",
        "x",
        5,
        "https://login.microsoftonline.com/..",
        "https://login.microsoftonline.com/%2e%2e",
        "https://x/t#",
        "",
    ],
)
def test_authorities_that_are_refused(authority: Any) -> None:
    assert faults(_with(authority)).keys() == {"authority"}


@pytest.mark.parametrize("tenant", ["a/b", "a b", "", 5, "a\n", "ä.example", "https://x"])
def test_tenants_that_are_refused(tenant: Any) -> None:
    assert faults(ENTRA, tenant=tenant).keys() == {"tenant"}


def test_entra_needs_a_tenant_or_an_authority_and_not_both() -> None:
    assert "is missing" in faults(ENTRA, tenant=...)["tenant"]
    assert "not both" in faults(ENTRA, authority="https://login.microsoftonline.com/x")["authority"]


@pytest.mark.parametrize(
    ("kind", "key", "value"),
    [
        ("entra", "issuer", "https://a.b"),
        ("entra", "resource", "https://a.b"),
        ("entra", "preset", "google"),
        ("entra", "token_endpoint", "https://a.b"),
        ("oidc", "tenant", "t"),
        ("oidc", "authority", "https://a.b/t"),
        ("client_credentials", "flows", ["device_code"]),
        ("managed_identity", "issuer", "https://a.b"),
        ("managed_identity", "client_secret_file", "x"),
        ("managed_identity", "flows", ["device_code"]),
    ],
)
def test_a_key_of_another_provider_is_told_so(kind: str, key: str, value: Any) -> None:
    assert faults(SERVERS[kind], **{key: value}) == {key: f"has no meaning for provider {kind!r}"}


def test_an_application_needs_credentials() -> None:
    assert good(APP).scopes == () and not good(APP).signs_people_in
    assert "client_assertion_file" in faults(APP, client_secret_file=...)["client_secret_file"]


@pytest.mark.parametrize("kind", ["oidc", "entra", "client_credentials"])
def test_one_way_for_a_client_to_authenticate(kind: str) -> None:
    table = SERVERS[kind] | {"client_secret_file": "s", "client_assertion_file": "a"}
    assert "not several" in faults(table)["client_assertion_file"]
    both = SERVERS[kind] | {"client_secret_file": "s", "client_secret_env": "E"}
    assert "not several" in faults(both)["client_secret_env"]


def test_a_certificate_and_its_key() -> None:
    pair = {"client_certificate_file": "c.pem", "client_key_file": "k.pem"}
    assert good(ENTRA | pair).has_credentials and good(OIDC | pair).has_credentials
    assert good(OIDC, client_key_file="k.pem").has_credentials and not good(OIDC).has_credentials
    assert faults(ENTRA, client_certificate_file="c").keys() == {"client_key_file"}
    assert faults(ENTRA, client_key_file="c").keys() == {"client_certificate_file"}


def test_a_machine_needs_to_know_for_what_its_tokens_are() -> None:
    profile = good(MACHINE)
    assert (profile.issuer, profile.client_id, profile.scopes) == (
        MANAGED_IDENTITY_ISSUER,
        SYSTEM_ASSIGNED,
        (),
    )
    assert good(MACHINE, client_id="abc").client_id == "abc"
    assert faults({"provider": "managed_identity"}).keys() == {"resource"}
    assert good({"provider": "managed_identity", "scopes": ["https://a/.default"]}).scopes


def test_endpoints_of_a_provider_without_discovery() -> None:
    profile = good(OIDC, token_endpoint="https://x/token", jwks_uri="https://x/keys")
    assert profile.endpoints == {"token_endpoint": "https://x/token", "jwks_uri": "https://x/keys"}
    assert faults(OIDC, token_endpoint="http://x/token").keys() == {"token_endpoint"}
    assert faults(OIDC, token_endpoint="http://127.0.0.1/token").keys() == {"token_endpoint"}
    assert 'did you mean "token_endpoint"?' in faults(OIDC, token_endpont="https://x")["token_endpont"]


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_holds_no_client_id_and_only_known_keys(name: str) -> None:
    known = preset(name)
    assert not [key for key in known if re.match("client|tenant|title", key)]
    needed = {"issuer": "https://sso.example.org/realms/x", "client_id": "nb"} | {"preset": name}
    profile = good({key: value for key, value in needed.items() if key not in known})
    assert profile.preset == name and profile.issuer == known.get("issuer", needed["issuer"])
    assert profile.quirks == known.get("quirks", {})


def test_a_profile_says_more_than_its_preset() -> None:
    table = {"preset": "github", "client_id": "nb", "scopes": ["repo"], "token_endpoint": "https://ghe/x"}
    profile = good(table)
    assert profile.scopes == ("repo",) and profile.endpoints["token_endpoint"] == "https://ghe/x"
    assert profile.endpoints["userinfo_endpoint"] == "https://api.github.com/user"


def test_presets_that_are_refused() -> None:
    assert 'did you mean "github"?' in faults(OIDC, preset="githup")["preset"]
    assert faults(OIDC, preset=["github"]).keys() == {"preset"}
    assert faults({"preset": "keycloak", "client_id": "nb"}).keys() == {"issuer"}


def test_every_fault_of_every_kind_at_once() -> None:
    found = faults(
        ENTRA, client_secret="x", tenant="a b", clinet_id="x", issuer="https://a.b", client_id=...,
        client_secret_env="E", client_assertion_file="a", scopes=[],
    )  # fmt: skip
    assert found.keys() == {
        "client_secret", "tenant", "clinet_id", "issuer", "client_id", "client_assertion_file", "scopes"
    }  # fmt: skip
