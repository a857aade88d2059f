"""The OIDC engine's verbs at a certified provider: PKCE, PAR, keys, assertions, exchange, own tokens."""

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import jwskate
import pytest

from jupyter_auth.core.errors import AuthError, OAuthError, PolicyError, ProfileError
from jupyter_auth.core.profile import Profile
from jupyter_auth.core.secret import Secret
from jupyter_auth.providers.base import CodeAuthorization
from jupyter_auth.providers.oidc import OidcEngine
from tests.idp import CONFIDENTIAL_CLIENT, CONFIDENTIAL_SECRET, PUBLIC_CLIENT, RESOURCE, OidcProvider
from tests.idp.entra.certificates import self_signed
from tests.idp.person import Person

CALLBACK = "http://127.0.0.1:8888/jupyter_auth/v1/callback"
DOWNSTREAM = "https://downstream.example/"
SCOPES = ("openid", "profile", "offline_access", "lake.read")
STATE = Secret("s" * 40)
EC_KEY = jwskate.Jwk.generate(alg="ES256").with_kid_thumbprint()

Make = Callable[..., OidcEngine]


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("keys")
    certificate, key = self_signed(folder, "client")
    jwk = folder / "client.jwk"
    jwk.write_text(json.dumps(dict(EC_KEY)))
    return {"certificate": certificate, "key": key, "jwk": jwk}


@pytest.fixture(scope="module")
def provider(files: dict[str, Path]) -> Iterator[OidcProvider]:
    key = jwskate.Jwk.from_pem(files["key"].read_text()).public_jwk().with_kid_thumbprint()
    # the client may sign with either key, as its own metadata does not say with which
    keys = [dict(key), {k: v for k, v in EC_KEY.public_jwk().items() if k != "alg"}]
    with OidcProvider(client_jwks=json.dumps({"keys": keys})) as running:
        yield running


@pytest.fixture
def make(provider: OidcProvider) -> Iterator[Make]:
    provider.reset()
    made: list[OidcEngine] = []

    def engine(client_id: str = PUBLIC_CLIENT, **more: Any) -> OidcEngine:
        values = {"issuer": provider.issuer, **more}
        made.append(OidcEngine(Profile(name="lake", client_id=client_id, scopes=SCOPES, **values)))
        return made[-1]

    yield engine
    for one in made:
        one.close()


@pytest.fixture
def confidential(make: Make, monkeypatch: pytest.MonkeyPatch) -> OidcEngine:
    monkeypatch.setenv("SECRET_OF_THE_TEST", CONFIDENTIAL_SECRET)
    return make(CONFIDENTIAL_CLIENT, client_secret_env="SECRET_OF_THE_TEST")


def start(engine: OidcEngine, **extra: str) -> CodeAuthorization:
    extra = {"prompt": "consent", **extra}
    return engine.start_code(SCOPES, (), extra, redirect_uri=CALLBACK, state=STATE)


def parameters(callback: str) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(callback).query))


def test_authorization_code(provider: OidcProvider, make: Make) -> None:
    engine = make()
    started = start(engine)
    answer = engine.finish_code(started, parameters(provider.sign_in(started.authorization_uri)))
    assert answer.claims is not None and answer.claims["sub"] == "ada" and answer.scope == SCOPES
    assert answer.refresh_token is not None
    assert engine.refresh(answer.refresh_token, SCOPES, {}).claims is not None


def test_another_persons_verifier_is_no_good(provider: OidcProvider, make: Make) -> None:
    engine = make()
    started, other = start(engine), start(engine)
    back = parameters(provider.sign_in(started.authorization_uri))
    stolen = CodeAuthorization(
        authorization_uri=started.authorization_uri, redirect_uri=CALLBACK, state=STATE,
        nonce=started.nonce, code_verifier=other.code_verifier, scopes=SCOPES,
    )  # fmt: skip
    with pytest.raises(OAuthError) as caught:
        engine.finish_code(stolen, back)
    assert caught.value.error == "invalid_grant"


def test_refusing(provider: OidcProvider, make: Make) -> None:
    engine = make()
    started = start(engine)
    with pytest.raises(OAuthError) as caught:
        engine.finish_code(started, parameters(provider.refuse(started.authorization_uri)))
    assert caught.value.error == "access_denied" and provider.token_responses() == 0


def test_pushed_requests_where_they_are_required() -> None:
    with OidcProvider(require_par=True) as provider:
        engine = OidcEngine(Profile(name="lake", issuer=provider.issuer, client_id=PUBLIC_CLIENT))
        assert engine.discover().require_pushed_authorization_requests
        started = start(engine)
        assert set(parameters(started.authorization_uri)) == {"client_id", "request_uri"}
        with Person(stop_at=CALLBACK) as person:
            person.open(started.authorization_uri)
            person.sign_in("ada")
            answer = engine.finish_code(started, parameters(person.callback()))
        assert answer.claims is not None and answer.claims["sub"] == "ada"
        engine.close()


