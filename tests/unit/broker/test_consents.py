"""Asking a person whether a kernel may: one question at a time, answered by nobody but them."""

import asyncio
from typing import Any

import pytest

from jupyter_auth.broker.config.settings import Settings
from jupyter_auth.broker.grants.consents import MAX_ASKED
from jupyter_auth.broker.operations import Session
from jupyter_auth.broker.signing_in.consent import EXPIRES_IN
from jupyter_auth.core.errors import PolicyError, ProfileError
from tests.idp import MisbehavingProvider
from tests.unit.broker.apps import add_profiles
from tests.unit.broker.bench import Bench
from tests.unit.broker.conftest import MakeBench
from tests.unit.broker.granting import Scene

ASK: dict[str, Any] = {"profile": "lake", "interactive": True}


@pytest.fixture
def nobody(idp: MisbehavingProvider, make_bench: MakeBench) -> Scene:
    """A profile that asks, to which nobody is signed in."""
    return Scene(make_bench(idp, settings=Settings(kernel_access="ask")))


@pytest.fixture
async def scene(nobody: Scene) -> Scene:
    """The same with ada."""
    await nobody.signs_in("ada")
    return nobody


async def asked(scene: Scene, kernel: str = "k1", **fields: Any) -> dict[str, Any]:
    """The question that a kernel's request comes to."""
    answer = await scene.asks("get_token", kernel, **{**ASK, **fields})
    assert answer.get("ok"), answer
    found: dict[str, Any] = answer["interaction"]
    return found


async def waits(scene: Scene, interaction: dict[str, Any], kernel: str = "k1") -> dict[str, Any]:
    return await scene.asks("wait", kernel, id=interaction["id"], timeout=60)


async def test_a_question_says_who_asks_for_what_and_holds_no_code(scene: Scene) -> None:
    scene.kernels.notebooks = {"k1": "a.ipynb"}
    shown = await asked(scene)
    assert (shown["flow"], shown["state"], shown["account"]) == ("consent", "pending", "ada")
    assert shown["requested_by"]["notebook"] == "a.ipynb" and shown["requested_by"]["kernel_id"] == "k1"
    assert shown["consent"] == {"token_lifetime": 3600}
    assert shown["expires_on"] - shown["created_on"] == EXPIRES_IN
    assert {shown[name] for name in ("user_code", "verification_uri", "authorization_uri")} == {None}


@pytest.mark.parametrize(("remember", "again"), [("once", "grant_required"), ("kernel", "ok")])
async def test_what_is_allowed_goes_on(scene: Scene, remember: str, again: str) -> None:
    shown = await asked(scene)
    waiting = asyncio.ensure_future(waits(scene, shown))
    await asyncio.sleep(0)
    await scene.decide("allow", remember)
    answer = await waiting
    assert answer["interaction"]["state"] == "succeeded" and "result" not in answer
    assert "result" in await scene.asks("get_token", **ASK)  # the same connection asks again
    assert await scene.gets() == again


async def test_once_is_for_the_connection_that_asked(scene: Scene) -> None:
    shown = await asked(scene)
    other = Session(scene.operations, "k1")
    joined = await other.respond({"op": "get_token", **ASK})
    assert joined["interaction"]["id"] == shown["id"]
    await scene.decide("allow", "once")
    for session in (other, scene.kernel()):
        await session.respond({"op": "wait", "id": shown["id"], "timeout": 5})
    elsewhere = await other.respond({"op": "acquire_token_silent", "profile": "lake"})
    assert elsewhere["reason"] == "grant_required"
    assert "result" in await scene.asks("get_token", **ASK)


async def test_once_is_for_what_was_asked(scene: Scene) -> None:
    shown = await asked(scene)
    await scene.decide("allow", "once")
    await waits(scene, shown)
    assert await scene.gets(scopes=["lake.write"]) == "grant_required"
    assert await scene.gets() == "ok" and await scene.gets() == "grant_required"


async def test_consent_comes_before_the_sign_in_and_is_for_who_signs_in(nobody: Scene) -> None:
    shown = await asked(nobody)
    assert (shown["account"], shown["consent"]) == (None, {"token_lifetime": None})
    await nobody.decide("allow")
    await waits(nobody, shown)
    sign_in = await asked(nobody)
    assert sign_in["flow"] == "device_code"
    await nobody.approves(sign_in["id"])
    assert (await waits(nobody, sign_in))["result"]["account"]["username"] == "ada"
    (row,) = await nobody.deciding.rows("k1")
    assert row["account"] == "ada"
    await nobody.signs_in("bob")
    assert (await nobody.gets(account="bob"), await nobody.gets(account="ada")) == ("grant_required", "ok")


