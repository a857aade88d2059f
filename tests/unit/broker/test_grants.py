"""What kernels may use: decided by people, held against the token itself."""

import pytest

from jupyter_auth.broker.changes import KernelChanged
from jupyter_auth.broker.config.settings import Settings
from jupyter_auth.core.errors import ProfileError
from jupyter_auth.core.result import AuthenticationResult
from tests.idp import MisbehavingProvider, OidcProvider
from tests.unit.broker.bench import Bench, refreshes
from tests.unit.broker.conftest import MakeBench
from tests.unit.broker.granting import Scene

READ, WRITE = ["lake.read"], ["lake.read", "lake.write"]


@pytest.fixture
async def scene(oidc: OidcProvider, make_bench: MakeBench) -> Scene:
    """A profile ``lake`` that asks, to which ada is signed in with more than it asks for by itself."""
    return await signed_in(make_bench(oidc, settings=Settings(kernel_access="ask")))


async def signed_in(bench: Bench) -> Scene:
    made = Scene(bench)
    await made.signs_in("ada", scopes=["openid", "offline_access", *WRITE])
    if isinstance(bench.provider, OidcProvider):
        bench.provider.reset_log()
    return made


def refreshed(provider: OidcProvider) -> int:
    return sum(entry["grant_type"] == "refresh_token" for entry in provider.log())


async def test_without_a_grant_nothing_comes_and_no_provider_is_asked(
    scene: Scene, oidc: OidcProvider
) -> None:
    assert await scene.gets() == "grant_required"
    assert await scene.gets(force_refresh=True) == "grant_required"
    assert oidc.log() == []
    answer = await scene.asks(profile="lake", scopes=READ)
    assert (answer["error"], answer["profile"], answer["scopes"]) == ("kernel_grant_required", "lake", READ)
    assert "ada" not in str(answer)


async def test_a_grant_is_for_its_kernel_alone(scene: Scene) -> None:
    await scene.allow()
    assert await scene.gets() == "ok"
    assert await scene.gets("k2") == "grant_required"


async def test_a_grant_of_scopes_is_kept_to_in_the_token_itself(scene: Scene, oidc: OidcProvider) -> None:
    """There is a token for more in the cache, which would do for the request."""
    await scene.allow(scopes=READ)
    assert await scene.gets(scopes=WRITE) == "grant_required"
    assert await scene.gets(scopes=["lake.write"]) == "grant_required"
    answer = await scene.asks(profile="lake", scopes=READ)
    assert "lake.write" not in answer["result"]["scopes"]
    assert refreshed(oidc) == 1  # for the narrower one
    assert await scene.gets(scopes=READ) == "ok" and refreshed(oidc) == 1
    await scene.allow("k2", scopes=WRITE)
    assert await scene.gets("k2", scopes=WRITE) == "ok" and refreshed(oidc) == 1


async def test_scopes_of_other_letters_are_other_scopes(scene: Scene) -> None:
    await scene.allow(scopes=READ)
    for scope in ("Lake.Read", "LAKE.READ", "lake.read.all", "lake.*", "*", ".default"):
        assert await scene.gets(scopes=[scope]) == "grant_required", scope
    for scope in ("lake.re\u0430d", "lake.read\u200b", "\uff4cake.read", "lake.read\n", "lake\u3002read"):
        assert await scene.gets(scopes=[scope]) == "bad_scopes", scope


async def test_a_grant_of_an_account_is_for_that_account(scene: Scene) -> None:
    (granted,) = await scene.allow(account="ada")
    assert granted["account"] == "ada" and granted["home_account_id"]
    assert await scene.gets() == "ok"
    await scene.signs_in("bob")
    assert await scene.gets(account="bob") == "grant_required"
    assert await scene.gets(account="ada") == "ok"
    seen = await scene.asks("get_accounts", profile="lake")
    assert [row["username"] for row in seen["accounts"]] == ["ada"]


async def test_another_account_by_default_is_not_handed_out(scene: Scene) -> None:
    await scene.allow(account="ada")
    assert await scene.gets() == "ok"
    await scene.signs_in("bob")
    await scene.bench.broker.switch_account("lake", "bob")
    assert await scene.gets() == "grant_required"


