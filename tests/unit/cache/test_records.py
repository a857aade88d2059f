"""Keys that never meet, and which token serves and replaces which."""

import itertools
import json
import random
from typing import Any

import pytest

from jupyter_auth.cache.records import (
    AccessTokenRecord,
    AccountKey,
    AccountRecord,
    AppKey,
    ClientKey,
    RefreshTokenRecord,
    Target,
    new_version,
)
from jupyter_auth.core.scopes import resource_scopes
from tests.unit.cache.samples import NOW, account, refresh_token, target, token

# Parts that a careless join would run together.
PARTS = [
    "",
    "a",
    "b",
    "ab",
    "a-b",
    "a b",
    "A",
    "a/",
    '","',
    '"',
    "\\",
    "[]",
    "null",
    "é",
    "a\0",
    "\ud800",
    "https://h",
]
ISSUERS = [
    "https://idp.example.org/realms/A",
    "https://idp.example.org/realms/B",
    "https://idp.example.org/realms/A/",
    "https://idp.example.org/realms/a",
    "https://idp.example.org:8443/realms/A",
    "https://idp.example.org:8444/realms/A",
    "https://IDP.example.org/realms/A",
    "http://idp.example.org/realms/A",
    "https://idp.example.org",
]


def _account_keys() -> set[AccountKey]:
    chance = random.Random(23)
    every = {AccountKey(*parts) for parts in itertools.product(PARTS[:9], repeat=3)}
    every |= {AccountKey(*chance.choices(PARTS + ISSUERS, k=3)) for _ in range(3000)}
    return every | {AccountKey(issuer, "c", "u") for issuer in ISSUERS}


def test_no_two_accounts_share_a_key_or_a_partition() -> None:
    accounts = _account_keys()
    for make in (AccountRecord.key, RefreshTokenRecord.key, lambda key: key.partition):
        assert len({make(key) for key in accounts}) == len(accounts)
    clients = {key.client for key in accounts}
    assert len({client.partition for client in clients}) == len(clients)


def test_no_two_kinds_of_thing_share_a_key_or_a_partition() -> None:
    accounts = _account_keys()
    keys = [{AccountRecord.key(k) for k in accounts}, {RefreshTokenRecord.key(k) for k in accounts}]
    keys.append({token().key(k) for k in accounts})
    partitions = [
        {k.partition for k in accounts},
        {ClientKey(k.issuer, k.client_id).partition for k in accounts},
    ]
    for group in (keys, partitions):
        assert sum(len(names) for names in group) == len(set[str]().union(*group))


def test_no_two_access_tokens_share_a_key() -> None:
    chance = random.Random(29)
    pick, scopes = chance.choice, ["", "a", "b", "a b", "ab", "A"]
    places = {
        (AccountKey(*chance.choices(PARTS, k=3)), pick(PARTS), pick(PARTS), pick(scopes), pick(scopes))
        for _ in range(5000)
    }
    keys = {
        token(granted, asked, realm=realm, resource=resource).key(of)
        for of, realm, resource, granted, asked in places
    }
    assert len(keys) == len(places)


def test_a_tenant_s_names_are_part_of_the_key() -> None:
    of, app = AccountKey("i", "c", "u"), AppKey("app", "i", "c", "u")
    realms = [(realm, asked) for realm in PARTS for asked in (None, *PARTS)]
    keys = [token(realm=realm, asked_realm=asked).key(key) for key in (of, app) for realm, asked in realms]
    assert len(set(keys)) == len(keys)


def test_the_order_of_scopes_makes_no_other_token() -> None:
    of = AccountKey("i", "c", "u")
    assert token("a b", "c d").key(of) == token("b a b", "d c").key(of) != token("a b", "c e").key(of)


def test_versions_differ_and_tell_nothing() -> None:
    assert len({new_version() for _ in range(1000)}) == 1000
    assert token().version != token().version


@pytest.mark.parametrize(
    "record",
    [
        token(
            "a b", "a b c", resource="resource:x", realm="r", correlation_id="c", token_endpoint="https://t"
        ),
        refresh_token(resources=("x", "y"), family_id="1"),
        account(claims={"deep": {"list": [1, "é", None]}}),
    ],
)
def test_a_record_survives_json(record: Any) -> None:
    again = type(record).from_json(json.loads(json.dumps(record.to_json())))
    assert again == record
    assert type(record).from_json(record.to_json() | {"from_the_future": 1}) == record


