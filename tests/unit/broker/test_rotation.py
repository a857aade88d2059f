"""A refresh token that rotates is safe before its access token is used, and stays with its person."""

import asyncio
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import pytest
from joserfc.jwk import RSAKey

from jupyter_auth.cache.memory import MemoryStore
from jupyter_auth.cache.sqlite.store import SqliteStore
from jupyter_auth.cache.store import Transaction
from jupyter_auth.core.errors import CacheError, InteractionRequiredError, PolicyError
from tests.idp import MisbehavingProvider, OidcProvider, faults
from tests.unit.broker.bench import Bench, held
from tests.unit.broker.conftest import MakeBench

T = TypeVar("T")


async def test_the_rotated_refresh_token_is_used_next(idp: MisbehavingProvider, bench: Bench) -> None:
    seen = set()
    for _ in range(4):
        token = bench.refresh_token()
        assert token is not None
        seen.add(token.secret.reveal())
        await bench.refresh()
    assert len(seen) == 4


async def test_without_a_new_refresh_token_the_old_one_stays(idp: MisbehavingProvider, bench: Bench) -> None:
    before = bench.refresh_token()
    idp.answers["token"] = faults.json(200, {"access_token": "a", "token_type": "Bearer", "expires_in": 60})
    await bench.refresh()
    assert bench.refresh_token() == before


async def test_a_sign_in_without_a_refresh_token_serves_until_its_token_ends(
    idp: MisbehavingProvider, fresh: Bench
) -> None:
    right = idp.answers["token"]
    body = {"access_token": "a", "token_type": "Bearer", "expires_in": 3600}
    idp.answers["token"] = faults.json(200, {**body, "id_token": idp.id_token("ada", "nb-public")})
    first = await fresh.sign_in()
    idp.answers["token"] = right
    fresh.advance(3200)  # past the second from which it would be refreshed
    assert (await fresh.get()).reveal() == first.reveal()
    await fresh.settled()
    fresh.advance(300)
    with pytest.raises(InteractionRequiredError) as caught:
        await fresh.get()
    assert caught.value.reason == "no_refresh_token"
    assert idp.count("token", "refresh_token") == 0 and len(fresh.accounts()) == 1


class Spy:
    """A store that notes what is saved and whether it was on disk before the update returned."""

    def __init__(self, store: Any) -> None:
        self._store = store
        self.durable: list[bool] = []
        self.fails = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def update(
        self,
        change: Callable[[Transaction], T],
        partitions: Sequence[str],
        *,
        durable: bool = False,
        **more: Any,
    ) -> T:
        if self.fails:
            raise CacheError("The disk is full.", reason="sqlite_full")
        done: T = self._store.update(change, partitions, durable=durable, **more)
        self.durable.append(durable)
        return done


@pytest.fixture(params=["sqlite", "memory"])
async def spied(
    request: pytest.FixtureRequest, idp: MisbehavingProvider, tmp_path: Path, make_bench: MakeBench
) -> tuple[Bench, Spy]:
    def sqlite() -> Any:
        return SqliteStore(tmp_path / "store", tmp_path / "keys" / "seal.key")

    spy = Spy(sqlite() if request.param == "sqlite" else MemoryStore())
    bench = make_bench(idp, store=lambda: spy)
    await bench.sign_in()
    return bench, spy


async def test_the_rotated_refresh_token_is_durable_before_its_access_token_is_handed_out(
    idp: MisbehavingProvider, spied: tuple[Bench, Spy]
) -> None:
    bench, spy = spied
    spy.durable.clear()
    order: list[str] = []
    update = spy.update

    def slow(*args: Any, **kwargs: Any) -> Any:
        done = update(*args, **kwargs)
        order.append("saved")
        return done

    spy.update = slow  # type: ignore[method-assign]
    await bench.refresh()
    order.append("handed out")
    assert order == ["saved", "handed out"]
    assert spy.durable == [True]


async def test_a_rotated_refresh_token_that_cannot_be_saved_is_an_error(
    idp: MisbehavingProvider, spied: tuple[Bench, Spy]
) -> None:
    bench, spy = spied
    spy.fails = True
    with pytest.raises(CacheError) as caught:
        await bench.refresh()
    assert caught.value.reason == "not_saved" and "disk is full" in caught.value.message
    assert "not saved yet: 1" in (await bench.broker.status())["store"]["notes"][-1]
    assert bench.broker.silent is not None
    assert (await bench.get()).metadata.cache_level == "memory"


async def test_it_is_saved_as_soon_as_it_can_be_and_used_next(
    idp: MisbehavingProvider, spied: tuple[Bench, Spy]
) -> None:
    bench, spy = spied
    spy.fails = True
    with pytest.raises(CacheError):
        await bench.refresh()
    used = idp.requests[-1].form["refresh_token"]
    spy.fails = False
    async with asyncio.timeout(60):
        while (await bench.broker.status())["store"]["notes"]:
            await asyncio.sleep(0.05)
    kept = bench.refresh_token()
    assert kept is not None and kept.secret.reveal() != used
    bench.advance(3700)
    await bench.get()
    assert idp.requests[-1].form["refresh_token"] == kept.secret.reveal()


