"""Checking a profile: every fault at once, with what to do about it, and no secret in what is said."""

from typing import Any

import pytest

from jupyter_auth.core.profile import DEFAULT_SCOPES, Profile, read_profile

GOOD: dict[str, Any] = {"issuer": "https://idp.example.org/realms/science", "client_id": "notebooks"}


def faults(**changes: Any) -> dict[str, str]:
    """What is wrong with a good profile with these changes: key → message."""
    table = {key: value for key, value in (GOOD | changes).items() if value is not ...}
    profile, found = read_profile("lake", table, "a.toml")
    assert (profile is None) is bool(found)
    assert all(fault.file == "a.toml" and fault.key.startswith("profiles.lake") for fault in found)
    return {fault.key.removeprefix("profiles.lake."): fault.message for fault in found}


def test_the_least_that_a_profile_needs() -> None:
    profile, found = read_profile("lake", GOOD, "a.toml")
    assert found == []
    assert profile == Profile(name="lake", **GOOD)
    assert profile.provider == "oidc" and profile.scopes == DEFAULT_SCOPES and not profile.folds_case


def test_all_that_a_profile_may_say() -> None:
    table = GOOD | {
        "provider": "oidc",
        "scopes": "openid lake.read",
        "title": "Science lake",
        "scope_titles": {"lake.read": "Read the lake"},
        "resource": "https://lake.example.org",
        "flows": ["device_code", "authorization_code"],
        "client_secret_file": "~/.secrets/lake",
        "ca_bundle": "/etc/ssl/company.pem",
        "proxies": {"https": "http://proxy:3128"},
    }
    profile, found = read_profile("lake", table, "a.toml")
    assert found == [] and profile is not None
    assert profile.scopes == ("openid", "lake.read") and profile.flows == (
        "device_code",
        "authorization_code",
    )
    assert isinstance(hash(profile), int)


def test_every_fault_is_told_at_once() -> None:
    found = faults(
        provider="odic",
        issuer="http://idp.example.org",
        client_id=...,
        scopes=["lake.read", 'quo"te'],
        flows=["device"],
        client_secret="hunter2",
        resorce="x",
        proxies={"https": 5},
        resource="https://a",
        audience="b",
    )
    assert found.keys() == {
        "provider", "issuer", "client_id", "scopes", "flows", "client_secret", "resorce", "proxies",
        "audience",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("key", "meant"),
    [
        ("clientid", "client_id"),
        ("client-id", "client_id"),
        ("isuer", "issuer"),
        ("scope", "scopes"),
        ("Title", "title"),
        ("flow", "flows"),
        ("client_secret_flie", "client_secret_file"),
    ],
)
def test_a_misspelt_key_is_told_with_what_was_meant(key: str, meant: str) -> None:
    assert f'did you mean "{meant}"?' in faults(**{key: "x"})[key]


def test_a_key_like_no_other_is_told_without_a_guess() -> None:
    assert faults(zzzzz=1) == {"zzzzz": "unknown key"}


@pytest.mark.parametrize(
    ("key", "value", "meant"), [("provider", "oidcc", "oidc"), ("flows", ["device"], "device_code")]
)
def test_a_misspelt_value_is_told_with_what_was_meant(key: str, value: Any, meant: str) -> None:
    assert f'did you mean "{meant}"?' in faults(**{key: value})[key]


def test_a_plain_client_secret_is_refused_and_not_repeated() -> None:
    message = faults(client_secret="hunter2")["client_secret"]
    assert "client_secret_file" in message and "hunter2" not in message


def test_an_unknown_provider_is_refused() -> None:
    assert "is not a provider" in faults(provider="okta")["provider"]


@pytest.mark.parametrize(
    "issuer",
    ["http://127.0.0.1:8080/realms/dev", "http://localhost:9000", "http://[::1]:9000/", "https://a.b"],
)
def test_issuers_that_are_accepted(issuer: str) -> None:
    profile, _ = read_profile("lake", GOOD | {"issuer": issuer}, "a.toml")
    assert profile is not None and profile.issuer == issuer  # exactly as written


@pytest.mark.parametrize(
    "issuer",
    [
        "http://idp.example.org", "http://10.0.0.1/", "http://localhost.evil.example", "http://127.1/", "ftp://a.b",
        "javascript:alert(1)", "//idp.example.org", "idp.example.org", "https://", "https://a@b.c", "https://a.b\\c",
        "https://a.b/\n", "https://a.b/?x=1", "https://a.b/#x", "https://a.b/?", "https://a.b/#", "https://münchen.de",
        "https://a.b/" + "x" * 3000, "", " ", None, 5, True, ["https://a.b"], {"url": "https://a.b"},
    ],
    ids=lambda issuer: ascii(issuer)[:40],
)  # fmt: skip
def test_issuers_that_are_refused(issuer: Any) -> None:
    assert faults(issuer=issuer).keys() == {"issuer"}


WRONG: dict[str, list[Any]] = {
    "client_id": ["", " ", None, 5, "a\nb", "a\x1b[31m", ["x"], "a\u202eb"],
    "scopes": ["", [], "a\tb", [5], 5, None, {"a": 1}, ['a"b'], "é"],
    "title": ["", 5, "a\nb", "\u202eevil"],
    "flows": ["device_code", [], [5], [["device_code"]], ["implicit"], None, {"a": 1}],
    "scope_titles": ["x", ["x"], {"a": 5}, {"a": None}, {"a": {"b": "c"}}, None],
    "proxies": ["x", {"https": ["x"]}],
    "provider": [None, 5, ["oidc"], {"oidc": 1}, ""],
    "ca_bundle": ["", 5],
    "client_secret_env": [5, "A\x00B"],
}


@pytest.mark.parametrize(
    ("key", "value"), [(key, value) for key, values in WRONG.items() for value in values]
)
def test_values_of_the_wrong_kind_are_faults(key: str, value: Any) -> None:
    assert faults(**{key: value}).keys() == {key}


@pytest.mark.parametrize("table", [None, 5, "x", [], [("issuer", "https://a.b")]])
def test_what_is_no_table_is_a_fault(table: Any) -> None:
    profile, found = read_profile("lake", table, "a.toml")
    assert profile is None and [fault.message for fault in found] == ["must be a table"]


@pytest.mark.parametrize("name", ["", "a b", "a/b", "-x", ".x", "a\n", "é", "x" * 65, "<b>"])
def test_names_that_are_refused(name: str) -> None:
    profile, found = read_profile(name, GOOD, "a.toml")
    assert profile is None and len(found) == 1


@pytest.mark.parametrize("name", ["a", "lake", "Lake_2.prod-eu", "0", "x" * 64])
def test_names_that_are_accepted(name: str) -> None:
    assert read_profile(name, GOOD, "a.toml")[1] == []


def test_a_fault_reads_as_a_line() -> None:
    _, found = read_profile("lake", GOOD | {"scope": "x"}, "a.toml")
    assert str(found[0]) == 'a.toml: profiles.lake.scope: unknown key; did you mean "scopes"?'
