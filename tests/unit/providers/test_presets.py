"""What presets and kinds of profiles do to the OIDC engine, at a provider that plays along."""

import base64
from pathlib import Path
from typing import Any

import pytest

from jupyter_auth.core.errors import PolicyError
from jupyter_auth.core.profile import read_profile
from jupyter_auth.core.secret import Secret
from jupyter_auth.providers.base import Engine
from jupyter_auth.providers.registry import make_engine
from tests.idp import MisbehavingProvider, faults

SECRET = "CANARY-client-secret"
CALLBACK = "http://127.0.0.1:8888/jupyter_auth/v1/callback"


@pytest.fixture
def secret(tmp_path: Path) -> str:
    file = tmp_path / "secret"
    file.write_text(f"{SECRET}\n")
    return str(file)


def engine_for(table: dict[str, Any]) -> Engine:
    profile, found = read_profile("x", {"client_id": "nb", **table}, "a.toml")
    assert profile is not None, found
    return make_engine(profile)


def github(idp: MisbehavingProvider, secret: str) -> Engine:
    at = {
        "token_endpoint": "token",
        "device_authorization_endpoint": "device",
        "userinfo_endpoint": "userinfo",
    }
    endpoints = {name: f"{idp.issuer}/{path}" for name, path in at.items()}
    return engine_for({"preset": "github", "issuer": idp.issuer, "client_secret_file": secret, **endpoints})


def test_github(idp: MisbehavingProvider, secret: str) -> None:
    idp.answers["token"] = faults.json(
        200, {"access_token": "gho_x", "token_type": "bearer", "scope": "read:user"}
    )
    idp.answers["userinfo"] = faults.json(200, {"id": 583231, "login": "octocat", "name": "Octo"})
    engine = github(idp, secret)
    started = engine.start_device(("read:user",), (), {})
    answer = engine.poll_device(started.device_code)
    assert answer.claims is not None and answer.refresh_token is None
    assert (answer.claims["sub"], answer.claims["preferred_username"]) == ("583231", "octocat")
    assert answer.expires_in == 28800 and answer.scope == ("read:user",)
    polled = next(seen for seen in idp.requests if seen.endpoint == "token")
    assert polled.form["client_secret"] == SECRET and polled.form["client_id"] == "nb"
    assert idp.count("discovery") == idp.count("jwks") == 0
    assert engine.revoke(Secret("gho_x"), "access_token") == "unsupported"
    engine.close()


def test_github_tells_errors_with_status_200(idp: MisbehavingProvider, secret: str) -> None:
    idp.answers["device_authorization"] = faults.json(200, {"error": "device_flow_disabled"})
    engine = github(idp, secret)
    with pytest.raises(Exception, match="device_flow_disabled"):
        engine.start_device(("read:user",), (), {})
    engine.close()


def test_google_is_asked_for_a_refresh_token_in_its_own_way(idp: MisbehavingProvider) -> None:
    engine = engine_for({"preset": "google", "issuer": idp.issuer})
    started = engine.start_code(("openid",), (), {}, redirect_uri=CALLBACK, state=Secret("s"))
    assert (
        "access_type=offline" in started.authorization_uri and "prompt=consent" in started.authorization_uri
    )
    engine.close()


@pytest.mark.parametrize(
    ("methods", "in_the_body"),
    [
        (["client_secret_post"], True),
        (["client_secret_post", "private_key_jwt"], True),
        (["client_secret_basic", "client_secret_post"], False),
        ([], False),
        (None, False),
        ("client_secret_post", False),
        ([5, {}], False),
    ],
)
def test_where_the_secret_goes(
    idp: MisbehavingProvider, secret: str, methods: Any, in_the_body: bool
) -> None:
    seen: list[str] = []
    document = {"issuer": idp.issuer, "token_endpoint": f"{idp.issuer}/token"}
    idp.answers["discovery"] = faults.json(
        200, {**document, "token_endpoint_auth_methods_supported": methods}
    )

    def token(request: faults.Request) -> faults.Answer | None:
        seen.append(request.headers.get("Authorization", ""))
        return faults.json(200, {"access_token": "a"})(request)

    idp.answers["token"] = token
    engine = engine_for(
        {"provider": "client_credentials", "issuer": idp.issuer, "client_secret_file": secret}
    )
    engine.client_credentials(("x",), (), {})
    assert (idp.requests[-1].form.get("client_secret") == SECRET) is in_the_body
    expected = "" if in_the_body else f"Basic {base64.b64encode(f'nb:{SECRET}'.encode()).decode()}"
    assert seen == [expected]
    engine.close()


def test_nobody_signs_in_to_an_applications_profile(idp: MisbehavingProvider, secret: str) -> None:
    engine = engine_for(
        {"provider": "client_credentials", "issuer": idp.issuer, "client_secret_file": secret}
    )
    with pytest.raises(PolicyError) as device:
        engine.start_device(("x",), (), {})
    with pytest.raises(PolicyError) as code:
        engine.start_code(("x",), (), {}, redirect_uri=CALLBACK, state=Secret("s"))
    assert (device.value.reason, code.value.reason) == ("no_device_flow", "no_code_flow")
    assert idp.requests == []
    engine.close()