# -- the same person -----------------------------------------------------------------------------------------


async def test_new_claims_of_the_same_person_are_kept(idp: MisbehavingProvider, bench: Bench) -> None:
    token = idp.id_token("ada", client_id="nb-public", department="looms")
    body = {"access_token": "new", "token_type": "Bearer", "id_token": token, "expires_in": 3600}
    idp.answers["token"] = faults.json(200, body)
    await bench.refresh()
    assert (await bench.get()).id_token_claims["department"] == "looms"


# -- nothing slow between the provider's answer and the disk -------------------------------------------------


async def test_a_new_process_has_the_keys_before_it_asks(
    idp: MisbehavingProvider, bench: Bench, make_bench: MakeBench
) -> None:
    another = make_bench(idp)
    idp.requests.clear()
    await another.refresh()
    assert [seen.endpoint for seen in idp.requests] == ["discovery", "jwks", "token"]


async def test_keys_that_have_changed_are_fetched_once_the_refresh_token_is_safe(
    idp: MisbehavingProvider, bench: Bench
) -> None:
    used = bench.refresh_token()
    idp.grants.key = RSAKey.generate_key(2048, auto_kid=True)
    with held(idp, "jwks") as gate:
        refreshing = asyncio.ensure_future(bench.refresh())
        await asyncio.wait_for(gate.reached.wait(), 60)
        assert used is not None and bench.refresh_token() not in (used, None)
        assert bench.access_tokens() == 1  # the one before: the new one waits for the check
        gate.open()
        got = await refreshing
    assert got.metadata.token_source == "identity_provider"
    assert (await bench.get()).reveal() == got.reveal()
    assert [seen.endpoint for seen in idp.requests[-2:]] == ["token", "jwks"]


async def test_keys_that_cannot_be_had_are_not_waited_for_at_every_refresh(
    idp: MisbehavingProvider, bench: Bench, make_bench: MakeBench
) -> None:
    another, right = make_bench(idp), idp.answers["jwks"]
    idp.requests.clear()
    idp.answers["jwks"] = faults.html(503)
    for _ in range(3):
        await another.refresh()
    assert [seen.endpoint for seen in idp.requests] == ["discovery", "jwks", "token", "token", "token"]
    idp.answers["jwks"] = right
    for engine in another.broker._engines._made.values():
        engine._discovery._lacking.clear()  # type: ignore[attr-defined]  # as a minute later
    await another.refresh()
    assert [seen.endpoint for seen in idp.requests[-2:]] == ["jwks", "token"]


async def test_under_new_keys_another_persons_token_is_found_out_as_well(
    idp: MisbehavingProvider, bench: Bench
) -> None:
    old = await bench.get()
    idp.grants.key = RSAKey.generate_key(2048, auto_kid=True)
    token = idp.id_token("eve", client_id="nb-public")
    body = {"access_token": "eves", "token_type": "Bearer", "id_token": token, "refresh_token": "eves-too"}
    idp.answers["token"] = faults.json(200, body)
    with pytest.raises(PolicyError) as caught:
        await bench.refresh()
    assert caught.value.reason == "another_person"
    assert (await bench.get()).reveal() == old.reveal()
    assert bench.refresh_token() is None  # ours was spent, and that one is not ours


# -- a store that was put back --------------------------------------------------------------------------


async def test_after_an_older_store_was_put_back_one_person_is_asked_once(
    oidc: OidcProvider, make_bench: MakeBench, tmp_path: Path
) -> None:
    """The refresh token in the copy was rotated since: the provider takes it for stolen and ends the family.
    The sign-in goes, with it nothing else, and the next one lasts."""
    first = make_bench(oidc)
    await first.sign_in()
    await first.sign_in(username="bob")
    await first.broker.close()
    shutil.copytree(tmp_path / "store", tmp_path / "backup")
    second = make_bench(oidc)
    await second.refresh(account="ada")
    await second.refresh(account="ada")
    await second.broker.close()
    shutil.rmtree(tmp_path / "store")
    shutil.copytree(tmp_path / "backup", tmp_path / "store")

    third = make_bench(oidc)
    await third.broker.start()
    assert "older than it was" in third.store.describe().notes[0]
    with pytest.raises(InteractionRequiredError) as caught:
        await third.refresh(account="ada")
    assert caught.value.reason == "invalid_grant"
    assert (await third.refresh(account="bob")).account.username == "bob"  # type: ignore[union-attr]
    await third.sign_in()
    for _ in range(2):
        await third.refresh(account="ada")
