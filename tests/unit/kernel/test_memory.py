"""What a kernel keeps (L0): good while the generation stands still, and what outlives that."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from jupyter_auth.core.generation import Generation
from jupyter_auth.kernel import memory
from tests.unit.core.samples import result as a_result

KEY = ("lake", None, None, None)


@pytest.fixture
def counter(tmp_path: Path) -> Iterator[Generation]:
    """A mapped generation file, as a broker names it."""
    path = tmp_path / "generation"
    made = Generation(path, create=True)
    memory.map_generation(str(path))
    yield made
    memory.map_generation(None)
    memory.forget()
    memory.versions.clear()


def test_an_answer_is_kept_until_the_generation_moves(counter: Generation) -> None:
    memory.keep([KEY], a_result(), memory.generation())
    until, seen, kept = memory.entries[KEY]
    assert until > time.time() and seen == counter.value
    assert kept.metadata.cache_level == "kernel"
    counter.bump()
    memory.generation()
    assert KEY not in memory.entries


def test_an_answer_that_a_clear_overtook_is_not_kept(counter: Generation) -> None:
    seen = memory.generation()
    counter.bump()
    memory.keep([KEY], a_result(), seen)
    assert KEY not in memory.entries


def test_the_version_last_held_outlives_its_token(counter: Generation) -> None:
    """Or a forced refresh right after a sign-in would be given the very token it turns away from."""
    result = a_result()
    seen = memory.generation()
    counter.bump()
    memory.keep([KEY], result, seen)
    assert memory.versions[KEY] == result._token.version


def test_versions_are_bounded(counter: Generation) -> None:
    result = a_result()
    for number in range(memory.MAX_VERSIONS + 10):
        memory.keep([(number,)], result, 0)
    assert len(memory.versions) == memory.MAX_VERSIONS and (9,) not in memory.versions
