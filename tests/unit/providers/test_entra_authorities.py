"""From what people write to the endpoints that are asked: national clouds, B2C, external tenants.

None of those clouds is asked: their discovery documents are played where the engine would fetch them.
"""

import json
from pathlib import Path
from typing import Any

import pytest
import requests

from jupyter_auth.broker.config.configuration import load
from jupyter_auth.broker.listing import profiles
from jupyter_auth.core.errors import PolicyError
from jupyter_auth.core.secret import Secret
from jupyter_auth.providers.entra import EntraEngine
from jupyter_auth.providers.transport import ProviderSession

#: what is written → the address of the discovery document, and of the tenant's endpoints
AUTHORITIES = {
    'tenant = "contoso.com"': "https://login.microsoftonline.com/contoso.com",
    'tenant = "organizations"': "https://login.microsoftonline.com/organizations",
    'authority = "https://sts.windows.net/contoso.com/"': "https://login.microsoftonline.com/contoso.com",
    'authority = "https://login.microsoftonline.us/contoso.us"': "https://login.microsoftonline.us/contoso.us",
    'authority = "https://login.usgovcloudapi.net/contoso.us"': "https://login.microsoftonline.us/contoso.us",
    'authority = "https://login.chinacloudapi.cn/contoso.cn"': (
        "https://login.partner.microsoftonline.cn/contoso.cn"
    ),
    'authority = "https://contoso.ciamlogin.com"': "https://contoso.ciamlogin.com/contoso.onmicrosoft.com",
    'authority = "https://contoso.b2clogin.com/contoso.onmicrosoft.com/B2C_1_in"': (
        "https://contoso.b2clogin.com/contoso.onmicrosoft.com/b2c_1_in"
    ),
}


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The addresses of discovery documents that were asked for; each answers as its host would."""
    urls: list[str] = []

    def get(_: ProviderSession, url: str, **more: Any) -> requests.Response:
        urls.append(url)
        base = url.removesuffix("/v2.0/.well-known/openid-configuration")
        document = {
            "issuer": f"{base}/v2.0",
            **{f"{name}_endpoint": f"{base}/oauth2/v2.0/{name}" for name in ("authorization", "token")},
        }
        if "b2clogin" not in url:
            document["device_authorization_endpoint"] = f"{base}/oauth2/v2.0/devicecode"
        answer = requests.Response()
        answer.status_code, answer.url = 200, url
        answer._content = json.dumps(document).encode()
        return answer

    monkeypatch.setattr(ProviderSession, "get", get)
    return urls


@pytest.mark.parametrize(("written", "authority"), AUTHORITIES.items())
def test_what_is_written_leads_to_that_cloud_alone(
    tmp_path: Path, asked: list[str], written: str, authority: str
) -> None:
    file = tmp_path / "jupyter_auth.toml"
    file.write_text(f'[profiles.graph]\nprovider = "entra"\nclient_id = "n"\n{written}\n', encoding="utf-8")
    configuration = load([file])
    (row,) = profiles(configuration, lambda profile: ("device_code",))
    assert (row["issuer"], row["faults"]) == (authority, [])
    engine = EntraEngine(configuration.profile("graph"))
    try:
        metadata = engine.discover()
        assert asked == [f"{authority}/v2.0/.well-known/openid-configuration"]
        assert metadata.token_endpoint == f"{authority}/oauth2/v2.0/token"
        if "b2clogin" in authority:
            with pytest.raises(PolicyError) as caught:
                engine.start_device(("openid",), (), {})
            assert caught.value.reason == "no_device_flow"
        started = engine.start_code(
            ("openid",), (), {}, redirect_uri="http://localhost/c", state=Secret("s" * 32)
        )
        assert started.authorization_uri.startswith(f"{authority}/oauth2/v2.0/authorization?")
        assert len(asked) == 1
    finally:
        engine.close()
