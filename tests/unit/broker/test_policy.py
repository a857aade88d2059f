"""An administrator's lists hold on every way to a token, whatever it is called and wherever it lies.

A little longer than other files: each list has its tables of what is beyond it and what is within.
"""

import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from jupyter_auth.broker.config.configuration import load
from jupyter_auth.broker.config.settings import DEFAULTS, Settings
from jupyter_auth.core.errors import AuthError, PolicyError
from jupyter_auth.core.policy import Policy
from tests.idp import Answer, MisbehavingProvider, OidcProvider, Request, faults
from tests.idp.entra import API, FABRIKAM, EntraProvider
from tests.unit.broker.apps import AppBench, add_profiles
from tests.unit.broker.bench import request
from tests.unit.broker.conftest import MakeBench
from tests.unit.broker.entra import EntraBench

READ = ("lake.read",)


async def refused(work: Awaitable[Any]) -> PolicyError:
    with pytest.raises(PolicyError) as caught:
        await work
    assert "Ask your administrator" in caught.value.hint or "Sign out" in caught.value.hint
    return caught.value


# -- profiles ----------------------------------------------------------------------------------------------


def faults_of(tmp_path: Path, settings: Settings, table: str) -> list[tuple[str, str]]:
    """What is wrong with the profile, by reason and key; the same in a file and in the settings."""
    path = tmp_path / "a.toml"
    path.write_text(f"[profiles.x]\n{table}")
    found = load([path], settings)
    with pytest.raises(PolicyError) as caught:
        found.profile("x")
    assert all(f.file == str(path) and f"{f.key}: " in str(caught.value) for f in found.faults)
    return [(caught.value.reason, f.key.removeprefix("profiles.x.")) for f in found.faults]


GOOD = 'issuer = "https://idp.example"\nclient_id = "n"\n'


@pytest.mark.parametrize(
    ("settings", "table", "expected"),
    [
        (Settings(allowed_clients=("other",)), GOOD, [("client_not_allowed", "client_id")]),
        (Settings(allowed_clients=("N",)), GOOD, [("client_not_allowed", "client_id")]),
        (
            Settings(allowed_scopes=READ),
            GOOD + 'scopes = ["lake.read", "lake.write"]\n',
            [("scope_not_allowed", "scopes")],
        ),
        (
            Settings(allowed_scopes=READ),
            GOOD + 'scopes = ["Lake.Read"]\n',
            [("scope_not_allowed", "scopes")],
        ),
        (
            Settings(allowed_flows=("authorization_code",)),
            GOOD + 'flows = ["device_code"]\n',
            [("flow_not_allowed", "flows")],
        ),
        (Settings(allowed_flows=()), GOOD, [("flow_not_allowed", "provider")]),
        (
            Settings(allowed_flows=("device_code",)),
            GOOD + 'provider = "client_credentials"\nclient_secret_env = "S"\n',
            [("flow_not_allowed", "provider")],
        ),
        (
            Settings(allowed_flows=("on_behalf_of",)),
            'provider = "managed_identity"\nresource = "r"\n',
            [("flow_not_allowed", "provider")],
        ),
        (
            Settings(allowed_issuers=("https://a.example",), allowed_clients=("m",)),
            GOOD,
            [("issuer_not_allowed", "issuer"), ("issuer_not_allowed", "client_id")],
        ),
    ],
)
def test_a_profile_that_goes_beyond_is_a_fault_of_that_profile(
    tmp_path: Path, settings: Settings, table: str, expected: list[tuple[str, str]]
) -> None:
    assert faults_of(tmp_path, settings, table) == expected


@pytest.mark.parametrize(
    ("settings", "table"),
    [
        (Settings(allowed_clients=("n", "m")), GOOD),
        (Settings(allowed_scopes=READ), GOOD),  # the default scopes are the reserved ones
        (Settings(allowed_scopes=READ), GOOD + 'scopes = ["openid", "lake.read"]\n'),
        (
            Settings(allowed_scopes=("API://X/read",)),
            'provider = "entra"\ntenant = "t"\nclient_id = "n"\nscopes = ["api://x/Read"]\n',
        ),
        (Settings(allowed_flows=("device_code",)), GOOD),
        (
            Settings(allowed_flows=("authorization_code",)),
            GOOD + 'flows = ["device_code", "authorization_code"]\n',
        ),
        (Settings(allowed_flows=("on_behalf_of",)), GOOD + 'client_secret_env = "S"\n'),
        (
            Settings(allowed_clients=("system_assigned_managed_identity",)),
            'provider = "managed_identity"\nresource = "r"\n',
        ),
    ],
)
def test_a_profile_within_the_lists(tmp_path: Path, settings: Settings, table: str) -> None:
    path = tmp_path / "a.toml"
    path.write_text(f"[profiles.x]\n{table}")
    assert load([path], settings).profile("x").policy == settings.policy