@pytest.mark.parametrize("names", [("key",), ("key", "certificate"), ("jwk",)])
def test_a_key_of_the_clients_own(
    provider: OidcProvider, make: Make, files: dict[str, Path], names: tuple[str, ...]
) -> None:
    keys = {"certificate": "client_certificate_file"}
    engine = make("nb-key", **{keys.get(name, "client_key_file"): str(files[name]) for name in names})
    assert engine.client_credentials(("read",), (f"resource:{RESOURCE}",), {}).scope == ("read",)
    started = start(engine)
    answer = engine.finish_code(started, parameters(provider.sign_in(started.authorization_uri)))
    assert answer.refresh_token is not None
    assert engine.revoke(answer.refresh_token, "refresh_token") == "revoked"


def test_an_assertion_that_somebody_else_renews(
    provider: OidcProvider, make: Make, files: dict[str, Path], tmp_path: Path
) -> None:
    file = tmp_path / "token"
    engine = make("nb-key", client_assertion_file=str(file))
    key = jwskate.Jwk.from_pem(files["key"].read_text())
    for jti in ("one", "two"):  # this provider takes each once
        now = int(time.time())
        claims = {"iss": "nb-key", "sub": "nb-key", "aud": provider.issuer, "iat": now, "exp": now + 60}
        file.write_text(str(jwskate.Jwt.sign({**claims, "jti": jti}, key=key, alg="RS256")))
        assert engine.client_credentials(("read",), (f"resource:{RESOURCE}",), {}).expires_in
    file.unlink()
    with pytest.raises(ProfileError) as caught:
        engine.client_credentials(("read",), (f"resource:{RESOURCE}",), {})
    assert caught.value.reason == "client_assertion"


NO_KEYS: dict[str, str] = {
    "empty": "",
    "text": "hunter2",
    "a public key": json.dumps(dict(EC_KEY.public_jwk())),
    "symmetric": '{"kty": "oct", "k": "aHVudGVyMg"}',
    "broken JSON": "{",
    "broken PEM": "-----BEGIN PRIVATE KEY-----\nhunter2\n-----END PRIVATE KEY-----",
}


@pytest.mark.parametrize("text", NO_KEYS.values(), ids=NO_KEYS)
def test_files_that_hold_no_key(make: Make, tmp_path: Path, text: str) -> None:
    file = tmp_path / "key"
    file.write_text(text)
    with pytest.raises(ProfileError) as caught:
        make("nb-key", client_key_file=str(file)).client_credentials(("read",), (), {})
    assert caught.value.reason == "client_key" and "hunter2" not in str(caught.value)


def test_a_key_that_does_not_belong_to_the_certificate(
    make: Make, files: dict[str, Path], tmp_path: Path
) -> None:
    other, _ = self_signed(tmp_path, "other")
    engine = make("nb-key", client_key_file=str(files["key"]), client_certificate_file=str(other))
    with pytest.raises(ProfileError) as caught:
        engine.client_credentials(("read",), (), {})
    assert "not the key of" in caught.value.message


def test_the_applications_own_tokens(provider: OidcProvider, confidential: OidcEngine) -> None:
    answer = confidential.client_credentials(("read",), (f"resource:{RESOURCE}",), {})
    assert answer.scope == ("read",) and answer.refresh_token is None and answer.claims is None
    assert provider.token_responses("client_credentials") == 1


def test_on_behalf_of_somebody(provider: OidcProvider, make: Make, confidential: OidcEngine) -> None:
    started = make().start_device(SCOPES, (), {})
    provider.approve(started.user_code)
    hers = make().poll_device(started.device_code)
    audience = (f"audience:{DOWNSTREAM}",)
    answer = confidential.exchange(hers.access_token, ("read",), audience, {})
    assert answer.scope == ("read",) and answer.claims is None
    with pytest.raises(OAuthError) as caught:
        confidential.exchange(Secret("x"), ("read",), audience, {})
    assert caught.value.error == "invalid_grant"


def test_what_this_client_may_not(make: Make, confidential: OidcEngine) -> None:
    with pytest.raises(PolicyError) as caught:
        make().client_credentials(("read",), (), {})
    assert caught.value.reason == "no_client_credentials"
    with pytest.raises(AuthError):  # not granted to this client
        make().exchange(Secret("x"), ("read",), (f"audience:{DOWNSTREAM}",), {})


def test_a_provider_without_discovery(provider: OidcProvider, make: Make) -> None:
    endpoints = {"token_endpoint": provider.url("token"), "userinfo_endpoint": provider.url("userinfo")}
    endpoints["device_authorization_endpoint"] = provider.url("device_authorization")
    engine = make(endpoints=endpoints, quirks={"claims": {"sub": "sub", "email": "sub"}})
    started = engine.start_device(("openid", "profile"), (), {})
    provider.approve(started.user_code)
    with pytest.raises(PolicyError) as caught:  # an id token came, and no key to check it with is known
        engine.poll_device(started.device_code)
    assert caught.value.reason == "id_token"
    assert [entry for entry in provider.log() if entry["endpoint"] == "discovery"] == []


def test_an_endpoint_above_discovery(provider: OidcProvider, make: Make) -> None:
    engine = make(endpoints={"authorization_endpoint": f"{provider.issuer}/elsewhere"})
    assert start(engine).authorization_uri.startswith(f"{provider.issuer}/elsewhere?")
    assert engine.discover().token_endpoint == provider.url("token")
