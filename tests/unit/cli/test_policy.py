"""``jupyter auth doctor --policy``: the policy with its places, and what it does to profiles and requests."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from jupyter_auth.cli.main import main

CONFIG = """
c.JupyterAuth.allowed_issuers = ["https://idp.example"]
c.JupyterAuth.allowed_scopes = ["lake.read"]
c.JupyterAuth.allowed_flows = ["authorization_code", "client_credentials"]
c.JupyterAuth.profiles = {"house": {"issuer": "https://idp.example", "client_id": "n"}}
"""
FILE = """
[profiles.lake]
issuer = "https://idp.example"
client_id = "n"
scopes = ["openid", "lake.read"]
[profiles.far]
issuer = "https://far.example"
client_id = "n"
[profiles.odd]
issuer = "https://idp.example"
"""

ENTRA = "https://login.microsoftonline.com/contoso.com"
Ask = Callable[..., tuple[int, dict[str, Any]]]


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A configuration folder of the test's own."""
    for name in ("config", "data", "runtime"):
        monkeypatch.setenv(f"JUPYTER_{name.upper()}_DIR", str(tmp_path / name))
    folder = tmp_path / "config"
    folder.mkdir()
    (folder / "jupyter_server_config.py").write_text(CONFIG)
    (folder / "jupyter_auth.toml").write_text(FILE)
    return folder


@pytest.fixture
def ask(config: Path, capsys: pytest.CaptureFixture[str]) -> Ask:
    def run(*words: str) -> tuple[int, dict[str, Any]]:
        code = main(["doctor", "--policy", "--json", *words])
        return code, json.loads(capsys.readouterr().out)

    return run


def test_what_is_in_force_and_from_where(ask: Ask, config: Path) -> None:
    code, told = ask()
    by_name = {setting["name"]: setting for setting in told["settings"]}
    place = [str(config / "jupyter_server_config.py")]
    assert by_name["allowed_issuers"] == {
        "name": "allowed_issuers",
        "value": ["https://idp.example"],
        "sources": place,
    }
    assert by_name["allow_user_profiles"]["value"] is True
    assert by_name["allow_user_profiles"]["sources"] == by_name["allowed_clients"]["sources"] == []
    found = {v["profile"]: (v["decision"], v["rule"]) for v in told["verdicts"]}
    assert found == {
        "house": ("allowed", ""),
        "lake": ("allowed", ""),
        "far": ("refused", "allowed_issuers"),
        "odd": ("refused", "profile"),
    }
    assert code == 1 and told["faults"] == []


def test_settings_that_add_up_name_all_their_places(ask: Ask, config: Path) -> None:
    added = config / "jupyter_server_config.json"
    (config / "jupyter_config.py").write_text("c.JupyterAuth.allowed_clients.append('n')\n")
    (config / "jupyter_auth_config.py").write_text("c.JupyterAuth.allowed_clients.append('m')\n")
    added.write_text(json.dumps({"JupyterAuth": {"allowed_scopes": ["lake.write"]}}))
    by_name = {setting["name"]: setting for setting in ask()[1]["settings"]}
    clients = by_name["allowed_clients"]
    assert set(clients["value"]) == {"m", "n"} and len(clients["sources"]) == 2
    assert by_name["allowed_scopes"] == {
        "name": "allowed_scopes",
        "value": ["lake.write"],
        "sources": [str(added)],
    }


@pytest.mark.parametrize(
    ("words", "rule"),
    [
        (["--profile", "lake"], ""),
        (["--profile", "lake", "--scopes", "openid lake.read"], ""),
        (["--profile", "lake", "--scopes", "lake.read lake.write"], "allowed_scopes"),
        (["--profile", "lake", "--flow", "authorization_code"], ""),
        (["--profile", "lake", "--flow", "device_code"], "allowed_flows"),
        (["--profile", "lake", "--flow", "on_behalf_of"], "allowed_flows"),
        (["--profile", "lake", "--flow", "client_credentials"], "profile"),
        (["--profile", "far"], "allowed_issuers"),
        (["--profile", "nowhere"], "profile"),
        (["--issuer", "https://idp.example", "--client", "any"], ""),
        (["--issuer", "https://idp.example/", "--client", "any"], "allowed_issuers"),
        (["--issuer", "https://idp.example", "--scopes", "lake.write"], "allowed_scopes"),
        (["--issuer", "https://idp.example", "--flow", "device_code"], "allowed_flows"),
        (["--issuer", "http://idp.example"], "profile"),
        (["--issuer", ENTRA, "--provider", "entra"], "allowed_issuers"),
    ],
)
def test_what_if(ask: Ask, words: list[str], rule: str) -> None:
    code, told = ask(*words)
    [verdict] = told["verdicts"]
    assert (verdict["decision"], verdict["rule"]) == ("refused" if rule else "allowed", rule), verdict
    assert code == (1 if rule else 0)
    assert bool(verdict["message"]) == bool(rule)


def test_user_profiles_off(ask: Ask, config: Path) -> None:
    with (config / "jupyter_server_config.py").open("a") as file:
        file.write("c.JupyterAuth.allow_user_profiles = False\n")
    for words in (["--profile", "lake"], ["--issuer", "https://idp.example"]):
        [verdict] = ask(*words)[1]["verdicts"]
        assert (verdict["decision"], verdict["rule"]) == ("refused", "allow_user_profiles")
    assert ask("--profile", "house")[0] == 0


def test_a_policy_that_cannot_be_understood_refuses_all(ask: Ask, config: Path) -> None:
    with (config / "jupyter_server_config.py").open("a") as file:
        file.write("c.JupyterAuth.allowed_flows = ['device-code']\n")
    code, told = ask()
    assert code == 1 and {v["rule"] for v in told["verdicts"]} == {"settings"}
    assert 'did you mean "device_code"' in told["faults"][0]
    assert ask("--profile", "lake")[1]["verdicts"][0]["rule"] == "settings"


def test_people_read_it_too(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", "--policy", "--profile", "lake", "--flow", "device_code"]) == 1
    said = capsys.readouterr().out
    assert f"c.JupyterAuth.allowed_scopes = lake.read  [{config / 'jupyter_server_config.py'}]" in said
    assert "REFUSED  lake by allowed_flows" in said and "c.JupyterAuth.allowed_clients = (empty)" in said
    assert "command line is not seen here" in said


@pytest.mark.parametrize(
    "words",
    [
        ["--profile", "lake"],
        ["--policy", "--scopes", "lake.read"],
        ["--policy", "--profile", "lake", "--issuer", "https://idp.example"],
        ["--policy", "--profile", "lake", "--flow", "password"],
        ["--policy", "--provider", "saml", "--issuer", "https://idp.example"],
    ],
)
def test_a_question_that_is_none(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["doctor", *words])
    assert caught.value.code == 2
