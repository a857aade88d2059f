"""The Entra engine at a provider of Entra's shape: every verb, tenants, and how clients prove themselves."""

import json
import subprocess
import sys
from urllib.parse import parse_qs, urlsplit

import pytest

from jupyter_auth.core.errors import OAuthError, PolicyError, ProfileError
from jupyter_auth.core.policy import Policy
from jupyter_auth.core.secret import Secret
from jupyter_auth.providers.base import CodeAuthorization, NotYet, TokenResponse
from jupyter_auth.providers.entra import EntraEngine
from tests.idp import CONFIDENTIAL_SECRET
from tests.idp.entra import (
    ADA,
    API,
    APP_SCOPE,
    APP_SECRET,
    CALLBACK,
    DOWNSTREAM,
    FABRIKAM,
    HOME,
    EntraProvider,
)
from tests.unit.providers.conftest import MakeEntra

SCOPES = ("openid", "profile", "offline_access", API)
APP_SCOPES = (APP_SCOPE,)
BEHALF = (DOWNSTREAM,)


@pytest.fixture
def engine(make_entra: MakeEntra) -> EntraEngine:
    return make_entra()


@pytest.fixture
def confidential(make_entra: MakeEntra, monkeypatch: pytest.MonkeyPatch) -> EntraEngine:
    monkeypatch.setenv("APP_SECRET_OF_THE_TEST", CONFIDENTIAL_SECRET)
    return make_entra(APP_SECRET, client_secret_env="APP_SECRET_OF_THE_TEST")


def by_device(entra: EntraProvider, engine: EntraEngine, **extra: str) -> TokenResponse:
    started = engine.start_device(SCOPES, (), extra)
    entra.approve(started.user_code, started.verification_uri)
    return engine.poll_device(started.device_code, extra)


def started_code(engine: EntraEngine, **extra: str) -> CodeAuthorization:
    return engine.start_code(SCOPES, (), extra, redirect_uri=CALLBACK, state=Secret("s" * 32))


def renewable(answer: TokenResponse) -> Secret:
    assert answer.refresh_token is not None
    return answer.refresh_token


def test_device_code(entra: EntraProvider, engine: EntraEngine) -> None:
    started = engine.start_device(SCOPES, (), {})
    with pytest.raises(NotYet):
        engine.poll_device(started.device_code)
    entra.approve(started.user_code, started.verification_uri)
    answer = engine.poll_device(started.device_code)
    assert answer.claims is not None and answer.claims["preferred_username"] == "ada@contoso.test"
    assert (answer.home_account_id, answer.realm) == (ADA, HOME)
    assert answer.scope == (API,) and answer.expires_in == 3600


@pytest.mark.parametrize("tenant", [HOME, "common", "organizations", "contoso.test"])
def test_authorization_code(entra: EntraProvider, make_entra: MakeEntra, tenant: str) -> None:
    engine = make_entra(tenant=tenant)
    started = started_code(engine, login_hint="ada@contoso.test")
    answer = engine.finish_code(started, entra.sign_in(started.authorization_uri))
    assert (answer.home_account_id, answer.realm) == (ADA, HOME)
    assert answer.claims is not None and answer.claims["nonce"] == started.nonce.reveal()
    assert engine.refresh(renewable(answer), SCOPES, {"tenant": answer.realm}).realm == HOME


def test_a_tenants_two_names_are_one_where_issuers_are_limited(
    entra: EntraProvider, make_entra: MakeEntra
) -> None:
    engine = make_entra(
        tenant="contoso.test", policy=Policy(allowed_issuers=(entra.authority("contoso.test"),))
    )
    started = started_code(engine)
    assert urlsplit(started.authorization_uri).path.startswith(f"/{HOME}/")
    assert engine.finish_code(started, entra.sign_in(started.authorization_uri)).realm == HOME
    with pytest.raises(PolicyError) as caught:
        started_code(engine, tenant=FABRIKAM)
    assert caught.value.reason == "issuer_not_allowed"


def test_a_sign_in_at_another_tenant_than_the_profiles(entra: EntraProvider, make_entra: MakeEntra) -> None:
    engine = make_entra(tenant="common")
    started = started_code(engine, tenant=FABRIKAM)
    assert urlsplit(started.authorization_uri).path.startswith(f"/{FABRIKAM}/")
    answer = engine.finish_code(started, entra.sign_in(started.authorization_uri))
    assert answer.realm == FABRIKAM and answer.home_account_id == ADA
    assert entra.seen("token")[-1]["tenant"] == FABRIKAM