TRICKS = [
    "lake.read*", "lake.read.", "LAKE.READ", "lake.read ", " lake.read", "lake.read%20", "lake.read\u200b",
    "l\u0430ke.read", "lake.rea\u0064\u0307", "lake\uff0eread", "\u212aake", "*", "lake.*", ".default",
    "lake.read/.default",
]  # fmt: skip


@pytest.mark.parametrize("trick", TRICKS)
async def test_no_other_way_of_writing_a_scope_is_a_way_around(
    idp: MisbehavingProvider, make_bench: MakeBench, trick: str
) -> None:
    """What is not a scope at all is refused as such; what a split makes the allowed scope is that."""
    bench = make_bench(idp, settings=Settings(allowed_scopes=READ), memory=True)
    if trick.strip() == READ[0]:
        assert bench.broker.resolve(request(scopes=[trick])).scopes == READ
        return
    with pytest.raises(AuthError) as caught:
        await bench.get(scopes=[trick])
    assert caught.value.reason in {"scope_not_allowed", "bad_scopes"} and not idp.requests


@pytest.mark.parametrize(
    "client_id", ["NB-public", "nb-public ", "nb-public\u200b", "nb\u2010public", "nb-publi\u0441"]
)
def test_nor_is_one_of_writing_a_client(tmp_path: Path, client_id: str) -> None:
    table = f'issuer = "https://idp.example"\nclient_id = "{client_id}"\n'
    path = tmp_path / "a.toml"
    path.write_text(f"[profiles.x]\n{table}", encoding="utf-8")
    with pytest.raises(AuthError) as caught:
        load([path], Settings(allowed_clients=("nb-public",))).profile("x")
    assert caught.value.reason in {"client_not_allowed", "invalid_profile"}


# -- ways to a token ---------------------------------------------------------------------------------------


def test_reserved_scopes_open_no_api_and_need_no_place_in_the_list() -> None:
    policy = Policy(allowed_scopes=("a", "B"))
    assert policy.permitted(["openid", "a", "b", "offline_access"], fold=False) == (
        "openid",
        "a",
        "offline_access",
    )
    assert policy.excess(["A", "b", "c"], fold=True) == ("c",)
    assert Policy().excess(["anything"], fold=False) == ()


WAYS = ["silent", "interactive", "device", "refresh", "app", "behalf", "begin", "session"]


@pytest.mark.parametrize("way", WAYS)
async def test_a_scope_beyond_the_list_is_refused_on_every_way_and_nobody_is_asked(
    idp: MisbehavingProvider, make_bench: MakeBench, way: str
) -> None:
    first = make_bench(idp)
    await first.sign_in(scopes=["lake.read", "lake.write"])
    add_profiles(first)
    bench = make_bench(idp, settings=Settings(allowed_scopes=READ))
    app = AppBench(bench)
    idp.requests.clear()
    more: dict[str, Any] = {"scopes": ["lake.read", "lake.write"]}
    work: dict[str, Callable[[], Awaitable[Any]]] = {
        "silent": lambda: bench.get(**more),
        "interactive": lambda: bench.ask(**more),
        "device": lambda: bench.ask(flow="device_code", **more),
        "refresh": lambda: bench.get(force_refresh=True, **more),
        "app": lambda: app.client(**more),
        "behalf": lambda: app.behalf(**more),
        "begin": lambda: app.begin(**more),
        "session": lambda: app.session("key", **more),
    }
    assert (await refused(work[way]())).reason == "scope_not_allowed"
    assert not idp.requests


async def test_a_token_from_before_that_opens_more_is_not_handed_out(
    oidc: OidcProvider, make_bench: MakeBench
) -> None:
    """It covers what is asked; in its place one with less is got."""
    before = make_bench(oidc)
    wide = await before.sign_in(scopes=["lake.read", "lake.write"])
    assert "lake.write" in wide.scopes
    bench = make_bench(oidc, settings=Settings(allowed_scopes=READ))
    bench.advance(5)
    found = await bench.get(scopes=["lake.read"])
    assert found._token.version != wide._token.version and "lake.write" not in found.scopes
    hit = await bench.get(scopes=["lake.read"])
    assert hit._token.version == found._token.version, "and that is kept"