def test_a_record_does_not_show_its_token() -> None:
    for record in (token(), refresh_token()):
        assert "canary" not in repr(record.secret) and record.secret.reveal() not in repr(record)


SERVES: list[tuple[AccessTokenRecord, Target, bool]] = [
    (token("a b"), target("a"), True),
    (token("a b"), target("a b"), True),
    (token("a b"), target("a b c"), False),
    (token("a"), target("A"), False),
    (token("openid a"), target("a"), True),
    (token("a", "a b"), target("a b"), True),  # narrowed: under what was asked
    (token("a", "a b"), target("a"), True),  # and under what was granted
    (token("a", "a b"), target("b"), False),
    (token("a b c", "a"), target("c"), True),  # widened
    (token("a"), target(""), False),  # empty scopes match nothing else
    (token("openid"), target(""), True),
    (token("openid"), target("a"), False),
    (token("email", "openid profile"), target(""), True),  # the very request, widened by the provider
    (token("email", "openid email"), target(""), False),
    (token("a", resource="resource:x"), target("a"), False),
    (token("a"), target("a", resource="resource:x"), False),
    (token("a", resource="resource:x"), target("a", resource="audience:x"), False),
    (token("a", realm="r"), target("a", realm="s"), False),
    (token("a", realm="r", resource="x"), target("a", realm="r", resource="x"), True),
    (token("a", realm="r", asked_realm="name"), target("a", realm="r"), True),  # a tenant's id and its name
    (token("a", realm="r", asked_realm="name"), target("a", realm="name"), True),
    (token("a", realm="r", asked_realm="name"), target("a"), False),
    (token("a", realm="r", asked_realm=""), target("a"), True),  # the account's own tenant
    (token("a", realm="r"), target("a"), False),
]


@pytest.mark.parametrize(("have", "wanted", "does"), SERVES)
def test_which_request_a_token_serves(have: AccessTokenRecord, wanted: Target, does: bool) -> None:
    assert have.serves(wanted, fold=False) is does


def test_case_is_folded_where_that_is_asked() -> None:
    have = token("User.Read", "User.Read Mail.Read")
    for scopes in ("user.read", "user.read mail.read"):
        assert have.serves(target(scopes), fold=True) and not have.serves(target(scopes), fold=False)


REPLACES: list[tuple[AccessTokenRecord, AccessTokenRecord, bool]] = [
    (token("a b"), token("a"), True),
    (token("a"), token("a"), True),
    (token("a"), token("a b"), False),
    (token("a"), token("b"), False),
    (token("a", "a b"), token("b"), False),  # the provider gave no b: the older b stays
    (token("a", "a b"), token("a b"), True),  # the same request, narrowed now
    (token("a b"), token("a", "a b"), True),
    (token("a"), token("a", "a b"), False),
    (token("openid"), token("a"), False),
    (token("a"), token("openid"), False),
    (token("openid"), token("openid profile"), True),
    (token("a", resource="x"), token("a"), False),
    (token("a", realm="r"), token("a"), False),
    (token("a", realm="r", asked_realm=""), token("a", realm="r", asked_realm=""), True),
    (token("a", realm="r", asked_realm=""), token("a", realm="r"), True),
    (token("a", realm="r"), token("a", realm="r", asked_realm=""), False),  # the older is found by more
    (token("a", realm="r", asked_realm="x"), token("a", realm="r", asked_realm="y"), False),
]


@pytest.mark.parametrize(("newer", "older", "does"), REPLACES)
def test_which_token_replaces_which(newer: AccessTokenRecord, older: AccessTokenRecord, does: bool) -> None:
    assert newer.replaces(older) is does


def test_whatever_a_replaced_token_was_asked_or_given_for_is_still_served() -> None:
    chance = random.Random(31)
    words = ["openid", "a", "b", "c"]
    for _ in range(5000):
        newer, older = (
            token(*(" ".join(chance.sample(words, chance.randint(1, 4))) for _ in range(2))) for _ in range(2)
        )
        if newer.replaces(older):
            for scopes in (older.granted, older.asked):
                assert newer.serves(Target(resource_scopes(scopes)), fold=False)


def test_an_account_s_key_is_made_of_its_own_fields() -> None:
    record = account()
    assert record.account_key == AccountKey(record.environment, record.client_id, record.home_account_id)
    shown = record.account("lake")
    assert (shown.username, shown.profile, shown.environment) == (record.username, "lake", record.environment)
    assert record.updated(None) is record and record.updated({"sub": "x"}).claims == {"sub": "x"}
    assert record.signed_in_on == NOW
