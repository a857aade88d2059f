"""Forks: a child has no store of its parent's, and the parent goes on as before."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.cache.elsewhere import Elsewhere
from tests.unit.cache.samples import open_store

CLOSED = {"error": "cache_error", "reason": "closed"}


@pytest.fixture(params=[None, "nfs4"], ids=["local", "network"])
def network(request: pytest.FixtureRequest) -> str | None:
    kind: str | None = request.param
    return kind


@pytest.fixture
def parent(tmp_path: Path, network: str | None) -> Iterator[Elsewhere]:
    with Elsewhere(tmp_path, network) as process:
        process("sign_in", "before")
        process("put", "k", 10, True)
        yield process


def test_a_child_cannot_use_its_parent_s_store(parent: Elsewhere) -> None:
    for order in (["keys"], ["find"], ["put", "new", 10, True], ["clear"], ["epoch"]):
        assert parent("in_a_fork", *order) == CLOSED
    assert parent("keys") == ["k"] and parent("find") == "before"


def test_the_parent_goes_on_and_lets_go_of_nothing(parent: Elsewhere) -> None:
    generation = parent("generation")
    for _ in range(3):
        parent("in_a_fork", "keys")
        assert parent("peek") == "before"  # from memory: nothing has told it to forget
    parent("put", "more", 10, True)
    assert parent("keys") == ["k", "more"] and parent("notes") == []
    assert parent("generation") == generation


def test_a_fork_waits_for_a_transaction_of_another_thread(parent: Elsewhere) -> None:
    generation = parent("generation")
    assert parent("fork_in_a_transaction") == [CLOSED, True]
    assert parent("keys") == ["k", "written"] and parent("generation") == generation


def test_others_over_the_same_store_notice_nothing(
    parent: Elsewhere, tmp_path: Path, network: str | None
) -> None:
    with Elsewhere(tmp_path, network) as other:
        assert other("find") == "before"
        parent("in_a_fork", "keys")
        other("put", "theirs", 10, True)
        parent("in_a_fork", "keys")
        assert parent("keys") == ["k", "theirs"] and other("peek") == "before"


def test_a_child_may_open_a_store_of_its_own(parent: Elsewhere) -> None:
    assert parent("in_a_fork", "open_another") == ["k"]
    assert parent("keys") == ["k", "of a child"]


def test_a_closed_store_stays_closed(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    store.close()
    store.before_fork()
    store.after_fork(in_child=False)
    assert store._is_closed
