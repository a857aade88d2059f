"""Provider ``jupyterhub``: broken, named, mended."""

from collections.abc import Callable

import pytest

from tests.doctor.bench import SetUp, play
from tests.doctor.hubs import SET_UPS


@pytest.mark.parametrize("set_up", SET_UPS, ids=[set_up.__name__ for set_up in SET_UPS])
def test_the_fault_is_named_and_its_remedy_mends_it(
    set_up: SetUp, record_property: Callable[[str, object], None]
) -> None:
    outcome = play(set_up)
    record_property("doctor", outcome.to_json())
    assert outcome.is_right, outcome