def test_a_device_code_of_another_tenant(entra: EntraProvider, make_entra: MakeEntra) -> None:
    answer = by_device(entra, make_entra(tenant="common"), tenant=FABRIKAM)
    assert (answer.home_account_id, answer.realm) == (ADA, FABRIKAM)


def test_one_refresh_token_serves_all_tenants(entra: EntraProvider, engine: EntraEngine) -> None:
    answer = by_device(entra, engine)
    there = engine.refresh(renewable(answer), SCOPES, {"tenant": FABRIKAM})
    assert (there.home_account_id, there.realm) == (ADA, FABRIKAM)
    assert [seen["tenant"] for seen in entra.seen("token")][-2:] == [HOME, FABRIKAM]


def test_an_authority_with_one_tenant_only(make_entra: MakeEntra) -> None:
    engine = make_entra(issuer="https://contoso.b2clogin.com/contoso.onmicrosoft.com/b2c_1_in")
    with pytest.raises(PolicyError) as caught:
        engine.refresh(Secret("r"), SCOPES, {"tenant": FABRIKAM})
    assert caught.value.reason == "no_tenants"


@pytest.mark.parametrize("tenant", ["../x", "a/b", "a b", "", "x?y"])
def test_tenants_that_are_none(engine: EntraEngine, tenant: str) -> None:
    with pytest.raises(PolicyError):
        engine.refresh(Secret("r"), SCOPES, {"tenant": tenant})


def test_an_unknown_tenant(engine: EntraEngine) -> None:
    with pytest.raises(ProfileError) as caught:
        engine.refresh(Secret("r"), SCOPES, {"tenant": "nowhere.test"})
    assert caught.value.reason == "unknown_tenant"


def test_every_request_of_a_person_says_that_challenges_are_understood(
    entra: EntraProvider, engine: EntraEngine
) -> None:
    challenge = '{"access_token": {"nbf": {"essential": true, "value": "1"}}}'
    answer = by_device(entra, engine, claims=challenge)
    engine.refresh(renewable(answer), SCOPES, {"claims": challenge})
    started = started_code(engine, claims=challenge)
    engine.finish_code(started, entra.sign_in(started.authorization_uri))
    sent = [json.loads(seen["form"]["claims"])["access_token"] for seen in entra.seen()]
    assert len(sent) == 5 and all(claims == sent[0] for claims in sent)
    assert sent[0]["xms_cc"] == {"values": ["CP1"]} and sent[0]["nbf"]["value"] == "1"


@pytest.mark.parametrize("claims", ["x", "[]", "5", "[" * 5000])
def test_a_challenge_that_is_none(engine: EntraEngine, claims: str) -> None:
    with pytest.raises(PolicyError) as caught:
        engine.refresh(Secret("r"), SCOPES, {"claims": claims})
    assert caught.value.reason == "bad_claims"


def test_refusing_at_the_page(entra: EntraProvider, engine: EntraEngine) -> None:
    started = started_code(engine)
    with pytest.raises(OAuthError) as caught:
        engine.finish_code(started, entra.refuse(started.authorization_uri))
    assert caught.value.error == "access_denied"
    assert entra.seen("token") == []


def test_a_code_is_redeemed_once_and_its_nonce_counts(entra: EntraProvider, engine: EntraEngine) -> None:
    started, other = started_code(engine), started_code(engine)
    answer = entra.sign_in(started.authorization_uri)
    mixed = CodeAuthorization(
        authorization_uri=started.authorization_uri, redirect_uri=CALLBACK, state=started.state,
        nonce=other.nonce, code_verifier=started.code_verifier, scopes=started.scopes,
    )  # fmt: skip
    with pytest.raises(PolicyError) as caught:
        engine.finish_code(mixed, answer)
    assert caught.value.reason == "id_token"
    with pytest.raises(OAuthError) as again:
        engine.finish_code(started, answer)
    assert again.value.error == "invalid_grant"


