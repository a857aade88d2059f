"""The Hub service where people sign in with Entra, at a provider of its shape: by its OpenID Connect face."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from jupyter_auth.broker.clock import Clock
from jupyter_auth.core.errors import ProfileError
from jupyter_auth.core.profile import Profile
from jupyter_auth.core.secret import Secret
from jupyter_auth.hub.keeper import Keeper
from jupyter_auth.hub.keeping import Keeping, Wanted
from jupyter_auth.hub.people import read_auth_state
from jupyter_auth.providers.oidc import OidcEngine
from tests.idp.base import CONFIDENTIAL_SECRET
from tests.idp.entra import API, APP_SECRET, CALLBACK, EntraProvider
from tests.unit.hub.test_keeper import ToldByTheHub, refused

SCOPES = ("openid", "profile", "offline_access", API)


@pytest.fixture(scope="module")
def entra(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EntraProvider]:
    with EntraProvider(tmp_path_factory.mktemp("entra")) as running:
        yield running


@pytest.fixture
def table(entra: EntraProvider, tmp_path: Path) -> dict[str, Any]:
    """The service's profile, as the how-to has it."""
    secret = tmp_path / "secret"
    secret.touch(mode=0o600)
    secret.write_text(CONFIDENTIAL_SECRET)
    return {
        "issuer": f"{entra.authority()}/v2.0",
        "client_id": APP_SECRET,
        "client_secret_file": str(secret),
        "ca_bundle": str(entra.certificate),
        "scopes": list(SCOPES),
    }


def auth_state(entra: EntraProvider, table: dict[str, Any]) -> dict[str, Any]:
    """What GenericOAuthenticator keeps of a sign-in there."""
    engine = OidcEngine(Profile(name="hub", **{**table, "scopes": SCOPES}))
    started = engine.start_code(SCOPES, (), {}, redirect_uri=CALLBACK, state=Secret("of the hub"))
    answer = engine.finish_code(started, entra.sign_in(started.authorization_uri))
    engine.close()
    assert answer.refresh_token is not None and answer.claims is not None
    return {
        "access_token": answer.access_token.reveal(),
        "refresh_token": answer.refresh_token.reveal(),
        "scope": list(answer.scope or SCOPES),
        "oauth_user": {"sub": answer.claims["sub"], "preferred_username": "ada@contoso.test"},
    }


async def test_a_sign_in_is_refreshed_as_at_any_other_openid_provider(
    entra: EntraProvider, table: dict[str, Any], tmp_path: Path
) -> None:
    hub, later = ToldByTheHub(), [0.0]
    signed_in = read_auth_state(auth_state(entra, table))
    assert signed_in is not None and signed_in.refresh_token is not None
    hub.held["ada"] = signed_in
    keeping = Keeping(profile={"provider": "oidc", **table}, folder=tmp_path / "store")
    keeper = Keeper(keeping, hub, Clock(now=lambda: time.time() + later[0]))
    try:
        entra.reset()
        for _ in range(2):
            answer = await keeper.token("ada", Wanted())
            assert (answer["scope"], answer["claims"]["preferred_username"]) == (API, "ada@contoso.test")
            later[0] += 60  # one of less than 5 s ago would be fresh enough
        sent = [seen["form"]["refresh_token"] for seen in entra.seen("token")]
        assert sent[0] == signed_in.refresh_token.reveal() and len(set(sent)) == 2
        entra.revoke_all()
        assert await refused(keeper) == "hub_invalid_grant"
        await keeper.forget("ada")
        assert await refused(keeper) == "hub_signed_out"
    finally:
        await keeper.close()


def test_its_own_provider_is_refused_with_what_to_write(tmp_path: Path) -> None:
    profile = {"provider": "entra", "tenant": "contoso.com", "client_id": "x"}
    with pytest.raises(ProfileError) as raised:
        Keeper(Keeping(profile=profile, folder=tmp_path / "store"), ToldByTheHub())
    assert raised.value.reason == "hub_provider"
    assert "issuer" in raised.value.hint and "/v2.0" in raised.value.hint
