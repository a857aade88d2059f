"""The configuration is watched for as long as the broker lives, whatever happens to one look."""

import asyncio
import logging
from typing import Any

import pytest

from jupyter_auth.broker.config import configuration, watching
from tests.unit.broker.bench import Bench


async def bumped(bench: Bench, after: int, seconds: float = 60) -> bool:
    cache = await bench.broker.start()
    for _ in range(int(seconds / 0.01)):
        if cache.store.generation.value > after:
            return True
        await asyncio.sleep(0.01)
    return False


async def says(caplog: pytest.LogCaptureFixture, words: str) -> None:
    """Wait until that is logged."""
    async with asyncio.timeout(60):
        while words not in caplog.text:
            await asyncio.sleep(0.01)


@pytest.fixture(autouse=True)
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "LOOK_AT_FILES", 0.01)


async def test_a_look_that_fails_is_not_the_last(
    fresh: Bench, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    generation = (await fresh.broker.start()).store.generation
    with monkeypatch.context() as patch:
        patch.setattr(configuration, "_fingerprint", lambda path: 1 / 0)
        await says(caplog, "could not be looked at")
        await asyncio.sleep(0.1)  # in which it looks some more times
    told = [record for record in caplog.records if "could not be looked at" in record.getMessage()]
    assert len(told) == 1 and "ZeroDivisionError" in told[0].getMessage()
    before = generation.value
    fresh.profile("later")
    assert await bumped(fresh, before)


async def test_nor_is_one_of_which_kernels_could_not_be_told(
    fresh: Bench, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    generation = (await fresh.broker.start()).store.generation
    before = generation.value

    def fails(*_: Any) -> None:
        raise RuntimeError("CANARY")

    with monkeypatch.context() as patch, caplog.at_level(logging.WARNING):
        patch.setattr(type(generation), "bump", fails)
        fresh.profile("sooner")
        await says(caplog, "could not be told")
    assert "could not be told" in caplog.text and "CANARY" not in caplog.text
    fresh.profile("later")
    assert await bumped(fresh, before)
