"""S36: https, TLS 1.2 or newer, a certificate that is checked; nothing outside the profile changes that."""

import json
import os
import ssl
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from jupyter_auth.core.errors import ProfileError, TransportError
from jupyter_auth.core.profile import read_profile
from jupyter_auth.core.threads import DaemonThreads
from tests.idp import MisbehavingProvider
from tests.unit.providers.calls import assert_no_canary
from tests.unit.providers.conftest import MakeEngine
from tests.unit.providers.tls import HOST, Proxy, TlsProvider, certificate

#: What a process would do in an environment that somebody else has made: a client of ours, with the bundle
#: and without it; and one that anybody could write, as a control.
CLIENT = """
import json, socket, ssl, sys
from jupyter_auth.core.errors import AuthError
from jupyter_auth.core.profile import Profile
from jupyter_auth.providers.oidc import OidcEngine

def ours(issuer, bundle):
    profile = Profile(name="lake", issuer=issuer, client_id="nb", ca_bundle=bundle)
    try:
        return OidcEngine(profile).discover().issuer
    except AuthError as problem:
        return problem.reason

def anybody(port):
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.minimum_version = ssl.TLSVersion.TLSv1
    context.set_ciphers("ALL:@SECLEVEL=0")
    with context.wrap_socket(socket.create_connection(("127.0.0.1", port), 5)) as connection:
        return connection.version()

issuer, bundle = sys.argv[1:]
print(json.dumps([ours(issuer, ""), ours(issuer, bundle), anybody(int(issuer.rpartition(":")[2]))]))
"""
OPENSSL = """
openssl_conf = all
[all]
ssl_conf = modules
[modules]
system_default = weak
[weak]
MinProtocol = TLSv1
CipherString = ALL:@SECLEVEL=0
Options = UnsafeLegacyRenegotiation
VerifyMode = Once
"""


@pytest.fixture
def hostile_environment(tmp_path: Path, bundle: Path) -> dict[str, str]:
    """All that is known to weaken one client or another."""
    conf = tmp_path / "openssl.cnf"
    conf.write_text(OPENSSL)
    return os.environ | {
        "PYTHONHTTPSVERIFY": "0",
        "REQUESTS_CA_BUNDLE": str(bundle),
        "CURL_CA_BUNDLE": str(bundle),
        "SSL_CERT_FILE": str(bundle),
        "SSL_CERT_DIR": str(bundle.parent),
        "NODE_TLS_REJECT_UNAUTHORIZED": "0",
        "OPENSSL_CONF": str(conf),
        "SSLKEYLOGFILE": str(tmp_path / "keys.log"),
    }


def said_there(environment: dict[str, str], provider: TlsProvider, bundle: Path) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", CLIENT, provider.issuer, str(bundle)],
        env=environment, capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    return list(json.loads(done.stdout))


def test_no_environment_makes_a_certificate_trusted_or_writes_the_keys_down(
    tls: TlsProvider, bundle: Path, hostile_environment: dict[str, str], tmp_path: Path
) -> None:
    without, with_bundle, _ = said_there(hostile_environment, tls, bundle)
    assert (without, with_bundle) == ("tls", tls.issuer)
    keys = tmp_path / "keys.log"
    written = keys.read_text() if keys.exists() else ""
    assert written.count("CLIENT_TRAFFIC_SECRET_0") <= 1, "of the control alone, which is one connection"


def test_nor_are_those_of_the_way_to_a_proxy(
    tls: TlsProvider, bundle: Path, hostile_environment: dict[str, str], tmp_path: Path
) -> None:
    """One that speaks TLS, in which the connection to the provider has its own."""
    tls.be(f"https://{HOST}:{tls.port}")
    with Proxy(tls.port, file=bundle) as proxy:
        hostile_environment |= {"HTTPS_PROXY": proxy.url, "https_proxy": proxy.url, "NO_PROXY": ""}
        without, with_bundle, _ = said_there(hostile_environment, tls, bundle)
    assert (without, with_bundle) == ("unreachable", tls.issuer)
    assert len(proxy.asked) == 1, "who does not trust the proxy asks it nothing"
    assert (tmp_path / "keys.log").read_text().count("CLIENT_TRAFFIC_SECRET_0") == 1, "of the control"


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion")
@pytest.mark.parametrize("newest", [ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1])
def test_old_tls_is_refused_in_any_environment(
    bundle: Path, hostile_environment: dict[str, str], newest: ssl.TLSVersion
) -> None:
    with TlsProvider(bundle, newest=newest) as old:
        without, with_bundle, control = said_there(hostile_environment, old, bundle)
    assert control == newest.name.replace("_", "."), "who allows it gets a connection"
    assert {without, with_bundle} <= {"tls", "unreachable"}


@pytest.mark.parametrize(
    ("made", "issuer"),
    [
        ({"days": -1}, "https://127.0.0.1:{}"),
        ({"address": "127.0.0.2"}, "https://127.0.0.1:{}"),
        ({}, "https://localhost:{}"),
    ],
    ids=["expired", "another address", "another name"],
)
def test_a_certificate_must_hold(
    make_engine: MakeEngine, tmp_path: Path, made: dict[str, Any], issuer: str
) -> None:
    file = certificate(tmp_path, **made)
    with TlsProvider(file) as provider, pytest.raises(TransportError) as caught:
        make_engine(issuer=issuer.format(provider.port), ca_bundle=str(file)).discover()
    assert (caught.value.reason, caught.value.retryable) == ("tls", False)
    assert provider.requests == [], "nothing was said"


