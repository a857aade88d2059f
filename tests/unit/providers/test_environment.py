"""The environment may name proxies, and nothing else: no credentials, no certificates, no cookies."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from jupyter_auth.core.errors import TransportError
from jupyter_auth.providers.oidc import OidcEngine
from tests.idp import MisbehavingProvider, Request, Responder, faults
from tests.unit.providers.calls import CALLS, SCOPES, assert_no_canary
from tests.unit.providers.conftest import MakeEngine
from tests.unit.providers.tls import HOST, Proxy, TlsProvider

PROXIES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")


@pytest.fixture(autouse=True)
def no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in PROXIES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture
def proxy(tls: TlsProvider) -> Iterator[Proxy]:
    """A proxy behind which the provider has a name of its own."""
    tls.be(f"https://{HOST}")
    with Proxy(tls.port) as made:
        yield made


def headers_seen(idp: MisbehavingProvider, endpoint: str, name: str) -> list[str | None]:
    """Note a header of all requests from here on."""
    seen: list[str | None] = []
    right: Responder = idp.answers[endpoint]

    def respond(request: Request) -> faults.Answer | None:
        seen.append(request.headers.get(name))
        return right(request)

    idp.answers[endpoint] = respond
    return seen


def test_netrc_adds_no_credentials(
    idp: MisbehavingProvider, engine: OidcEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / ".netrc"
    netrc.write_text("machine 127.0.0.1 login eve password CANARY\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setenv("HOME", str(tmp_path))
    seen = headers_seen(idp, "discovery", "Authorization")
    engine.discover()
    assert seen == [None]


def test_no_cookie_comes_back(idp: MisbehavingProvider, engine: OidcEngine) -> None:
    cookie = {"Set-Cookie": "session=ada; Path=/"}
    idp.answers["token"] = faults.json(503, {}, cookie)
    seen = headers_seen(idp, "token", "Cookie")
    for _ in range(3):
        with pytest.raises(TransportError):
            CALLS["refresh"][1](engine)
    assert seen == [None] * 3


def test_each_request_has_a_connection_of_its_own(idp: MisbehavingProvider, engine: OidcEngine) -> None:
    """A refresh token that serves only once is not sent over a connection that may be dead."""
    seen = headers_seen(idp, "discovery", "Connection")
    engine.discover()
    assert seen == ["close"]


# -- proxies -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("variable", ["https_proxy", "HTTPS_PROXY", "all_proxy"])
def test_a_proxy_of_the_environment(
    tls: TlsProvider,
    proxy: Proxy,
    make_engine: MakeEngine,
    bundle: Path,
    monkeypatch: pytest.MonkeyPatch,
    *,
    variable: str,
) -> None:
    monkeypatch.setenv(variable, proxy.url)
    engine = make_engine(issuer=tls.issuer, ca_bundle=str(bundle))
    started = engine.start_device(SCOPES, (), {})
    tls.approve(user_code=started.user_code)
    assert engine.poll_device(started.device_code).claims
    assert {line.rpartition(" ")[0] for line in proxy.asked} == {f"CONNECT {HOST}:443"}


def test_a_proxy_of_the_profile(
    tls: TlsProvider, proxy: Proxy, make_engine: MakeEngine, bundle: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:1")
    make_engine(issuer=tls.issuer, ca_bundle=str(bundle), proxies={"https": proxy.url}).discover()
    assert proxy.asked


@pytest.mark.parametrize("own", [True, False])
@pytest.mark.parametrize("value", [HOST, ".example.test", "*", f"other, {HOST}"])
def test_no_proxy_is_honoured(
    proxy: Proxy, make_engine: MakeEngine, value: str, own: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("no_proxy", value)
    more: dict[str, Any] = {"proxies": {"https": proxy.url}} if own else {}
    if not own:
        monkeypatch.setenv("https_proxy", proxy.url)
    with pytest.raises(TransportError) as caught:  # nothing else knows that name
        make_engine(issuer=f"https://{HOST}", **more).discover()
    assert caught.value.reason == "unreachable"
    assert proxy.asked == []


@pytest.mark.parametrize("own", [True, False])
def test_loopback_is_never_asked_of_a_proxy(
    idp: MisbehavingProvider, make_engine: MakeEngine, own: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    more: dict[str, Any] = {"proxies": {"http": "http://127.0.0.1:1"}} if own else {}
    make_engine(**more).discover()


@pytest.mark.parametrize(
    "address", ["http://eve:CANARY@127.0.0.1:1", "socks5://eve:CANARY@127.0.0.1:1", "nonsense"]
)
def test_a_proxy_that_does_not_work(
    make_engine: MakeEngine, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("https_proxy", address)
    with pytest.raises(TransportError) as caught:
        make_engine(issuer=f"https://{HOST}").discover()
    assert caught.value.retryable is True
    assert_no_canary(caught.value)