def test_what_is_sent_for_a_token_is_not_in_the_log(
    entra: EntraProvider, engine: EntraEngine, caplog: pytest.LogCaptureFixture
) -> None:
    """msal's own cache logs at DEBUG what it is given, with all that was sent for it."""
    with caplog.at_level("DEBUG"):
        started = engine.start_device(SCOPES, (), {})
        entra.approve(started.user_code, started.verification_uri)
        refreshed = engine.refresh(renewable(engine.poll_device(started.device_code)), SCOPES, {})
        code = started_code(engine)
        answer = entra.sign_in(code.authorization_uri)
        engine.finish_code(code, answer)
    assert "msal" in caplog.text
    for secret in (started.device_code, renewable(refreshed), code.code_verifier, Secret(answer["code"])):
        assert secret.reveal() not in caplog.text


def test_no_acr_values(engine: EntraEngine) -> None:
    with pytest.raises(PolicyError) as caught:
        started_code(engine, acr_values="c1")
    assert caught.value.reason == "no_acr_values"


def test_what_the_authorization_request_says(engine: EntraEngine) -> None:
    started = started_code(engine, prompt="select_account", max_age="60")
    query = {name: v[0] for name, v in parse_qs(urlsplit(started.authorization_uri).query).items()}
    assert query["scope"] == f"{API} offline_access openid profile" and query["client_info"] == "1"
    assert query["code_challenge_method"] == "S256" and query["max_age"] == "60"
    assert query["prompt"] == "select_account" and "X-AnchorMailbox" not in query


def test_the_applications_own_token(entra: EntraProvider, confidential: EntraEngine) -> None:
    answer = confidential.client_credentials(APP_SCOPES, (), {})
    assert answer.refresh_token is None and answer.claims is None and answer.home_account_id == ""
    assert answer.realm == HOME and entra.seen("token")[-1]["form"]["client_secret"] == CONFIDENTIAL_SECRET


def test_an_application_needs_one_tenant(make_entra: MakeEntra, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("APP_SECRET_OF_THE_TEST", CONFIDENTIAL_SECRET)
    engine = make_entra(APP_SECRET, tenant="common", client_secret_env="APP_SECRET_OF_THE_TEST")
    with pytest.raises(PolicyError) as caught:
        engine.client_credentials(APP_SCOPES, (), {})
    assert caught.value.reason == "tenant_needed"
    assert engine.client_credentials(APP_SCOPES, (), {"tenant": FABRIKAM}).realm == FABRIKAM


def test_a_device_code_is_asked_for_without_the_clients_secret(
    entra: EntraProvider, confidential: EntraEngine
) -> None:
    with pytest.raises(OAuthError):  # this provider wants it all the same
        confidential.start_device(SCOPES, (), {})
    with pytest.raises(OAuthError):
        confidential.poll_device(Secret("d"))
    assert [seen["form"].get("client_secret") for seen in entra.seen()] == [None, None]


def test_on_behalf_of_somebody(entra: EntraProvider, engine: EntraEngine, confidential: EntraEngine) -> None:
    hers = by_device(entra, engine)
    answer = confidential.exchange(hers.access_token, BEHALF, (), {})
    assert answer.scope == BEHALF
    with pytest.raises(OAuthError) as caught:
        confidential.exchange(Secret("a.b.c"), BEHALF, (), {})
    assert caught.value.reason == "assertion_refused" and caught.value.error == "invalid_grant"


def test_a_public_client_has_no_tokens_of_its_own(engine: EntraEngine) -> None:
    with pytest.raises(PolicyError) as caught:
        engine.client_credentials(APP_SCOPES, (), {})
    assert caught.value.reason == "no_client_credentials"
    with pytest.raises(PolicyError) as caught:
        engine.exchange(Secret("a.b.c"), BEHALF, (), {})
    assert caught.value.reason == "no_exchange"


def test_entra_cannot_revoke(engine: EntraEngine) -> None:
    assert engine.revoke(Secret("r"), "refresh_token") == "unsupported"


def test_a_region_in_the_environment_asks_no_metadata_service(
    entra: EntraProvider, confidential: EntraEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MSAL_FORCE_REGION", "westus2")
    monkeypatch.setenv("REGION_NAME", "westus2")
    assert confidential.client_credentials(APP_SCOPES, (), {}).realm == HOME


def test_msal_is_imported_with_the_engine_only() -> None:
    code = "import sys, jupyter_auth.broker.broker; sys.exit('msal' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
