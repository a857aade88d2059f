"""Applications at Entra and on an Azure machine: tenants, challenges, sessions, a machine's own identity."""

import pytest

from jupyter_auth.core.errors import InteractionRequiredError, PolicyError, ProfileError
from jupyter_auth.core.metadata import CacheRefreshReason
from tests.idp import CONFIDENTIAL_SECRET, MisbehavingProvider
from tests.idp.entra import APP_PUBLIC, APP_SCOPE, APP_SECRET, DOWNSTREAM, FABRIKAM, HOME, EntraProvider
from tests.idp.managed_identity import SHAPES, VARIABLES, Machine
from tests.unit.broker.apps import AppBench
from tests.unit.broker.bench import Bench


@pytest.fixture
def app(entra: EntraProvider, fresh: Bench) -> AppBench:
    """Profiles ``batch`` (for itself), ``behalf`` and ``public`` at the Entra-shaped provider."""
    secret = fresh.folder / "secret"
    secret.write_text(CONFIDENTIAL_SECRET)
    own = f'client_secret_file = "{secret}"'
    text = (
        entra.profile("batch", own, client_id=APP_SECRET, scope=APP_SCOPE)
        + entra.profile("behalf", own, client_id=APP_SECRET, scope=DOWNSTREAM)
        + entra.profile("public", client_id=APP_PUBLIC, scope=DOWNSTREAM)
    )
    with fresh.toml.open("a", encoding="utf-8") as file:
        file.write(text)
    return AppBench(fresh)


async def test_each_tenant_has_tokens_of_its_own(entra: EntraProvider, app: AppBench) -> None:
    own = await app.client()
    other = await app.client(tenant=FABRIKAM)
    assert own.reveal() != other.reveal()
    assert (own.tenant_id, other.tenant_id) == (HOME, FABRIKAM)
    assert [entry["tenant"] for entry in entra.seen("token")] == [HOME, FABRIKAM]
    assert (await app.client()).reveal() == own.reveal()
    assert (await app.client(tenant=FABRIKAM.upper())).reveal() == other.reveal()
    assert (await app.client(scopes=[APP_SCOPE.upper()])).reveal() == own.reveal()
    assert (await app.client(tenant=HOME)).reveal() == own.reveal()


async def test_a_token_is_looked_for_apart_from_those_of_other_tenants_and_resources(
    entra: EntraProvider, app: AppBench
) -> None:
    """A program for many tenants must not read all of their tokens for each."""
    for tenant in (HOME, FABRIKAM):
        await app.client(tenant=tenant)
    held = app.held()
    assert len(held) == 2 and len({key.lease for key in held}) == 2
    assert app.bench.broker.cache is not None
    assert [len(app.bench.broker.cache.tokens(key)) for key in held] == [1, 1]
    assert len(entra.seen("token")) == 2


async def test_a_public_client_is_told_what_it_lacks(entra: EntraProvider, app: AppBench) -> None:
    for asking in (app.client("public"), app.behalf("x", "public")):
        with pytest.raises(ProfileError) as caught:
            await asking
        assert caught.value.reason == "no_client_credentials"
    assert entra.seen("token") == []


async def test_the_scopes_alone_say_what_a_token_is_for(entra: EntraProvider, app: AppBench) -> None:
    for asking in (app.client(scopes=["openid"]), app.behalf("assertion-of-ada", scopes=["offline_access"])):
        with pytest.raises(PolicyError) as caught:
            await asking
        assert caught.value.reason == "no_scopes" and ".default" in caught.value.hint
    assert entra.seen("token") == []
    other = "https://downstream.example/.default"
    own, there = await app.client(), await app.client(scopes=[other])
    assert own.reveal() != there.reveal()
    asked = [entry["form"]["scope"] for entry in entra.seen("token")]
    assert asked == [APP_SCOPE, other]
    assert not [entry for entry in entra.seen("token") if {"resource", "audience"} & entry["form"].keys()]


async def test_a_challenge_to_an_assertion_is_for_its_person(entra: EntraProvider, app: AppBench) -> None:
    claims = '{"access_token":{"acrs":{"essential":true,"value":"c1"}}}'
    body = {"error": "interaction_required", "error_description": "AADSTS50076", "claims": claims}
    entra.plan("token", body)
    with pytest.raises(InteractionRequiredError) as caught:
        await app.behalf("assertion-of-ada")
    assert (caught.value.reason, caught.value.claims) == ("interaction_required", claims)


# -- a machine -----------------------------------------------------------------------------------------------


@pytest.fixture
def machine(idp: MisbehavingProvider, fresh: Bench, monkeypatch: pytest.MonkeyPatch) -> Machine:
    """This process as one on a virtual machine, with a profile for its own identity."""
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    made = Machine(SHAPES["vm"])
    for name, value in made.shape.environment.items():
        monkeypatch.setenv(name, value.format(origin=idp.issuer))
    idp.answers[made.shape.path] = made
    with fresh.toml.open("a", encoding="utf-8") as file:
        for name, more in (("machine", ""), ("assigned", 'client_id = "abc"\n')):
            file.write(f'[profiles.{name}]\nprovider = "managed_identity"\n{more}')
            file.write('resource = "https://storage.azure.com"\n')
    return made


async def test_a_machine_s_identity_is_asked_for_once(machine: Machine, fresh: Bench) -> None:
    app = AppBench(fresh)
    found = await fresh.get("machine")
    assert (found.account, found.profile) == (None, "machine")
    assert (await app.client("machine")).reveal() == found.reveal() and len(machine.asked) == 1
    await app.client("assigned")
    assert [query.get("client_id") for query in machine.asked] == [None, "abc"]
    fresh.advance(7000)
    again = await fresh.get("machine")
    assert again.metadata.cache_refresh_reason is CacheRefreshReason.EXPIRED
    assert {row["profile"] for row in await fresh.broker.entries()} == {"machine", "assigned"}


async def test_a_machine_acts_for_nobody(machine: Machine, fresh: Bench) -> None:
    with pytest.raises(PolicyError) as caught:
        await AppBench(fresh).behalf("assertion", "machine")
    assert caught.value.reason == "no_exchange" and machine.asked == []
