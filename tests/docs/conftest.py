"""A stage for the pages of a module, one after the other."""

from collections.abc import Iterator

import pytest

from tests.docs.stage import Stage, stage


@pytest.fixture(scope="module")
def set_up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with stage(tmp_path_factory.mktemp("stage")) as made:
        yield made
