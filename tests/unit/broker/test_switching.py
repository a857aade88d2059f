"""The account that is used by default: chosen by a person, one for each profile, gone with the account."""

import asyncio
from typing import Any

import pytest

from jupyter_auth.broker.changes import AccountChanged, Change
from jupyter_auth.core.account import make_home_account_id
from jupyter_auth.core.errors import InteractionRequiredError, ProfileError
from tests.idp import MisbehavingProvider, faults
from tests.unit.broker.bench import Bench, held, request
from tests.unit.broker.conftest import MakeBench

GUEST = "ada_contoso.com#EXT#@fabrikam.example"


@pytest.fixture
async def two(bench: Bench) -> Bench:
    """Ada and Grace are signed in, and nobody has chosen."""
    await bench.sign_in(username="grace")
    return bench


async def who(bench: Bench, profile: str = "lake", **fields: Any) -> str:
    """Whose token a silent call gets."""
    found = await bench.get(profile, **fields)
    assert found.account is not None
    return found.account.username


async def defaults(bench: Bench, profile: str = "lake") -> list[str]:
    return [account.username for account in await bench.broker.accounts(profile) if account.default]


async def test_the_chosen_one_is_used_from_then_on(two: Bench) -> None:
    told: list[Change] = []
    two.broker.changes.watch(told.append)
    generation = two.store.generation.value
    chosen = await two.broker.switch_account("lake", "grace")
    assert (chosen.username, chosen.profile, chosen.default) == ("grace", "lake", True)
    assert (
        two.store.generation.value > generation
    )  # before it answers: no kernel keeps the former one's token
    assert told == [AccountChanged(home_account_id=chosen.home_account_id, profile="lake", action="switched")]
    peeked = two.broker.peek(request())
    assert peeked is not None and peeked.account == chosen
    assert (await who(two), await defaults(two)) == ("grace", ["grace"])
    assert await who(two, account="ada") == "ada"
    await two.broker.switch_account("lake", "ada")
    assert (await who(two), await defaults(two)) == ("ada", ["ada"])
    states = {row["username"]: row["default"] for row in await two.broker.account_states()}
    assert states == {"ada": True, "grace": False}


async def test_refreshes_and_forced_refreshes_are_those_of_the_default(two: Bench) -> None:
    await two.broker.switch_account("lake", "grace")
    before = await two.get()
    assert await who(two, force_refresh=True, have=before._token.version) == "grace"
    two.advance(3400)
    assert await who(two) == "grace"
    assert (await defaults(two)) == ["grace"]  # a refresh with an id token writes the account anew


async def test_who_signs_in_anew_stays_the_default_and_a_third_one_does_not_become_it(two: Bench) -> None:
    await two.broker.switch_account("lake", "grace")
    again = await two.sign_in(username="grace")
    assert again.account is not None and again.account.default
    third = await two.sign_in(username="eve")
    assert third.account is not None and not third.account.default
    assert (await who(two), await defaults(two)) == ("grace", ["grace"])


async def test_a_choice_among_one_holds_when_a_second_one_comes(bench: Bench) -> None:
    await bench.broker.switch_account("lake", "ada")
    await bench.sign_in(username="grace")
    assert await who(bench) == "ada"


@pytest.mark.parametrize("end", ["sign_out", "remove_account"])
async def test_it_goes_with_its_account_and_passes_to_nobody(two: Bench, end: str) -> None:
    await two.broker.switch_account("lake", "grace")
    await getattr(two.broker, end)("lake", "grace")
    assert (await who(two), await defaults(two)) == ("ada", [])
    await two.sign_in(username="grace")
    with pytest.raises(InteractionRequiredError, match="none is used by default"):
        await two.get()


@pytest.mark.parametrize("profile", [None, "lake"])
async def test_a_clear_takes_it_along(two: Bench, profile: str | None) -> None:
    await two.broker.switch_account("lake", "grace")
    await two.broker.clear(profile)
    for username in ("ada", "grace"):
        await two.sign_in(username=username)
    assert await defaults(two) == []
    with pytest.raises(InteractionRequiredError):
        await two.get()


async def test_another_who_signs_out_takes_nothing_from_it(two: Bench) -> None:
    await two.broker.switch_account("lake", "grace")
    await two.broker.sign_out("lake", "ada")
    assert (await who(two), await defaults(two)) == ("grace", ["grace"])


async def test_each_profile_has_its_own(two: Bench) -> None:
    two.profile("same")
    await two.broker.switch_account("lake", "grace")
    with pytest.raises(InteractionRequiredError):
        await two.get("same")
    await two.broker.switch_account("same", "ada")
    assert (await who(two), await who(two, "same")) == ("grace", "ada")
    assert (await defaults(two), await defaults(two, "same")) == (["grace"], ["ada"])


async def test_other_brokers_over_the_store_and_later_ones_see_it(
    idp: MisbehavingProvider, two: Bench, make_bench: MakeBench
) -> None:
    other = make_bench(idp)
    with pytest.raises(InteractionRequiredError):
        await other.get()
    await two.broker.switch_account("lake", "grace")
    assert await who(other) == "grace"
    await other.broker.switch_account("lake", "ada")
    peeked = two.broker.peek(request())
    assert peeked is None or (peeked.account is not None and peeked.account.username == "ada")
    assert await who(two) == "ada"
    await two.broker.close()
    await other.broker.close()
    assert await who(make_bench(idp)) == "ada"


