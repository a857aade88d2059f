"""S37: ``allowed_issuers`` are compared to the letter, and bind endpoints and tenants too."""

from pathlib import Path

import pytest

from jupyter_auth.broker.config.configuration import load
from jupyter_auth.broker.config.settings import Settings
from jupyter_auth.core.errors import PolicyError
from jupyter_auth.core.secret import Secret
from jupyter_auth.providers.registry import make_engine

AUTHORITY = "https://login.microsoftonline.com/contoso.com"
SHARED = "https://login.microsoftonline.com/organizations"
SETTINGS = Settings(
    allowed_issuers=(
        "https://idp.example",
        "https://github.com",
        "https://accounts.google.com",
        AUTHORITY,
        SHARED,
    )
)
IDP = 'issuer = "https://idp.example"\n'


def loaded(tmp_path: Path, text: str) -> object:
    path = tmp_path / "a.toml"
    path.write_text(f'[profiles.x]\nclient_id = "n"\n{text}')
    return load([path], SETTINGS).profile("x")


@pytest.mark.parametrize(
    "text",
    [
        IDP,
        IDP + 'token_endpoint = "https://idp.example/token"\n',
        'preset = "github"\n',
        'preset = "google"\n',
        'provider = "entra"\ntenant = "contoso.com"\n',
        'provider = "entra"\nauthority = "https://login.windows.net/CONTOSO.com/"\n',
    ],
)
def test_allowed(tmp_path: Path, text: str) -> None:
    assert loaded(tmp_path, text)


TRICKS = [
    "https://idp.example/", "https://idp.example:443", "https://IDP.example", "HTTPS://idp.example",
    "https://idp.example.", "https://idp.example.evil.example", "https://evil.example/https://idp.example",
    "https://idp.example/../evil", "https://idp.example//", "https://idp.example/realms/evil",
    "http://127.0.0.1:8080", "https://xn--idp-.example",
]  # fmt: skip


@pytest.mark.parametrize("issuer", TRICKS)
def test_an_issuer_by_almost_the_same_name(tmp_path: Path, issuer: str) -> None:
    with pytest.raises(PolicyError) as caught:
        loaded(tmp_path, f'issuer = "{issuer}"\n')
    assert caught.value.reason == "issuer_not_allowed" and "profiles.x.issuer" in str(caught.value)
    assert "https://idp.example" in caught.value.hint


@pytest.mark.parametrize("issuer", TRICKS)
def test_the_administrator_s_own_profiles_are_bound_too(tmp_path: Path, issuer: str) -> None:
    table = {"issuer": issuer, "client_id": "n"}
    found = load([], Settings(profiles={"own": table}, allowed_issuers=SETTINGS.allowed_issuers))
    with pytest.raises(PolicyError) as caught:
        found.profile("own")
    assert caught.value.reason == "issuer_not_allowed" and "own" in found.broken


@pytest.mark.parametrize(
    ("text", "key"),
    [
        (IDP + 'token_endpoint = "https://evil.example/token"\n', "token_endpoint"),
        (IDP + 'jwks_uri = "https://idp.example.evil/keys"\n', "jwks_uri"),
        (IDP + 'token_endpoint = "https://idp.example:8443/token"\n', "token_endpoint"),
        ('preset = "github"\ntoken_endpoint = "https://evil.example/token"\n', "token_endpoint"),
        ('preset = "github"\n' + IDP, "token_endpoint"),
        ('preset = "github"\nissuer = "https://accounts.google.com"\n', "userinfo_endpoint"),
        ('provider = "entra"\ntenant = "fabrikam.com"\n', "issuer"),
        ('provider = "managed_identity"\nresource = "r"\n', "issuer"),
    ],
)
def test_refused(tmp_path: Path, text: str, key: str) -> None:
    with pytest.raises(PolicyError) as caught:
        loaded(tmp_path, text)
    assert caught.value.reason == "issuer_not_allowed"
    assert f"profiles.x.{key}: " in str(caught.value)


def test_an_administrators_limits_hold_for_tenants_of_a_call(tmp_path: Path) -> None:
    path = tmp_path / "a.toml"
    path.write_text('[profiles.x]\nclient_id = "n"\nprovider = "entra"\ntenant = "contoso.com"\n')
    engine = make_engine(load([path], SETTINGS).profile("x"))
    for verb in (
        lambda: engine.refresh(Secret("r"), ("User.Read",), {"tenant": "fabrikam.com"}),
        lambda: engine.start_device(("User.Read",), (), {"tenant": "fabrikam.com"}),
    ):
        with pytest.raises(PolicyError) as caught:
            verb()
        assert caught.value.reason == "issuer_not_allowed"
    engine.close()