async def test_where_the_kernel_named_somebody_it_is_for_them(nobody: Scene) -> None:
    shown = await asked(nobody, account="ada")
    assert shown["account"] == "ada"
    await nobody.decide("allow")
    await waits(nobody, shown)
    await nobody.signs_in("bob")
    assert (await nobody.gets(account="bob"), await nobody.gets()) == ("grant_required", "grant_required")


@pytest.mark.parametrize(("remember", "again"), [("once", "grant_required"), ("kernel", "grant_refused")])
async def test_what_is_refused_is_declined(scene: Scene, remember: str, again: str) -> None:
    shown = await asked(scene)
    await scene.decide("deny", remember)
    answer = await waits(scene, shown)
    assert (answer["error"], answer["reason"]) == ("interaction_declined", "grant_refused")
    assert await scene.gets() == again
    if remember == "kernel":
        assert (await scene.asks("get_token", **ASK))["reason"] == "grant_refused"
        assert await scene.gets(scopes=["lake.write"], account="bob") == "grant_refused"


async def test_a_notebook_is_remembered_by_its_path(scene: Scene) -> None:
    await asked(scene)
    with pytest.raises(ProfileError):
        await scene.decide("allow", "notebook")
    await scene.asks("cancel", id=scene.pending()[0].id)
    scene.kernels.notebooks = {"k1": "a.ipynb", "k2": "a.ipynb"}
    await asked(scene)
    await scene.decide("allow", "notebook")
    assert (await scene.gets("k2"), await scene.gets("k3")) == ("ok", "grant_required")


async def test_each_kernel_asks_for_itself(scene: Scene) -> None:
    first, second = await asked(scene), await asked(scene, "k2")
    assert first["id"] != second["id"] and len(scene.pending()) == 2


async def test_a_thousand_requests_are_one_question(scene: Scene) -> None:
    sessions = [Session(scene.operations, "k1") for _ in range(1000)]
    answers = await asyncio.gather(*(one.respond({"op": "get_token", **ASK}) for one in sessions))
    assert len({answer["interaction"]["id"] for answer in answers}) == 1 == len(scene.pending())
    for session in sessions:
        session.close()
    assert scene.pending() == []  # nobody waits any more


async def test_a_kernel_asks_a_few_things_at_once(scene: Scene) -> None:
    names = [f"nobody{number}" for number in range(MAX_ASKED)]
    for name in names:
        await asked(scene, account=name)
    refused = await scene.asks("get_token", **{**ASK, "account": "another"})
    assert refused["reason"] == "too_many_requests"
    assert (await asked(scene, "k2"))["state"] == "pending"


@pytest.mark.parametrize(
    "said",
    [
        {"op": "answer", "decision": "allow", "remember": "kernel"},
        {"op": "answer", "flow": "consent"},
        {"op": "answer", "url": "http://127.0.0.1/?decision=allow"},
        {"op": "decide", "decision": "allow"},
        {"op": "put_grant", "profile": "lake"},
        {"op": "get_token", "profile": "lake", "decision": "allow"},
        {"op": "get_token", "profile": "lake", "within": None},
    ],
)
async def test_a_kernel_cannot_answer(scene: Scene, said: dict[str, Any]) -> None:
    shown = await asked(scene)
    answer = await scene.kernel().respond({"id": shown["id"], **said})
    assert "error" in answer
    assert scene.pending()[0].state == "pending" and await scene.gets() == "grant_required"


async def test_nobody_answers_twice(scene: Scene) -> None:
    await asked(scene)
    (waiting,) = scene.pending()
    await scene.decide("deny", "once")
    with pytest.raises(PolicyError):
        await scene.operations.consents.decide(waiting, {"decision": "allow", "remember": "kernel"})
    assert await scene.gets() == "grant_required"


