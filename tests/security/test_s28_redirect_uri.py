"""S28: the redirect URI comes from the configuration or the server's own address, never from a request."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from jupyter_server.serverapp import ServerApp

from jupyter_auth.broker.config.setting_checks import a_callback
from jupyter_auth.cli.demo.jupyter_process import JupyterProcess
from jupyter_auth.server.addresses import base_of
from tests.idp import OidcProvider
from tests.integration.code_flow import CALLBACK, FLOWS, browser, parameters, visit
from tests.security.signed_in import asking
from tests.support import place

BASE = "/hub/user/ada/"
EVIL = "evil.example"
#: What a request may say of the host it was sent to, the proxies it came by, and the address it means.
FORGED: list[dict[str, str]] = [
    {"Host": EVIL},
    {"Host": f"{EVIL}:443"},
    {"Host": f"localhost.{EVIL}"},
    {"X-Forwarded-Host": EVIL, "X-Forwarded-Proto": "https", "X-Forwarded-Port": "443"},
    {"X-Forwarded-Host": f"{EVIL}, localhost", "X-Forwarded-Server": EVIL, "X-Host": EVIL},
    {"Forwarded": f"for=1.2.3.4;host={EVIL};proto=https"},
    {"X-Scheme": "https", "X-Forwarded-Prefix": f"//{EVIL}/", "X-Script-Name": f"/{EVIL}"},
    {"X-Original-URL": f"https://{EVIL}/", "X-Rewrite-URL": f"https://{EVIL}/", "X-Real-IP": "192.0.2.1"},
    {"Origin": f"https://{EVIL}", "Referer": f"https://{EVIL}/"},
]


@pytest.fixture(scope="module")
def idp() -> Iterator[OidcProvider]:
    with OidcProvider(redirect_uris=[f"http://127.0.0.1{BASE}{CALLBACK}"]) as running:
        yield running


@pytest.fixture(scope="module")
def credulous(idp: OidcProvider) -> Iterator[JupyterProcess]:
    """A server that takes any host, and believes what proxies say."""
    options = ("--ServerApp.allow_remote_access=True", "--ServerApp.trust_xheaders=True")
    with place() as made:
        made.profile(idp.issuer, "web", more=FLOWS)
        with made.server(*options, f"--ServerApp.base_url={BASE}") as server:
            yield server


def start(server: JupyterProcess, forged: dict[str, str]) -> dict[str, Any]:
    with asking(server) as program:
        url = f"{server.url}jupyter_auth/v1/interactions"
        answer = program.post(url, json={"profile": "web"}, headers=forged, timeout=30)
        assert answer.status_code == 201, answer.text
        made = dict(answer.json())
        program.delete(f"{url}/{made['id']}", timeout=30)
    return made


@pytest.mark.parametrize("forged", FORGED, ids=", ".join)
def test_nothing_that_a_request_says_counts(credulous: JupyterProcess, forged: dict[str, str]) -> None:
    sent = parameters(start(credulous, forged)["authorization_uri"])
    assert sent["redirect_uri"] == credulous.url + CALLBACK and urlsplit(credulous.url).path == BASE
    with asking(credulous) as program:
        told = program.get(f"{credulous.url}jupyter_auth/v1/status", headers=forged, timeout=20)
    assert told.json()["broker"]["callback"] == sent["redirect_uri"] and EVIL not in told.text


@pytest.mark.parametrize("forged", FORGED, ids=", ".join)
def test_nor_on_the_way_over_the_login(credulous: JupyterProcess, forged: dict[str, str]) -> None:
    with browser(credulous, is_logged_in=False) as visitor:
        url = f"{credulous.url}{CALLBACK}?code=x&state=y"
        away = visitor.get(url, headers=forged, allow_redirects=False, timeout=20)
    assert away.status_code == 302
    assert away.headers["Location"] == f"{BASE}login?next=%2Fhub%2Fuser%2Fada%2Fjupyter_auth%2Fv1%2Fcallback"


def test_the_answer_arrives_there(credulous: JupyterProcess, idp: OidcProvider) -> None:
    waiting = credulous.post("jupyter_auth/v1/interactions", {"profile": "web"}).json()
    assert waiting["paste"] is False
    with browser(credulous) as person:
        assert visit(person, idp.sign_in(waiting["authorization_uri"])).status_code == 200


WRONG = [
    "http://hub.example.org/x",
    "hub.example.org",
    "//hub.example.org/x",
    "javascript:alert(1)",
    "https://h.example/?a=b",
    "https://h.example/#x",
    "https://u@h.example/x",
    "https://h.example\\@evil.example/x",
    "https://h.example/x\r\nX: y",
    "https:h.example/x",
]


@pytest.mark.parametrize("wrong", WRONG)
def test_a_wrong_address_is_no_setting(wrong: str) -> None:
    with pytest.raises(ValueError, match="must"):
        a_callback(wrong)


def test_a_wrong_address_in_the_settings_is_told_and_nothing_is_used_for_it() -> None:
    with place("http://127.0.0.1:9") as own, own.server(f"--JupyterAuth.callback_url={WRONG[0]}") as server:
        assert "callback_url" in server.get("jupyter_auth/v1/status").json()["broker"]["problem"]
        answer = server.post("jupyter_auth/v1/interactions", {"profile": "lake"})
        assert answer.status_code == 403


@pytest.mark.parametrize(
    "base_url",
    [
        "//evil.example/",
        "/@evil.example/",
        "/\\evil.example/",
        "/../../",
        "/%2f%2fevil.example/",
        "@evil.example",
    ],
)
def test_no_base_url_leads_to_another_host(base_url: str) -> None:
    address = urlsplit(base_of(ServerApp(base_url=base_url)) or "")
    assert (address.scheme, address.netloc) == ("http", "localhost:8888")


@pytest.mark.parametrize(
    "url",
    [
        "//evil.example/",
        "javascript:alert(1)",
        "https://hub.example.org@evil.example/",
        "https://hub.example.org\\@evil.example/",
        "https://hub.example.org\r\n.evil.example/",
        "https://[evil.example/",
        "ftp://hub.example.org/",
        "https:///evil.example/",
        "http://127.0.0.1.evil.example/",
        "http://localhost.evil.example/",
        "http://0x7f000001/",
    ],
)
@pytest.mark.parametrize("where", ["custom_display_url", "hub"])
def test_no_address_of_the_settings_is_another_than_it_seems(
    monkeypatch: pytest.MonkeyPatch, where: str, url: str
) -> None:
    if where == "hub":
        monkeypatch.setenv("JUPYTERHUB_SERVICE_PREFIX", "/user/ada/")
        monkeypatch.setenv("JUPYTERHUB_PUBLIC_URL", url)
        assert base_of(ServerApp()) is None
    else:
        monkeypatch.delenv("JUPYTERHUB_SERVICE_PREFIX", raising=False)
        assert base_of(ServerApp(custom_display_url=url)) is None


@pytest.mark.parametrize(
    "ip", ["127.0.0.1.evil.example", "localhost.evil.example", "evil.example", "192.0.2.1"]
)
def test_what_only_looks_like_this_machine_is_none(monkeypatch: pytest.MonkeyPatch, ip: str) -> None:
    monkeypatch.delenv("JUPYTERHUB_SERVICE_PREFIX", raising=False)
    assert base_of(ServerApp(ip=ip)) is None
