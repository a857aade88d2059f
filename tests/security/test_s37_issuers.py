"""S37: requests go to the issuer that was written down and to what it names, and nowhere else."""

import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from jupyter_auth.core.errors import AuthError, PolicyError, ProfileError, TransportError
from jupyter_auth.core.profile import read_profile
from jupyter_auth.core.secret import Secret
from jupyter_auth.core.urls import is_safe_endpoint
from jupyter_auth.providers.managed_identity import ManagedIdentityEngine
from jupyter_auth.providers.oidc import OidcEngine
from tests.idp import MisbehavingProvider, faults
from tests.idp.managed_identity import SHAPES, VARIABLES
from tests.unit.providers.calls import CALLS, REFRESH_TOKEN, SCOPES, assert_no_canary
from tests.unit.providers.conftest import MakeEngine
from tests.unit.providers.test_code_flow import callback, start
from tests.unit.providers.test_discovery import document
from tests.unit.providers.tls import HOST, TlsProvider, certificate


@pytest.mark.parametrize("named", ["https://evil.example", "", None, 7, ["x"], "\x1b[31m\u202e" + "x" * 1000])
def test_another_issuer_is_refused(idp: MisbehavingProvider, engine: OidcEngine, named: Any) -> None:
    document(idp, issuer=named)
    with pytest.raises(ProfileError) as caught:
        engine.start_device(SCOPES, (), {})
    assert caught.value.reason == "issuer_mismatch"
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 600
    assert idp.count("device_authorization") == 0


@pytest.mark.parametrize(
    "change", [lambda url: url + "/", lambda url: url.upper(), lambda url: url + "/realms/a"]
)
def test_the_issuer_is_compared_to_the_letter(
    idp: MisbehavingProvider, make_engine: MakeEngine, change: Any
) -> None:
    document(idp)
    idp.answers["/realms/a/.well-known/openid-configuration"] = idp.answers["discovery"]
    with pytest.raises(ProfileError) as caught:
        make_engine(issuer=change(idp.issuer)).discover()
    assert caught.value.reason in {"issuer_mismatch", "no_discovery"}


ENDPOINTS = [
    "token_endpoint", "device_authorization_endpoint", "revocation_endpoint", "userinfo_endpoint", "jwks_uri",
]  # fmt: skip


UNSAFE = [
    "http://idp.example/token",
    "https://169.254.169.254/token",
    "https://[::ffff:169.254.169.254]/token",
    "https://[::ffff:a9fe:a9fe]/token",
    "https://[fe80::1]/token",
    "https://2852039166/token",
    "https://0xa9fea9fe/token",
    "https://0251.0376.0251.0376/token",
    "https://169.254.43518/token",
    "https://0.0.0.0/token",
    "https://[::]/token",
    "https://224.0.0.1/token",
    "http://169.254.169.254/latest/meta-data",
    "http://[::ffff:169.254.169.254]/",
    "http://127.0.0.1.evil.example/",
    "http://0x7f.1/",
    "https://good.example@evil.example/",
    "https://evil.example\\@good.example/",
    "https://idp.example/token#fragment",
    "https://idp.example/to ken",
    "https://idp.example/\ntoken",
    "file:///etc/passwd",
    "ftp://idp.example/",
    "javascript:alert(1)",
    "/token",
    7,
    ["https://idp.example/token"],
    {"a": 1},
    True,
]


@pytest.mark.parametrize("address", UNSAFE)
@pytest.mark.parametrize("name", ENDPOINTS)
def test_an_unsafe_endpoint_is_refused(
    idp: MisbehavingProvider, engine: OidcEngine, name: str, address: Any
) -> None:
    document(idp, **{name: address})
    with pytest.raises(PolicyError) as caught:
        engine.discover()
    assert caught.value.reason == "unsafe_endpoint"
    assert name in caught.value.message
    assert "evil" not in str(caught.value)


def test_an_https_issuer_may_not_name_a_loopback_endpoint(
    idp: MisbehavingProvider, make_engine: MakeEngine
) -> None:
    engine = make_engine(issuer="https://idp.example")
    with pytest.raises(PolicyError):
        engine._discovery.read({"token_endpoint": f"{idp.issuer}/token"})


LOCAL = [
    "https://127.0.0.1/token", "https://127.0.0.1:8443/token", "https://[::1]/token", "https://localhost/token",
    "https://a.localhost/token", "https://localhost./token", "https://[::ffff:127.0.0.1]/token",
    "https://169.254.169.254/token", "https://[fe80::1]/token", "https://0.0.0.0/token",
]  # fmt: skip


@pytest.mark.parametrize("address", LOCAL)
def test_an_issuer_elsewhere_names_nothing_on_this_machine_or_its_link(address: str) -> None:
    assert not is_safe_endpoint(address, "https://idp.example")
    profile, found = read_profile(
        "lake", {"issuer": "https://idp.example", "client_id": "nb", "token_endpoint": address}, "here"
    )
    assert profile is None and found[0].key == "profiles.lake.token_endpoint"


