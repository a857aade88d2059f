"""Records that are sealed right and are not of the shape that this version writes: they count as gone."""

from typing import Any

import pytest

from jupyter_auth.cache.applications import ApplicationCache
from jupyter_auth.cache.records import AppKey, AppRecord, Kind
from jupyter_auth.cache.store import Row, Store
from jupyter_auth.cache.token_cache import TokenCache
from jupyter_auth.testing.store_contract import put
from tests.unit.cache.samples import ADA, BOB, CLIENT, NOW, account, refresh_token, target, token

APP = AppKey("app", *CLIENT)
RIGHT = {
    Kind.ACCOUNT: account(),
    Kind.ACCESS_TOKEN: token(),
    Kind.REFRESH_TOKEN: refresh_token(),
    Kind.APPLICATION: AppRecord(**APP._asdict()),
}
WRONG: tuple[Any, ...] = (None, 7, True, 1.5, [7], {}, float("nan"), 10**30)


def shapes(kind: Kind) -> list[Any]:
    """Values that lack a field, or have one of another type; and what is no record at all."""
    right = RIGHT[kind].to_json()
    lacking = [{k: v for k, v in right.items() if k != name} for name in right]
    return [[], "text", None, {}, *lacking, *({**right, name: odd} for name in right for odd in WRONG)]


def place(kind: Kind) -> tuple[str, str]:
    if kind == Kind.ACCOUNT:
        return CLIENT.partition, "a record of another shape"
    return (APP if kind == Kind.APPLICATION else ADA).partition, "a record of another shape"


@pytest.mark.parametrize("kind", Kind)
def test_it_counts_as_gone_and_what_is_beside_it_stays(any_store: Store, kind: Kind) -> None:
    cache = TokenCache(any_store, clock=lambda: NOW)
    cache.save_sign_in(account(BOB), token(), refresh_token())
    partition, name = place(kind)
    for value in shapes(kind):
        put(any_store, Row(partition=partition, key=name, kind=kind, value=value, expires_on=NOW + 9))
        cache.find_token(ADA, target(), fold=True)
        cache.refresh_token(ADA)
        assert account(BOB) in cache.accounts(CLIENT) and account(BOB) in cache.all_accounts()
        assert all(isinstance(key, AppKey) for key in ApplicationCache(cache).all())
    cache.save_sign_in(account(), token(), refresh_token())
    found = cache.find_token(ADA, target(), fold=True)
    assert found is not None and found.serves(target(), fold=True)
    assert cache.remove_account(ADA) is not None
    assert cache.clear().accounts[0][0].username == account().username


@pytest.mark.parametrize("kind", Kind)
def test_a_record_without_a_type_of_its_own_is_none(kind: Kind) -> None:
    right = RIGHT[kind].to_json()
    assert type(RIGHT[kind]).from_json(right | {"of_another_version": 1}) == RIGHT[kind]
    refused = [value for value in shapes(kind) if type(RIGHT[kind]).from_json(value) is None]
    assert len(refused) > 4 * len(right)