async def test_another_name_of_the_same_application_is_no_way_round(scene: Scene) -> None:
    await scene.allow()
    scene.bench.profile("pond", 'kernel_access = "allow"')
    assert await scene.gets(profile="pond") == "grant_required"
    await scene.deciding.revoke("k1", None)
    assert await scene.gets(profile="pond") == "grant_required"


async def test_a_profile_that_becomes_another_application_has_no_grant(scene: Scene) -> None:
    await scene.allow()
    scene.bench.toml.write_text("")
    scene.bench.profile("lake", client_id="another")
    assert await scene.gets() == "grant_required"
    scene.bench.toml.write_text("")
    scene.bench.profile("lake", 'resource = "https://other.example"')
    assert await scene.gets() == "grant_required"


async def test_refused_is_refused_under_any_name_also_where_all_may(fresh: Bench) -> None:
    await fresh.sign_in()
    fresh.profile("pond", scopes=("openid", "offline_access", "lake.write"))
    scene = Scene(fresh)
    assert await scene.gets() == "ok"
    await scene.allow(decision="deny")
    for profile in ("lake", "pond"):
        assert await scene.gets(profile=profile) == "grant_refused"
        assert await scene.gets(profile=profile, scopes=READ) == "grant_refused"
    assert await scene.gets("k2") == "ok"
    await scene.allow()
    assert await scene.gets() == "ok"


async def test_what_is_taken_back_is_gone_for_the_next_call(scene: Scene) -> None:
    await scene.allow()
    body = b'{"op":"acquire_token_silent","profile":"lake"}'
    session, message = scene.kernel(), {"op": "acquire_token_silent", "profile": "lake"}
    assert await scene.gets() == "ok"
    assert session.at_once(message, body) and session.ready(body)
    generation = scene.bench.store.generation.value
    assert await scene.deciding.revoke("k1", "lake") == []
    assert scene.bench.store.generation.value > generation  # so that the kernel's own copy counts no more
    assert session.ready(body) is None and session.at_once(message, body) is None
    assert await scene.gets() == "grant_required"
    actions = [change.action for change in scene.told if isinstance(change, KernelChanged)]
    assert actions == ["granted", "first_use", "revoked"]


async def test_a_ready_answer_is_held_against_the_grants_by_itself(scene: Scene) -> None:
    """Even if nothing had told it that something has changed."""
    await scene.allow()
    body = b'{"op":"acquire_token_silent","profile":"lake"}'
    session = scene.kernel()
    assert await scene.gets() == "ok"
    assert session.at_once({"op": "acquire_token_silent", "profile": "lake"}, body) and session.ready(body)
    grants = scene.bench.broker.grants
    grants._set(grants._kernels, "k1", [])
    assert session.ready(body) is None


async def test_what_nobody_else_uses_is_renewed_no_more(scene: Scene) -> None:
    renewing = scene.bench.broker.renewing
    await scene.allow()
    await scene.allow("k2")
    assert (await scene.gets(), await scene.gets("k2")) == ("ok", "ok")
    assert renewing is not None and len(renewing._tokens) == 1
    await scene.deciding.revoke("k1", None)
    assert len(renewing._tokens) == 1
    await scene.deciding.revoke("k2", None)
    assert len(renewing._tokens) == 0


async def test_a_kernel_that_has_been_shut_down_leaves_nothing(scene: Scene) -> None:
    grants = scene.bench.broker.grants
    await scene.allow()
    scene.kernels.dead.add("k1")
    grants.prune(scene.kernels.lives)
    scene.kernels.dead.clear()
    assert await scene.gets() == "grant_required"


async def test_deny_is_for_every_kernel(idp: MisbehavingProvider, make_bench: MakeBench) -> None:
    bench = make_bench(idp, settings=Settings(kernel_access="deny"))
    scene = Scene(bench)
    await scene.signs_in("ada")
    await scene.allow()
    assert await scene.gets() == "kernel_access_denied"
    assert (await scene.asks("get_token", profile="lake", interactive=True))[
        "reason"
    ] == "kernel_access_denied"
    assert (await scene.asks("get_accounts"))["accounts"] == []