async def test_a_refresh_that_ends_after_a_switch_is_still_its_callers_own(
    idp: MisbehavingProvider, two: Bench
) -> None:
    await two.broker.switch_account("lake", "grace")
    have = (await two.get())._token.version
    with held(idp, "token") as gate:
        refresh = asyncio.ensure_future(two.get(force_refresh=True, have=have))
        await asyncio.wait_for(gate.reached.wait(), 60)
        await two.broker.switch_account("lake", "ada")
        gate.open()
        found = await refresh
    assert found.account is not None and found.account.username == "grace"
    assert (await who(two), await defaults(two)) == ("ada", ["ada"])


# -- naming an account ---------------------------------------------------------------------------------------


async def test_without_a_choice_it_says_who_there_is_and_how_to_choose(two: Bench) -> None:
    with pytest.raises(InteractionRequiredError) as caught:
        await two.get()
    error = caught.value
    assert error.reason == "ambiguous_account" and error.accounts == ["ada", "grace"]
    assert error.message == "2 accounts are signed in to lake, and none is used by default: ada, grace."
    for way in ("account='ada'", "%auth switch lake ada", "“Use by default” in the Sign-ins sidebar"):
        assert way in error.hint


async def test_of_many_accounts_some_are_listed(bench: Bench) -> None:
    for number in range(11):
        await bench.sign_in(username=f"user{number:02}")
    with pytest.raises(InteractionRequiredError) as caught:
        await bench.get()
    assert caught.value.message.endswith("user08 and 2 more.") and len(caught.value.accounts or ()) == 12


async def test_names_in_any_case_and_ids_exactly(idp: MisbehavingProvider, two: Bench) -> None:
    assert (await two.broker.switch_account("lake", "GRACE")).username == "grace"
    own = make_home_account_id("ada", idp.issuer)
    assert (await two.broker.switch_account("lake", own)).username == "ada"
    with pytest.raises(InteractionRequiredError):
        await two.broker.switch_account("lake", own.swapcase())
    assert await defaults(two) == ["ada"]


@pytest.mark.parametrize(
    ("wanted", "near"),
    [("grcae", 'did you mean "grace"?'), ("adaa", 'did you mean "ada"?'), ("zz", "as zz.")],
)
async def test_an_unknown_name_changes_nothing_and_is_answered_with_the_nearest(
    two: Bench, wanted: str, near: str
) -> None:
    await two.broker.switch_account("lake", "grace")
    generation = two.store.generation.value
    for ask in (two.broker.switch_account("lake", wanted), two.get(account=wanted)):
        with pytest.raises(InteractionRequiredError) as caught:
            await ask
        error = caught.value
        assert error.reason == "no_account" and error.accounts == ["ada", "grace"]
        assert near in error.message and "Signed in: ada, grace." in error.hint
        assert f"%get_token lake --account {wanted}" in error.hint
    assert await defaults(two) == ["grace"] and two.store.generation.value == generation
    with pytest.raises(ProfileError):
        await two.broker.switch_account("laek", "ada")


async def test_nobody_is_there_to_be_chosen(fresh: Bench) -> None:
    with pytest.raises(InteractionRequiredError) as caught:
        await fresh.broker.switch_account("lake", "ada")
    assert (caught.value.reason, caught.value.accounts) == ("no_account", None)


async def test_a_guest_is_chosen_by_the_name_the_tenant_gave(idp: MisbehavingProvider, bench: Bench) -> None:
    right = idp.answers["token"]
    guest = idp.id_token("ada-guest", client_id="nb-public", preferred_username=GUEST)
    body = {"access_token": "guest's", "token_type": "Bearer", "refresh_token": "r", "id_token": guest}
    idp.answers["token"] = faults.json(200, body)
    await bench.sign_in()
    idp.answers["token"] = right
    for written in ("ada_contoso.com", "Ada@contoso.com"):
        with pytest.raises(InteractionRequiredError) as caught:
            await bench.get(account=written)
        assert f'did you mean "{GUEST}"?' in caught.value.message
    await bench.broker.switch_account("lake", GUEST.upper())
    assert (await bench.get()).reveal() == "guest's"
    assert await who(bench, account="ada") == "ada"
    await bench.broker.switch_account("lake", "ada")
    with pytest.raises(InteractionRequiredError) as caught:
        await bench.get(account="nobody")
    assert f"{GUEST}" in caught.value.hint


async def test_of_two_people_of_one_name_only_an_id_chooses(idp: MisbehavingProvider, bench: Bench) -> None:
    right = idp.answers["token"]
    second = idp.id_token("ada-2", client_id="nb-public", preferred_username="Ada")
    body = {"access_token": "other", "token_type": "Bearer", "refresh_token": "r", "id_token": second}
    idp.answers["token"] = faults.json(200, body)
    await bench.sign_in()
    idp.answers["token"] = right
    with pytest.raises(InteractionRequiredError) as caught:
        await bench.broker.switch_account("lake", "ada")
    assert caught.value.reason == "ambiguous_account"
    ids = {make_home_account_id(sub, idp.issuer) for sub in ("ada", "ada-2")}
    assert set(caught.value.accounts or ()) == ids
    assert "%auth switch" not in caught.value.hint  # it would name nobody either
    await bench.broker.switch_account("lake", make_home_account_id("ada-2", idp.issuer))
    assert (await bench.get()).reveal() == "other"