async def test_what_an_account_holds_is_not_asked_for_again_beyond_the_list(
    idp: MisbehavingProvider, make_bench: MakeBench
) -> None:
    before = make_bench(idp)
    await before.sign_in(scopes=["lake.read", "lake.write"])
    bench = make_bench(idp, settings=Settings(allowed_scopes=("lake.read", "lake.list")))
    found = await bench.sign_in(scopes=["lake.list"])
    asked = next(r for r in reversed(idp.requests) if r.endpoint == "device_authorization")
    assert "lake.write" not in asked.form["scope"] and "lake.list" in found.scopes


async def test_a_provider_that_grants_more_than_was_asked(
    idp: MisbehavingProvider, make_bench: MakeBench
) -> None:
    bench = make_bench(idp, settings=Settings(allowed_scopes=READ))
    right = idp.answers["token"]

    def respond(asked: Request) -> Answer | None:
        answer = right(asked)
        if answer is None or answer[0] != 200:
            return answer
        return faults.json(200, json.loads(answer[2]) | {"scope": "lake.read lake.write"})(asked)

    idp.answers["token"] = respond
    told = await refused(bench.sign_in())
    assert told.reason == "scope_not_allowed" and "lake.write" in str(told)
    assert (await refused(bench.get())).reason == "scope_not_allowed"


async def test_a_tenant_beyond_the_list_is_refused_although_its_token_is_in_the_cache(
    entra: EntraProvider, tmp_path: Path, make_bench: MakeBench
) -> None:
    before = EntraBench(entra, tmp_path, make_bench)
    await before.sign_in()
    assert (await before.get(tenant=FABRIKAM)).tenant_id
    issuer = before.bench.broker.configuration.profile("graph").issuer
    settings = Settings(allowed_issuers=(issuer,))
    after = make_bench(entra, settings=settings)
    assert (await refused(after.get("graph", tenant=FABRIKAM))).reason == "issuer_not_allowed"
    assert (await after.get("graph")).reveal()


async def test_entra_compares_scopes_without_case(
    entra: EntraProvider, tmp_path: Path, make_bench: MakeBench
) -> None:
    EntraBench(entra, tmp_path, make_bench)
    bench = make_bench(entra, settings=Settings(allowed_scopes=(API.upper(),)))
    assert bench.broker.configuration.profile("graph").scopes
    assert (await refused(bench.get("graph", scopes=["User.Read"]))).reason == "scope_not_allowed"


# -- flows -------------------------------------------------------------------------------------------------

NO_DEVICE = Settings(allowed_flows=("authorization_code", "client_credentials"))


async def test_a_flow_that_is_off_is_neither_taken_nor_offered(
    idp: MisbehavingProvider, make_bench: MakeBench
) -> None:
    bench = make_bench(idp, settings=NO_DEVICE)
    told = await refused(bench.ask(flow="device_code"))
    assert told.reason == "flow_not_allowed" and "authorization_code" in told.hint
    asked = await bench.ask()
    assert asked.sign_in.flow == "authorization_code" and "device_code" not in asked.offered
    with pytest.raises(PolicyError):
        await bench.broker.interactions.switch(asked, "device_code")
    assert not idp.count("device_authorization")


async def test_applications_are_switched_off_apart(idp: MisbehavingProvider, make_bench: MakeBench) -> None:
    bench = make_bench(idp, settings=NO_DEVICE)
    app = add_profiles(bench)
    for work in (app.behalf(), app.begin(), app.session("key")):
        assert (await refused(work)).reason == "flow_not_allowed"
    assert (await app.client("behalf")).reveal()
    assert await app.stop("key") is False, "ending one is always possible"
    off = make_bench(idp, settings=Settings(allowed_flows=("device_code", "on_behalf_of")))
    apps = AppBench(off)
    assert (await refused(apps.client("behalf"))).reason == "flow_not_allowed"
    assert (await refused(off.get("batch"))).reason == "flow_not_allowed"
    assert (await apps.behalf()).reveal()


async def test_who_has_signed_in_before_stays_so(idp: MisbehavingProvider, make_bench: MakeBench) -> None:
    await make_bench(idp).sign_in()
    bench = make_bench(idp, settings=NO_DEVICE)
    assert (await bench.get()).reveal() and (await bench.refresh()).reveal()


def test_without_lists_all_is_allowed() -> None:
    assert DEFAULTS.policy == Policy()


async def test_how_many_may_wait_is_a_setting(idp: MisbehavingProvider, make_bench: MakeBench) -> None:
    bench = make_bench(idp, settings=Settings(pending_sign_in_limit=2))
    for n in range(2):
        await bench.ask(waiter=n, scopes=[f"lake.{n}"])
    with pytest.raises(PolicyError) as caught:
        await bench.ask(scopes=["lake.9"])
    assert caught.value.reason == "too_many_sign_ins"
