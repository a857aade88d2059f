"""Stored records: what is sealed right and says something else, and what was changed beneath the seal.

The first is what another version, or a fault of ours, might write; the second what anybody can who reaches
the file or the Redis. Everything is then read and used as the broker does. A record that cannot be used
counts as gone; a store that cannot is one of the product's errors. The right records beside them stay.
"""

import json
import random
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from jupyter_auth.cache.applications import ApplicationCache
from jupyter_auth.cache.leases import Lease
from jupyter_auth.cache.records import AppKey, AppRecord, Kind, RefreshTokenRecord, Target
from jupyter_auth.cache.store import Row, Store
from jupyter_auth.cache.token_cache import TokenCache
from jupyter_auth.core.errors import CacheError
from jupyter_auth.core.secret import Secret
from jupyter_auth.testing.store_contract import put
from tests.fuzz import values
from tests.fuzz.beneath import Redis, Sqlite
from tests.fuzz.hearing import Hearing
from tests.fuzz.playing import Attempt
from tests.fuzz.playing import Target as FuzzTarget
from tests.fuzz.tally import CrashError
from tests.support.redis_server import RedisServer
from tests.unit.cache import mutations, samples
from tests.unit.cache.samples import (
    ADA,
    BOB,
    CLIENT,
    NOW,
    account,
    refresh_token,
    token,
)

LIMIT = 60.0  # seconds: what needs more hangs, also on a machine that has other work
APP = AppKey("app", *CLIENT, "name")
_TEMPLATES: dict[Kind, Mapping[str, Any]] = {
    Kind.ACCOUNT: account().to_json(),
    Kind.ACCESS_TOKEN: token().to_json(),
    Kind.REFRESH_TOKEN: refresh_token().to_json(),
    Kind.APPLICATION: AppRecord(**APP._asdict()).to_json(),
}
_values = st.one_of(
    values.hostile, st.sampled_from([*values.ODD_FLOATS, 10**30, -(10**30), ["a", 1], {"a": [1]}])
)
_kinds = st.sampled_from(sorted(Kind))


def _sealed(kind: Kind) -> st.SearchStrategy[dict[str, Any]]:
    value = st.one_of(values.changed(_TEMPLATES[kind], values=_values), values.any_json)
    return st.fixed_dictionaries(
        {
            "kind": st.just(kind),
            "value": value,
            "key": st.sampled_from(["own", "own", "own", "other"]),
            "expires_on": st.sampled_from([0, NOW + 3600, NOW - 1, 2**53]),
        }
    )


#: Columns of a row, or fields of the header, and what stands there instead.
_raw_values = st.one_of(
    st.none(), st.integers(-(2**63), 2**63 - 1), st.floats(), st.text(max_size=20), st.binary(max_size=64),
    st.sampled_from(["sealed", "cut", "longer", "swapped"]),
)  # fmt: skip
_COLUMNS = ("key", "partition", "kind", "expires_on", "sealed")
_HEADER = (
    "schema",
    "store_id",
    "epoch",
    "saves",
    "key_source",
    "key_location",
    "key_id",
    "key_why",
    "data_key",
    "lease_key",
)
_inputs = st.one_of(
    st.builds(lambda rows: {"sealed": rows}, st.lists(_kinds.flatmap(_sealed), min_size=1, max_size=3)),
    st.fixed_dictionaries({"column": st.sampled_from(_COLUMNS), "to": _raw_values}),
    st.fixed_dictionaries({"header": st.sampled_from(_HEADER), "to": _raw_values}),
)


def _places(kind: Kind, key: str) -> tuple[str, str]:
    """Partition and key of a row, where ada's is looked for; or beside it."""
    place = {
        Kind.ACCOUNT: (CLIENT.partition, json.dumps(["account", *ADA])),
        Kind.ACCESS_TOKEN: (ADA.partition, token().key(ADA)),
        Kind.REFRESH_TOKEN: (ADA.partition, RefreshTokenRecord.key(ADA)),
        Kind.APPLICATION: (APP.partition, AppRecord.key(APP)),
    }[kind]
    return place if key == "own" else (place[0], place[1] + "+")


def prepare(store: Store, hearing: Hearing) -> None:
    """Ada and bob are signed in, and an application has asked."""
    cache = TokenCache(store, clock=lambda: NOW)
    cache.clear()
    make = hearing.canaries.make
    for key in (ADA, BOB):
        cache.save_sign_in(
            account(key),
            token(secret=Secret(make("access_token"))),
            refresh_token(make("refresh_token")),
        )
    ApplicationCache(cache).open(APP)