async def test_a_kernel_sees_no_account_and_no_token_that_it_may_not_use(scene: Scene) -> None:
    async def rows(resource: str) -> int:
        return len((await scene.asks("list", resource=resource))["rows"])

    assert (await rows("accounts"), await rows("cache")) == (0, 0)
    assert (await scene.asks("get_accounts"))["accounts"] == []
    switched = await scene.asks("switch_account", profile="lake", account="ada")
    assert switched["reason"] == "grant_required" and "ada" not in str(switched)
    await scene.allow()
    assert (await rows("accounts"), await rows("cache")) == (1, 1)
    assert (await scene.asks("switch_account", profile="lake", account="ada"))["account"]["default"]
    assert len((await scene.asks("list", resource="kernels"))["rows"][0]["grants"]) == 1


async def test_a_kernel_may_always_sign_out_and_does_not_learn_who_was_there(scene: Scene) -> None:
    named = {"profile": "lake", "account": "ada"}
    nobody = await scene.asks("sign_out", profile="lake", account="zoe")
    assert await scene.asks("sign_out", **named) == nobody and nobody["report"]["accounts"] == []
    assert await scene.bench.broker.accounts("lake") == []
    await scene.signs_in("ada")
    assert (await scene.asks("remove_account", **named)) == nobody
    assert (await scene.asks("clear_cache"))["ok"]
    await scene.signs_in("ada")
    await scene.allow(account="ada")
    told = (await scene.asks("sign_out", **named))["report"]["accounts"]
    assert [(row["username"], row["outcome"]) for row in told] == [("ada", "revoked")]


async def test_where_no_kernel_is_held_to_anything_nothing_is_looked_at(
    fresh: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    await fresh.sign_in()
    scene = Scene(fresh)

    def never(*_: object) -> None:
        raise AssertionError("looked at")

    monkeypatch.setattr("jupyter_auth.broker.grants.gate.Gate.decide", never)
    assert await scene.gets() == "ok"
    assert fresh.broker.grants.is_closed is False


async def test_the_terminal_of_a_process_with_its_own_broker_is_asked_nothing(scene: Scene) -> None:
    scene.kernels.how = "given"
    assert await scene.gets() == "ok"
    scene.kernels.how = "unavailable"
    asked = await scene.asks("get_token", profile="lake", interactive=True)
    assert asked["reason"] == "grant_required" and "no Jupyter server" in asked["hint"]


@pytest.mark.parametrize(
    "said",
    [
        {"profile": "lake", "decision": "maybe"},
        {"profile": "lake", "remember": "once"},
        {"profile": "lake", "remember": "forever"},
        {"profile": "lake", "scopes": []},
        {"profile": "lake", "scopes": {"a": 1}},
        {"profile": "lake", "scopes": ["lake.re\u0430d"]},
        {"profile": "lake", "account": "nobody"},
        {"profile": "lake", "account": 7},
        {"profile": "lake", "kernel_id": "k2"},
        {"profile": "laek"},
        {"profile": None},
        {},
    ],
)
async def test_what_is_no_grant_is_refused(scene: Scene, said: dict[str, object]) -> None:
    with pytest.raises(ProfileError):
        await scene.deciding.put("k1", said)
    assert await scene.deciding.rows("k1") == []


async def test_the_result_is_what_is_checked(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the search for it came up with."""
    await scene.allow(scopes=READ)
    wide = await scene.bench.get(scopes=WRITE)

    async def acquire(_: object) -> AuthenticationResult:
        return wide

    monkeypatch.setattr(scene.bench.broker, "acquire_silent", acquire)
    assert await scene.gets(scopes=READ, force_refresh=True) == "grant_required"


async def test_a_provider_that_gives_more_than_it_was_asked_for_is_asked_once(
    idp: MisbehavingProvider, make_bench: MakeBench
) -> None:
    scene = await signed_in(make_bench(idp, settings=Settings(kernel_access="ask")))
    await scene.allow(scopes=READ)
    for _ in range(3):
        assert await scene.gets(scopes=READ) == "grant_required"
    assert refreshes(idp) == 1
    answer = await scene.asks(profile="lake", scopes=READ)
    assert set(WRITE) <= set(answer["scopes"])  # what it comes with is told, and can be allowed
    await scene.allow(scopes=WRITE)
    assert await scene.gets(scopes=READ) == "ok"
