"""The token cache over each store: what is found, what goes, what is never undone."""

from typing import Any

import pytest

from jupyter_auth.cache.records import ClientKey, Kind, Target
from jupyter_auth.cache.store import Store
from jupyter_auth.cache.token_cache import TokenCache
from jupyter_auth.core.secret import Secret
from tests.unit.cache.samples import ADA, BOB, CLIENT, ISSUER, NOW, account, key, refresh_token, target, token


def found(cache: TokenCache, wanted: Target, *, fold: bool = False) -> str | None:
    """The version found in the store; memory must not say otherwise."""
    record = cache.find_token(ADA, wanted, fold=fold)
    peeked = cache.peek_token(ADA, wanted, fold=fold)
    assert (peeked and peeked.version) == (record and record.version)
    return record.version if record else None


def test_a_sign_in_is_there_from_memory_and_store(cache: TokenCache) -> None:
    assert cache.peek_accounts(CLIENT) is None and cache.accounts(CLIENT) == ()
    access, refresh = token(), refresh_token()
    cache.save_sign_in(account(), access, refresh)
    assert cache.peek_token(ADA, target(), fold=False) == access
    assert cache.find_token(ADA, target(), fold=False) == access
    assert cache.refresh_token(ADA) == refresh
    assert cache.peek_accounts(CLIENT) == cache.accounts(CLIENT) == cache.all_accounts() == (account(),)
    assert cache.tokens(ADA) == (access,)


OTHERS = [
    ClientKey(ISSUER.replace("science", "Science"), CLIENT.client_id),
    ClientKey(ISSUER.replace("science", "arts"), CLIENT.client_id),
    ClientKey(ISSUER.replace(".org", ".org:8443"), CLIENT.client_id),
    ClientKey(ISSUER + "/", CLIENT.client_id),
    ClientKey(ISSUER, CLIENT.client_id.upper()),
    ClientKey(ISSUER, "other"),
]


@pytest.mark.parametrize("other", OTHERS)
def test_another_realm_port_or_client_is_another_principal(cache: TokenCache, other: ClientKey) -> None:
    cache.save_sign_in(account(), token(), refresh_token())
    assert cache.accounts(other) == () and cache.peek_accounts(other) == ()
    for subject in (key(client=other), ADA._replace(issuer=other.issuer, client_id=other.client_id)):
        assert cache.find_token(subject, target(), fold=True) is None
        assert cache.peek_token(subject, target(), fold=True) is None
        assert cache.refresh_token(subject) is None
        assert cache.remove_account(subject) is None
    assert cache.refresh_token(ADA) is not None and len(cache.accounts(CLIENT)) == 1


def test_another_subject_is_another_principal(cache: TokenCache) -> None:
    cache.save_sign_in(account(), token(), refresh_token("ada's"))
    assert cache.find_token(BOB, target(), fold=False) is None
    cache.save_sign_in(account(BOB, username="bob"), token(), refresh_token("bob's"))
    bob, ada = cache.refresh_token(BOB), cache.refresh_token(ADA)
    assert bob and ada and (bob.secret, ada.secret) == (Secret("bob's"), Secret("ada's"))
    cache.remove_account(BOB)
    assert cache.refresh_token(ADA) == ada and [a.account_key for a in cache.accounts(CLIENT)] == [ADA]