def test_another_certificate_than_the_bundle_s(
    tls: TlsProvider, make_engine: MakeEngine, tmp_path: Path
) -> None:
    other = certificate(tmp_path, name="other")
    with pytest.raises(TransportError) as caught:
        make_engine(issuer=tls.issuer, ca_bundle=str(other)).discover()
    assert caught.value.reason == "tls" and tls.requests == []


@pytest.mark.parametrize(
    "more",
    [
        {"verify": False}, {"ssl_verify": False}, {"insecure": True}, {"tls_verify": "no"},
        {"ca_bundle": False}, {"ca_bundle": ""}, {"verify_ssl": False}, {"ca_bundle": ["x"]},
    ],
    ids=repr,
)  # fmt: skip
def test_no_key_switches_it_off(more: dict[str, Any]) -> None:
    table = {"issuer": "https://idp.example", "client_id": "nb", **more}
    profile, faults = read_profile("lake", table, "here")
    assert profile is None and [fault.key for fault in faults] == [f"profiles.lake.{next(iter(more))}"]


@pytest.mark.parametrize("url", ["http://idp.example", "http://10.0.0.1", "http://127.0.0.1.example"])
def test_plain_http_is_refused(url: str) -> None:
    assert read_profile("lake", {"issuer": url, "client_id": "nb"}, "here")[0] is None
    entra = {"provider": "entra", "authority": f"{url}/contoso", "client_id": "nb"}
    assert read_profile("graph", entra, "here")[0] is None


@pytest.mark.parametrize("variable", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
def test_no_variable_makes_a_certificate_trusted(
    tls: TlsProvider, make_engine: MakeEngine, bundle: Path, variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv(variable, str(bundle))
    with pytest.raises(TransportError) as caught:
        make_engine(issuer=tls.issuer).discover()
    assert (caught.value.reason, caught.value.retryable) == ("tls", False)
    assert "ca_bundle" in caught.value.hint


@pytest.mark.parametrize("value", ["", "/nowhere.pem"])
def test_the_profile_s_own_bundle_is_what_counts(
    tls: TlsProvider, make_engine: MakeEngine, bundle: Path, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", value)
    monkeypatch.setenv("CURL_CA_BUNDLE", value)
    monkeypatch.setenv("PYTHONHTTPSVERIFY", "0")
    assert make_engine(issuer=tls.issuer, ca_bundle=str(bundle)).discover().issuer == tls.issuer
    with pytest.raises(TransportError) as caught:
        make_engine(issuer=tls.issuer).discover()
    assert caught.value.reason == "tls"


def test_a_bundle_in_the_home_folder(
    tls: TlsProvider, make_engine: MakeEngine, bundle: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(bundle.parent))
    make_engine(issuer=tls.issuer, ca_bundle=f"~/{bundle.name}").discover()


def test_a_bundle_that_is_not_there(tls: TlsProvider, make_engine: MakeEngine, tmp_path: Path) -> None:
    with pytest.raises(ProfileError) as caught:
        make_engine(issuer=tls.issuer, ca_bundle=str(tmp_path / "gone.pem")).discover()
    assert caught.value.reason == "ca_bundle"


def test_a_bundle_that_is_a_pipe_keeps_nobody_waiting(
    tls: TlsProvider, make_engine: MakeEngine, tmp_path: Path
) -> None:
    os.mkfifo(tmp_path / "ca.pem")
    engine = make_engine(issuer=tls.issuer, ca_bundle=str(tmp_path / "ca.pem"))
    with pytest.raises(ProfileError) as caught:
        DaemonThreads(1, "reads").submit(engine.discover).result(5)
    assert caught.value.reason == "ca_bundle"


@pytest.mark.parametrize("content", [b"", b"no certificate", None])
def test_a_bundle_that_is_no_bundle(
    tls: TlsProvider, make_engine: MakeEngine, tmp_path: Path, content: bytes | None
) -> None:
    file = tmp_path / "ca"
    if content is None:
        file.mkdir()
    else:
        file.write_bytes(content)
    with pytest.raises(TransportError) as caught:
        make_engine(issuer=tls.issuer, ca_bundle=str(file)).discover()
    assert caught.value.reason == "tls"
    assert_no_canary(caught.value)


def test_the_certificate_is_for_the_host(tls: TlsProvider, make_engine: MakeEngine, bundle: Path) -> None:
    with pytest.raises(TransportError) as caught:
        make_engine(issuer=f"https://localhost:{tls.port}", ca_bundle=str(bundle)).discover()
    assert caught.value.reason == "tls"


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion")
def test_old_tls_is_refused(make_engine: MakeEngine, bundle: Path) -> None:
    with (
        TlsProvider(bundle, newest=ssl.TLSVersion.TLSv1_1) as old,
        pytest.raises(TransportError) as caught,
    ):
        make_engine(issuer=old.issuer, ca_bundle=str(bundle)).discover()
    assert caught.value.reason in {"tls", "unreachable"}


def test_plain_http_where_tls_is_expected(idp: MisbehavingProvider, make_engine: MakeEngine) -> None:
    with pytest.raises(TransportError):
        make_engine(issuer=idp.issuer.replace("http:", "https:")).discover()
