"""msal and our engines send the same, but for what has a reason; the reference says so."""

from pathlib import Path

import pytest

from tests.support.tables import committed

from .entra import EntraProvider, parity


@pytest.fixture(scope="module")
def compared(tmp_path_factory: pytest.TempPathFactory) -> tuple[parity.Wire, list[parity.Difference]]:
    with EntraProvider(Path(tmp_path_factory.mktemp("entra"))) as provider:
        return parity.compare(provider)


def test_every_difference_has_a_reason_and_every_reason_a_difference(
    compared: tuple[parity.Wire, list[parity.Difference]],
) -> None:
    _, found = compared
    without = [difference for difference in found if difference.key not in parity.ALLOWED]
    assert without == []
    assert {difference.key for difference in found} == set(parity.ALLOWED)


def test_the_entra_engine_differs_in_nothing(
    compared: tuple[parity.Wire, list[parity.Difference]],
) -> None:
    theirs, found = compared
    assert [difference for difference in found if difference.engine == "entra"] == []
    assert all(sent for verb, sent in theirs.items() if verb != "revocation") and len(theirs) == 9


def test_the_reference_has_the_table(compared: tuple[parity.Wire, list[parity.Difference]]) -> None:
    assert committed(parity.MARK) == parity.table(*compared), "run: python -m tests.idp.entra.parity --write"