class TestScopes:
    @pytest.fixture(autouse=True)
    def signed_in(self, cache: TokenCache) -> None:
        cache.save_sign_in(account(), token("a b", version="ab"), refresh_token())

    def save(self, cache: TokenCache, version: str, granted: str, asked: str = "", **more: Any) -> None:
        record = token(granted, asked or granted, version=version, **more)
        cache.save_sign_in(account(), record, None)

    def test_a_subset_is_served(self, cache: TokenCache) -> None:
        assert [found(cache, target(s)) for s in ("a", "b", "a b", "a c", "A")] == [
            "ab",
            "ab",
            "ab",
            None,
            None,
        ]

    def test_case_is_folded_for_entra_only(self, cache: TokenCache) -> None:
        self.save(cache, "mixed", "User.Read")
        assert found(cache, target("user.read"), fold=True) == "mixed"
        assert found(cache, target("user.read")) is None

    def test_empty_scopes_match_nothing_else(self, cache: TokenCache) -> None:
        assert found(cache, target("")) is None
        self.save(cache, "openid", "openid profile")
        assert found(cache, target("")) == "openid"

    def test_narrowed_scopes_are_found_under_both(self, cache: TokenCache) -> None:
        self.save(cache, "narrow", "c", "c d")
        assert [found(cache, target(s)) for s in ("c", "c d", "d", "a")] == ["narrow", "narrow", None, "ab"]

    def test_covered_older_tokens_go(self, cache: TokenCache) -> None:
        self.save(cache, "c", "c")
        self.save(cache, "abc", "a b c")
        assert [t.version for t in cache.tokens(ADA)] == ["abc"]

    def test_a_token_that_is_not_covered_stays(self, cache: TokenCache) -> None:
        self.save(cache, "narrow", "c", "a c")
        self.save(cache, "a", "a")
        assert sorted(t.version for t in cache.tokens(ADA)) == ["a", "ab", "narrow"]
        assert found(cache, target("b")) == "ab"

    def test_the_newest_serves(self, cache: TokenCache) -> None:
        """After a forced refresh for less, the token that was turned away from must not come back."""
        self.save(cache, "forced", "a", issued_on=NOW + 10, expires_on=NOW + 600)
        assert (found(cache, target("a")), found(cache, target("b"))) == ("forced", "ab")

    def test_resources_and_realms_are_kept_apart(self, cache: TokenCache) -> None:
        self.save(cache, "x", "a", resource="resource:x")
        self.save(cache, "realm", "a b", realm="r")
        assert found(cache, target("a")) == "ab"
        assert found(cache, target("a", resource="resource:x")) == "x"
        assert found(cache, target("b", resource="resource:x")) is None
        assert found(cache, target("a", resource="audience:x")) is None
        assert found(cache, target("a", realm="r")) == "realm"

    def test_tokens_that_have_ended_are_not_listed_and_go_with_the_next_save(
        self, cache: TokenCache, any_store: Store
    ) -> None:
        self.save(cache, "ended", "e", expires_on=NOW - 1)
        assert [t.version for t in cache.tokens(ADA)] == ["ab"]
        self.save(cache, "new", "n")
        versions = {row.value["version"] for row in any_store.rows_of_kind(Kind.ACCESS_TOKEN)}
        assert versions == {"ab", "new"}


class TestRefresh:
    @pytest.fixture(autouse=True)
    def signed_in(self, cache: TokenCache) -> None:
        self.used = refresh_token("first")
        cache.save_sign_in(account(), token(version="old"), self.used)
        self.epoch = cache.store.epoch()
        self.claims: dict[str, object] | None = None

    def save(self, cache: TokenCache, rotated: str | None = "second", **more: Any) -> bool:
        new = refresh_token(rotated) if rotated else None
        access = token(version="new", **more)
        return cache.save_refresh(
            ADA, token=access, used=self.used, rotated=new, claims=self.claims, epoch=self.epoch
        )

    def secret(self, cache: TokenCache) -> str | None:
        record = cache.refresh_token(ADA)
        return record.secret.reveal() if record else None

    def test_what_a_refresh_gave_replaces_what_was(self, cache: TokenCache) -> None:
        assert self.save(cache)
        assert (found(cache, target()), self.secret(cache)) == ("new", "second")

    def test_no_new_refresh_token_keeps_the_old_one(self, cache: TokenCache) -> None:
        assert self.save(cache, rotated=None)
        assert cache.refresh_token(ADA) == self.used

    @pytest.mark.parametrize(("refresh_on", "let_go"), [(NOW + 2400, True), (NOW, False)])
    def test_kernels_let_go_of_a_token_that_is_replaced_before_its_time(
        self, cache: TokenCache, refresh_on: int, let_go: bool
    ) -> None:
        cache.save_sign_in(account(), token(version="old", refresh_on=refresh_on), self.used)
        before = cache.store.generation.value
        assert self.save(cache)
        assert (cache.store.generation.value > before) is let_go
        assert found(cache, target()) == "new"

    def test_new_claims_are_kept(self, cache: TokenCache) -> None:
        self.claims = {"sub": "canary", "name": "Ada L."}
        assert self.save(cache)
        assert [a.claims for a in cache.accounts(CLIENT)] == [self.claims]

    def test_a_newer_sign_in_is_not_overwritten(self, cache: TokenCache) -> None:
        cache.save_sign_in(account(claims={"v": 2}), token(version="step-up"), refresh_token("newer"))
        self.claims = {"v": 1}
        assert self.save(cache)
        assert (found(cache, target()), self.secret(cache)) == ("step-up", "newer")
        assert [a.claims for a in cache.accounts(CLIENT)] == [{"v": 2}]

    def test_a_sign_out_during_it_is_not_undone(self, cache: TokenCache) -> None:
        assert cache.remove_account(ADA) == self.used
        assert not self.save(cache)
        assert found(cache, target()) is None and self.secret(cache) is None and cache.accounts(CLIENT) == ()

    def test_a_clear_during_it_is_not_undone(self, cache: TokenCache, any_store: Store) -> None:
        cache.clear()
        assert not self.save(cache)
        assert not any(list(any_store.rows_of_kind(kind)) for kind in Kind)

    def test_a_clear_and_a_new_sign_in_during_it_leave_the_new_one(self, cache: TokenCache) -> None:
        cache.clear()
        cache.save_sign_in(account(), token(version="after"), self.used)
        assert not self.save(cache)
        assert (found(cache, target()), self.secret(cache)) == ("after", "first")

    def test_a_refused_refresh_token_goes_and_nothing_else(self, cache: TokenCache) -> None:
        cache.drop_refresh_token(ADA, self.used)
        assert self.secret(cache) is None
        assert found(cache, target()) == "old" and len(cache.accounts(CLIENT)) == 1

    def test_a_refresh_token_that_has_been_replaced_is_not_dropped(self, cache: TokenCache) -> None:
        assert self.save(cache)
        cache.drop_refresh_token(ADA, self.used)
        assert self.secret(cache) == "second"

    def test_a_sign_in_without_a_refresh_token_keeps_the_one_there_is(self, cache: TokenCache) -> None:
        cache.save_sign_in(account(), token(version="x"), None)
        assert self.secret(cache) == "first"


