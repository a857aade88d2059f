"""The tables of docs/capacity.md are those that the committed measurement and the model make."""

import json

import pytest

from jupyter_auth.cache.redis import watch as redis_watch
from tests.bench import capacity_model
from tests.support.tables import committed

FOUND = json.loads(capacity_model.RESULTS.read_text(encoding="utf-8"))


@pytest.mark.parametrize("mark", ["measured", "hub", "applications"])
def test_the_page_shows_what_was_measured(mark: str) -> None:
    assert committed(mark, capacity_model.PAGE) == capacity_model.made(FOUND)[mark]


def test_the_model_looks_as_often_as_servers_do() -> None:
    assert capacity_model.LOOKS == 1 / redis_watch.LOOK_BESIDES


def test_the_page_names_the_refreshes_of_the_model() -> None:
    assert f"{capacity_model.refreshes_per_hour():.2f} times an hour" in capacity_model.PAGE.read_text(
        "utf-8"
    )
