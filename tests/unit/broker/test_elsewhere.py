"""A sign-in that another process makes while this one asks: taken where it is an answer, and only there."""

import asyncio
from typing import Any

import pytest

from jupyter_auth.broker.signing_in.interactions import Interaction, Requester
from jupyter_auth.core.errors import CacheError
from jupyter_auth.core.metadata import TokenSource
from jupyter_auth.core.result import AuthenticationResult
from tests.idp import MisbehavingProvider
from tests.unit.broker.bench import Bench, device, ended, request
from tests.unit.broker.conftest import MakeBench


async def asking(bench: Bench, **fields: Any) -> Interaction:
    """Ask a person, content with a sign-in made elsewhere."""
    interaction, _ = await bench.broker.interact(request(**fields), Requester(), adopts=True)
    bench.broker.interactions.join(interaction, "waiter")
    device(interaction).interval = 0.05
    return interaction


async def result(bench: Bench, interaction: Interaction) -> AuthenticationResult:
    assert await ended(interaction) is None
    return await bench.broker.result_of(interaction, first=True)


async def who_answers(bench: Bench, interaction: Interaction, username: str) -> str:
    found = (await bench.approve(interaction, username)).account
    return found.username if found else ""


@pytest.fixture
def other(idp: MisbehavingProvider, make_bench: MakeBench) -> Bench:
    """Another process, as far as the broker can tell."""
    return make_bench(idp)


async def test_it_ends_the_question_here(fresh: Bench, other: Bench) -> None:
    interaction = await asking(fresh)
    signed_in = await other.sign_in()
    found = await result(fresh, interaction)
    assert found.reveal() == signed_in.reveal()
    assert (found.metadata.token_source, found.metadata.cache_level) == (TokenSource.CACHE, "memory")


async def test_a_person_s_own_answer_counts_before_that_of_another(fresh: Bench, other: Bench) -> None:
    """Two people, two questions: each gets their own."""
    interaction = await asking(fresh)
    device(interaction).interval = 0.5
    await other.sign_in(username="ada")
    assert await who_answers(fresh, interaction, "bob") == "bob"


@pytest.mark.parametrize(
    "fields",
    [
        {"login_hint": "bob"},
        {"account": "bob"},
        {"prompt": "login"},
        {"scopes": ["lake.write"]},
        {"claims_challenge": '{"access_token": {"acrs": {"essential": true}}}'},
    ],
)
async def test_what_is_no_answer_is_not_taken(fresh: Bench, other: Bench, fields: dict[str, Any]) -> None:
    interaction = await asking(fresh, **fields)
    await other.sign_in(username="ada")
    assert await who_answers(fresh, interaction, "bob") == "bob"


async def test_a_token_that_a_forced_request_turned_away_is_not_taken(bench: Bench, other: Bench) -> None:
    have = (await bench.get())._token.version
    interaction = await asking(bench, force_refresh=True, have=have)
    assert await _still_pending(interaction)
    again = await other.sign_in()
    assert (await result(bench, interaction)).reveal() == again.reveal()


async def test_an_ended_token_is_not_taken(idp: MisbehavingProvider, fresh: Bench, other: Bench) -> None:
    interaction = await asking(fresh)
    idp.grants.expires_in = 1
    device(interaction).interval = 0.5
    await other.sign_in()
    fresh.advance(2)
    assert await _still_pending(interaction, 0.8)


async def test_a_store_that_fails_does_not_end_the_question(
    fresh: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    interaction = await asking(fresh)

    def fails(*args: object) -> None:
        raise CacheError("damaged")

    with monkeypatch.context() as broken:
        broken.setattr(fresh.broker.cache, "accounts", fails)
        assert await _still_pending(interaction)
    assert await who_answers(fresh, interaction, "ada") == "ada"


async def _still_pending(interaction: Interaction, seconds: float = 0.4) -> bool:
    await asyncio.wait([interaction.outcome], timeout=seconds)
    return interaction.state == "pending"
