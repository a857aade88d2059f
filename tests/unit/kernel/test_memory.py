"""What a kernel keeps (L0): good while the generation stands still, and what outlives that."""

import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from jupyter_auth.core.generation import Generation
from jupyter_auth.kernel import acquiring, api, memory
from tests.unit.core.samples import result as a_result

KEY = ("lake", None, None, None)
ASKED: dict[str, Any] = {"profile": "lake", "scopes": None, "account": None, "tenant": None, "timeout": None}


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
    since, until, seen, kept = memory.entries[KEY]
    assert since <= time.time() < until and seen == counter.value
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


@pytest.mark.parametrize("seconds", [-7200, -10, 0, 299, 301, 7200])
def test_a_clock_that_is_set_never_makes_it_good_for_longer(
    counter: Generation, monkeypatch: pytest.MonkeyPatch, seconds: float
) -> None:
    asked: list[object] = []
    monkeypatch.setattr(acquiring, "acquire", lambda *args: asked.append(args))
    memory.keep([KEY], a_result(), memory.generation())
    now = time.time()
    for module in (api, acquiring):
        monkeypatch.setattr(module, "time", lambda: now + seconds)
    is_kept = api.get_token("lake") is memory.entries[KEY][3]
    assert is_kept == (acquiring.Asked(**ASKED).kept() is not None) == (0 <= seconds < 300)
    assert len(asked) == (0 if is_kept else 1)


def test_a_child_does_not_tell_what_its_parent_has_counted() -> None:
    memory.hits[0] = 5
    try:
        child = os.fork()
        if not child:
            os._exit(memory.hits[0])
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0 and memory.hits[0] == 5
    finally:
        memory.hits[0] = 0