@pytest.mark.parametrize(
    "said",
    [{}, {"decision": "yes"}, {"decision": "allow", "remember": "always"}, {"decision": "allow", "x": 1}],
)
async def test_what_is_no_answer_is_refused(scene: Scene, said: dict[str, Any]) -> None:
    await asked(scene)
    (waiting,) = scene.pending()
    with pytest.raises(ProfileError):
        await scene.operations.consents.decide(waiting, said)
    assert waiting.state == "pending"


async def test_a_sign_in_is_no_question(fresh: Bench) -> None:
    scene = Scene(fresh)
    interaction = await fresh.ask()
    with pytest.raises(PolicyError):
        await scene.operations.consents.decide(interaction, {"decision": "allow"})


async def test_what_is_set_in_the_panel_answers_what_waits(scene: Scene) -> None:
    shown = await asked(scene)
    await scene.allow(scopes=["lake.write"])
    assert len(scene.pending()) == 1  # that was something else
    await scene.allow()
    assert (await waits(scene, shown))["interaction"]["state"] == "succeeded"
    shown = await asked(scene, scopes=["lake.write"])
    await scene.allow(decision="deny")
    assert (await waits(scene, shown))["reason"] == "grant_refused"


async def test_never_in_the_card_is_never_in_the_panel(scene: Scene) -> None:
    """It answers what else waits, takes the place of what was allowed, and ends renewals."""
    renewing = scene.bench.broker.renewing
    assert renewing is not None
    await scene.allow(account="ada")
    assert await scene.gets() == "ok" and len(renewing._tokens) == 1
    write, other = await asked(scene, scopes=["lake.write"]), await asked(scene, account="bob")
    (interaction,) = (known for known in scene.pending() if known.id == write["id"])
    await scene.operations.consents.decide(interaction, {"decision": "deny", "remember": "kernel"})
    assert (await waits(scene, other))["reason"] == "grant_refused" and scene.pending() == []
    assert [row["decision"] for row in await scene.deciding.rows("k1")] == ["deny"]
    assert len(renewing._tokens) == 0


async def test_an_answer_that_was_not_kept_can_be_given_again(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fails(*_: object) -> None:
        raise OSError("no space left on device")

    await asked(scene)
    with monkeypatch.context() as patch:
        patch.setattr(scene.bench.broker.grants, "_bump", fails)
        with pytest.raises(OSError, match="no space"):
            await scene.decide()
    await scene.decide()
    assert await scene.gets() == "ok"


async def test_it_ends_by_itself_and_with_its_kernel(scene: Scene) -> None:
    shown = await asked(scene)
    scene.bench.advance(EXPIRES_IN + 1)
    assert (await waits(scene, shown))["error"] == "interaction_expired"
    shown = await asked(scene)
    scene.kernels.dead.add("k1")
    await asyncio.wait([scene.pending()[0].outcome], timeout=60)
    assert scene.pending() == []


async def test_cancelled_says_that_nothing_was_allowed(scene: Scene) -> None:
    shown = await asked(scene)
    await scene.asks("cancel", id=shown["id"])
    answer = await waits(scene, shown)
    assert answer["error"] == "interaction_cancelled" and "Nothing was allowed" in answer["message"]


async def test_whoever_asks_in_any_case_is_asked_about_first(nobody: Scene) -> None:
    for op in ("acquire_token_by_device_flow", "acquire_token_interactive"):
        answer = await nobody.asks(op, profile="lake")
        assert answer["interaction"]["flow"] == "consent"
    assert len(nobody.pending()) == 1


async def test_applications_never_ask(nobody: Scene) -> None:
    add_profiles(nobody.bench)
    for said in (
        {"op": "acquire_token_for_client", "profile": "batch"},
        {"op": "acquire_token_on_behalf_of", "profile": "behalf", "user_assertion": "abc"},
        {"op": "initiate_long_running_on_behalf_of", "profile": "behalf", "user_assertion": "abc"},
        {"op": "acquire_token_in_long_running_on_behalf_of", "profile": "behalf", "session_key": "s"},
    ):
        assert (await nobody.kernel().respond(said))["reason"] == "grant_required"
    await nobody.allow(profile="batch")
    assert "result" in await nobody.asks("acquire_token_for_client", profile="batch")
    shown = await asked(nobody, "k2", profile="batch")  # get_token for an application's profile may ask
    await nobody.decide("allow", "kernel")
    await waits(nobody, shown, "k2")
    assert await nobody.gets("k2", profile="batch") == "ok"