def use(store: Store) -> None:
    """All that the broker does with a store, but for a clear."""
    cache = TokenCache(store, clock=lambda: NOW)
    target, apps = Target(frozenset({samples.SCOPE})), ApplicationCache(cache)
    cache.describe()
    for key in (ADA, BOB, APP):
        cache.find_token(key, target, fold=True)
        cache.peek_token(key, target, fold=False)
        cache.tokens(key)
        cache.refresh_token(key)
    cache.accounts(CLIENT)
    cache.account(ADA)
    for known in cache.all_accounts():
        cache.tokens(known.account_key)
        json.dumps(known.account("lake").to_wire())
    cache.use_by_default(ADA, "lake")
    if (held := cache.refresh_token(ADA)) is not None:
        cache.save_refresh(
            ADA, token=token(), used=held, rotated=refresh_token(), claims={"sub": "a"}, epoch=store.epoch()
        )
        cache.ask_whole(ADA, held)
        cache.drop_refresh_token(ADA, held)
    for app in apps.all():
        cache.tokens(app)
    opened = apps.open(APP)
    apps.save(APP, token(), opened, _lease(store))
    apps.remove(APP)
    cache.remove_account(ADA)
    store.sweep(NOW)


def _others_are_there(store: Store) -> None:
    """Bob's rows, which no input of ours touches."""
    cache = TokenCache(store, clock=lambda: NOW)
    is_there = (
        bool(cache.tokens(BOB)) and cache.refresh_token(BOB) is not None and cache.account(BOB) is not None
    )
    if not is_there and not store.describe().notes:
        raise CrashError("a record that nobody touched is gone, and nothing was said")


def _lease(store: Store) -> Lease:
    with store.lease("fuzz", 5) as lease:
        return lease


def _attempt(place: Sqlite | Redis, value: Mapping[str, Any], hearing: Hearing) -> None:
    place.forget()
    notes: tuple[str, ...] = ()
    try:
        with closing(place.open()) as store:
            prepare(store, hearing)
            _change(place, store, value)
            if "header" not in value:
                _others_are_there(store)
                use(store)
        with closing(place.open()) as store:
            if "header" not in value:
                _others_are_there(store)
            use(store)
            notes = store.describe().notes
            TokenCache(store).clear()
    except CacheError as problem:
        if "header" not in value or not problem.message or not problem.hint:
            raise
        notes = (str(problem),)
    for note in notes:
        hearing.search("what is told of the store", note)


def _change(place: Sqlite | Redis, store: Store, value: Mapping[str, Any]) -> None:
    if "sealed" in value:
        for found in value["sealed"]:
            partition, key = _places(found["kind"], found["key"])
            made = Row(
                partition=partition, key=key, kind=found["kind"], value=found["value"],
                expires_on=found["expires_on"],
            )  # fmt: skip
            put(store, made)
    elif "column" in value:
        place.change_row(store, value["column"], value["to"])
    else:
        place.change_header(store, value["header"], value["to"])


@contextmanager
def _sqlite(folder: Path, hearing: Hearing) -> Iterator[Attempt]:
    place = Sqlite(folder / "place")
    yield lambda value: _attempt(place, value, hearing)


@contextmanager
def _redis(folder: Path, hearing: Hearing) -> Iterator[Attempt]:
    with RedisServer() as server:
        place = Redis(folder, server)
        yield lambda value: _attempt(place, value, hearing)


@contextmanager
def _files(folder: Path, hearing: Hearing) -> Iterator[Attempt]:
    """Whole files, by the program that is there for that."""
    pristine = mutations.make_pristine(folder)

    def attempt(seed: Any) -> None:
        tally = mutations.Tally()
        for name, place in mutations.mutated_places(pristine, len(mutations.MUTATIONS), random.Random(seed)):
            mutations.judge(tally, name, place)

    yield attempt


_WHAT = "records in {}: sealed right with any content, and changed beneath the seal; the header's fields"
TARGETS = (
    FuzzTarget(name="sqlite", what=_WHAT.format("SQLite"), limit=LIMIT, inputs=_inputs, opened=_sqlite),
    FuzzTarget(name="redis", what=_WHAT.format("Redis"), limit=LIMIT, inputs=_inputs, opened=_redis),
    FuzzTarget(
        name="files",
        what="files of the SQLite store, changed byte by byte: six for each input",
        limit=4 * mutations.SLOW,
        inputs=st.integers(0, 2**62),
        opened=_files,
    ),
)