@pytest.mark.parametrize("address", LOCAL[:4])
def test_an_issuer_on_this_machine_may(address: str) -> None:
    assert is_safe_endpoint(address, "https://127.0.0.1:8443")


def test_an_endpoint_at_another_host_is_the_issuer_s_to_name(engine: OidcEngine) -> None:
    """As Google's is. The document came over TLS from the issuer; with ``allowed_issuers`` a *profile* may
    not name one (``test_s37_allow_list.py``)."""
    read = engine._discovery.read({"token_endpoint": "https://oauth2.example.net/token"})
    assert read.token_endpoint == "https://oauth2.example.net/token"


def test_a_name_that_leads_elsewhere_at_the_second_look(
    make_engine: MakeEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """DNS rebinding: the certificate is for the name, which what is reached then cannot show."""
    right, inside = certificate(tmp_path), certificate(tmp_path, name="inside", host="inside.test")
    with TlsProvider(right) as idp, TlsProvider(inside) as internal:
        idp.be(f"https://{HOST}")
        ports = [idp.port, internal.port]
        looked_up: list[str] = []

        def getaddrinfo(host: str, *_: Any, **__: Any) -> list[Any]:
            looked_up.append(host)
            port = ports[min(looked_up.count(HOST), 2) - 1]
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]

        engine = make_engine(issuer=idp.issuer, ca_bundle=str(both(tmp_path, right, inside)))
        monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
        assert engine.discover().issuer == idp.issuer
        with pytest.raises(TransportError) as caught:
            engine.refresh(REFRESH_TOKEN, SCOPES, {})
    assert caught.value.reason == "tls" and set(looked_up) == {HOST, "127.0.0.1"}
    assert internal.requests == [] and idp.count("token") == 0


def both(folder: Path, *files: Path) -> Path:
    """A bundle with all of them, as a company's has."""
    made = folder / "bundle.pem"
    made.write_bytes(b"".join(file.read_bytes() for file in files))
    return made


# -- redirects -----------------------------------------------------------------------------------------------


def finish(engine: OidcEngine, idp: MisbehavingProvider) -> object:
    started = start(engine)
    answer = callback(started)
    idp.answers["token"] = idp.answers["redirects"]
    return engine.finish_code(started, answer)


def push(engine: OidcEngine, idp: MisbehavingProvider) -> object:
    document(
        idp,
        authorization_endpoint=f"{idp.issuer}/authorize",
        pushed_authorization_request_endpoint=f"{idp.issuer}/par",
        require_pushed_authorization_requests=True,
    )
    idp.answers["/par"] = idp.answers["redirects"]
    return start(engine)


def revoke(engine: OidcEngine, idp: MisbehavingProvider) -> object:
    idp.answers["revocation"] = idp.answers["redirects"]
    assert engine.revoke(REFRESH_TOKEN, "refresh_token") == "failed"
    raise TransportError("told as failed", reason="bad_answer")


def userinfo(engine: OidcEngine, idp: MisbehavingProvider) -> object:
    idp.answers["userinfo"] = idp.answers["redirects"]
    metadata = engine.discover()
    assert engine._discovery.userinfo(metadata, Secret("CANARY-access")) is None
    raise TransportError("told as nobody", reason="bad_answer")


def asked(name: str) -> Callable[[OidcEngine, MisbehavingProvider], object]:
    endpoint, ask = CALLS[name]

    def call(engine: OidcEngine, idp: MisbehavingProvider) -> object:
        idp.answers[endpoint] = idp.answers["redirects"]
        return ask(engine)

    return call


EVERYWHERE = {name: asked(name) for name in CALLS} | {
    "finish": finish, "push": push, "revoke": revoke, "userinfo": userinfo,
}  # fmt: skip


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("call", EVERYWHERE)
def test_a_redirect_is_never_followed(
    idp: MisbehavingProvider, engine: OidcEngine, call: str, status: int
) -> None:
    idp.answers["redirects"] = faults.redirect(f"{idp.issuer}/elsewhere", status)
    with pytest.raises(TransportError) as caught:
        EVERYWHERE[call](engine, idp)
    assert idp.count("/elsewhere") == 0
    assert caught.value.reason == "bad_answer"
    assert_no_canary(caught.value)


@pytest.mark.parametrize("status", [302, 307])
@pytest.mark.parametrize("kind", SHAPES)
def test_nor_by_a_machine_s_identity(
    idp: MisbehavingProvider, kind: str, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    shape = SHAPES[kind]
    for name, value in shape.environment.items():
        monkeypatch.setenv(name, value.format(origin=idp.issuer))
    idp.answers[shape.path] = faults.redirect(f"{idp.issuer}/elsewhere", status)
    table = {"provider": "managed_identity", "resource": "https://storage.azure.com"}
    profile, _ = read_profile("batch", table, "here")
    assert profile is not None
    with pytest.raises(AuthError):
        ManagedIdentityEngine(profile).client_credentials((), (), {})
    assert idp.count(shape.path) == 1 and idp.count("/elsewhere") == 0
