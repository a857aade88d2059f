"""What is timed as a store grows: the token cache's calls and the broker's, each for some account."""

from collections.abc import Awaitable, Callable
from time import perf_counter

from jupyter_auth.broker.request import TokenRequest
from tests.bench.holding import PROFILES, Holding, asked_account, target

#: Does it once, or a few times; the seconds that one took.
Act = Callable[[Holding], Awaitable[float]]
HITS_AT_ONCE = 50  # a hit in memory is too short to be timed alone


def _timed(work: Callable[[], object]) -> float:
    start = perf_counter()
    work()
    return perf_counter() - start


def _request(holding: Holding) -> TokenRequest:
    profile = holding.chance.randrange(PROFILES)
    return TokenRequest(profile=f"p{profile}", account=asked_account(holding, profile), scopes=("lake.list",))


async def hit_in_memory(holding: Holding) -> float:
    """The broker's answer from memory: fewer scopes than the token has, an account that is named."""
    request = _request(holding)
    await holding.broker.acquire_silent(request)
    start = perf_counter()
    for _ in range(HITS_AT_ONCE):
        found = holding.broker.peek(request)
    took = perf_counter() - start
    assert found is not None
    return took / HITS_AT_ONCE


async def account(holding: Holding) -> float:
    """One account by its id."""
    key = holding.shape.key(holding.number())
    return _timed(lambda: holding.cache.account(key))


async def hit_in_store(holding: Holding) -> float:
    """The broker's whole way where its memory is empty: account and token from the store, in a thread."""
    request = _request(holding)
    holding.cache.store.generation.bump()
    start = perf_counter()
    found = await holding.broker.acquire_silent(request)
    took = perf_counter() - start
    assert found.metadata.token_source == "cache"
    return took


async def find(holding: Holding) -> float:
    """A token by a subset of its scopes."""
    key, wanted = holding.shape.key(holding.number()), target("lake.read")
    start = perf_counter()
    found = holding.cache.find_token(key, wanted, fold=False)
    took = perf_counter() - start
    assert found is not None
    return took


async def miss(holding: Holding) -> float:
    """A token that is not there."""
    key, wanted = holding.shape.key(holding.number()), target("lake.nothing")
    start = perf_counter()
    found = holding.cache.find_token(key, wanted, fold=False)
    took = perf_counter() - start
    assert found is None
    return took


async def refresh_token(holding: Holding) -> float:
    """An account's refresh token."""
    key = holding.shape.key(holding.number())
    return _timed(lambda: holding.cache.refresh_token(key))


async def account_list(holding: Holding) -> float:
    """The accounts of one person's application, as ``get_accounts`` has them."""
    profile = f"p{holding.chance.randrange(PROFILES)}"
    start = perf_counter()
    found = await holding.broker.accounts(profile)
    took = perf_counter() - start
    assert found
    return took


async def save_sign_in(holding: Holding) -> float:
    """What a sign-in gives, durably."""
    shape, number = holding.shape, holding.number()
    saved = shape.account(number), shape.token(number), shape.refresh_token(number)
    return _timed(lambda: holding.cache.save_sign_in(*saved))


async def save_token(holding: Holding) -> float:
    """A refresh that brings an access token alone."""
    return _refresh(holding, is_rotated=False)


async def save_rotated(holding: Holding) -> float:
    """A refresh that brings a refresh token too, durably."""
    return _refresh(holding, is_rotated=True)


def _refresh(holding: Holding, *, is_rotated: bool) -> float:
    shape, number = holding.shape, holding.number()
    key, epoch = shape.key(number), holding.cache.store.epoch()
    used = holding.cache.refresh_token(key)
    assert used is not None
    rotated = shape.refresh_token(number) if is_rotated else None
    token, claims = shape.token(number), dict(shape.account(number).claims)
    start = perf_counter()
    is_saved = holding.cache.save_refresh(
        key, token=token, used=used, rotated=rotated, claims=claims if is_rotated else None, epoch=epoch
    )
    took = perf_counter() - start
    assert is_saved
    return took


#: Where all accounts are of one application, whose list is long: an account is named by its id.
CROWDED: dict[str, Act] = {
    "subset hit, memory empty": hit_in_store,
    "one account": account,
    "refresh token": refresh_token,
    "save of an access token": save_token,
    "save of a rotated refresh token": save_rotated,
    "save of a sign-in": save_sign_in,
}
ACTS: dict[str, Act] = {
    "subset hit in memory": hit_in_memory,
    "subset hit, memory empty": hit_in_store,
    "subset hit in the store": find,
    "miss": miss,
    "refresh token": refresh_token,
    "accounts of one person": account_list,
    "save of an access token": save_token,
    "save of a rotated refresh token": save_rotated,
    "save of a sign-in": save_sign_in,
}