def test_clear_reports_accounts_and_bumps_the_generation(cache: TokenCache, any_store: Store) -> None:
    refresh = refresh_token()
    cache.save_sign_in(account(), token(), refresh)
    cache.save_sign_in(account(BOB, username="a-bob"), token(), None)
    before = any_store.generation.value
    cleared = cache.clear()
    assert any_store.generation.value > before
    counted = {Kind.ACCOUNT: 2, Kind.ACCESS_TOKEN: 2, Kind.REFRESH_TOKEN: 1}
    assert cleared.counts == dict.fromkeys(Kind, 0) | counted
    assert {a.account_key: r for a, r in cleared.accounts} == {ADA: refresh, BOB: None}
    assert cache.peek_accounts(CLIENT) is None and cache.peek_token(ADA, target(), fold=False) is None


def test_a_sign_out_and_a_first_sign_in_bump_the_generation(cache: TokenCache, any_store: Store) -> None:
    seen = [any_store.generation.value]
    cache.save_sign_in(account(), token(), refresh_token())
    seen.append(any_store.generation.value)  # "the one account" may be ambiguous now
    cache.save_sign_in(account(), token(), refresh_token())
    assert any_store.generation.value == seen[-1]
    cache.remove_account(ADA)
    assert seen[0] < seen[1] < any_store.generation.value


def test_any_bump_empties_memory(cache: TokenCache, any_store: Store) -> None:
    cache.save_sign_in(account(), token(), refresh_token())
    any_store.generation.bump()
    assert cache.peek_token(ADA, target(), fold=False) is None and cache.peek_accounts(CLIENT) is None
    assert found(cache, target()) is not None


def test_one_account_of_an_application_is_used_by_default_for_a_profile(cache: TokenCache) -> None:
    def chosen() -> dict[str, tuple[str, ...]]:
        known = cache.accounts(CLIENT)
        assert cache.peek_accounts(CLIENT) == known
        return {a.home_account_id: a.default_for for a in known}

    ada, bob = ADA.home_account_id, BOB.home_account_id
    for who in (account(), account(BOB, username="bob")):
        assert cache.save_sign_in(who, token(), refresh_token()) == who
    before = cache.store.generation.value
    used = cache.use_by_default(BOB, "lake")
    assert used is not None and used.default_for == ("lake",)
    assert cache.store.generation.value > before
    assert chosen() == {ada: (), bob: ("lake",)}
    for profile in ("lake", "other", "other"):
        cache.use_by_default(ADA, profile)
    assert chosen() == {ada: ("lake", "other"), bob: ()}
    assert cache.save_sign_in(account(), token(), refresh_token()).default_for == ("lake", "other")
    assert chosen() == {ada: ("lake", "other"), bob: ()}
    cache.remove_account(ADA)
    before = cache.store.generation.value
    assert cache.use_by_default(ADA, "lake") is None
    assert chosen() == {bob: ()} and cache.store.generation.value == before
