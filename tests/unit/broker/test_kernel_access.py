"""Whose word counts: an administrator's, and what a person's own profile can add to it."""

from pathlib import Path

import pytest

from jupyter_auth.broker.config.settings import Settings
from jupyter_auth.core.errors import AuthError
from tests.idp import MisbehavingProvider
from tests.unit.broker.bench import Bench


@pytest.mark.parametrize(
    ("trait", "file", "expected"),
    [("allow", "ask", "ask"), ("ask", "allow", "ask"), ("deny", "allow", "deny"), ("ask", "deny", "deny")],
)
def test_a_persons_profile_can_only_be_stricter(
    idp: MisbehavingProvider, tmp_path: Path, trait: str, file: str, expected: str
) -> None:
    bench = Bench(idp, tmp_path, settings=Settings(kernel_access=trait))  # type: ignore[arg-type]
    bench.profile("own", f'kernel_access = "{file}"', client_id="another")
    profiles = bench.broker.configuration.profiles
    assert profiles["own"].kernel_access == expected and profiles["lake"].kernel_access == trait


@pytest.mark.parametrize(("own", "of_person"), [("allow", "ask"), ("ask", "ask"), ("deny", "deny")])
def test_an_administrators_profile_decides_for_itself_and_its_other_names(
    idp: MisbehavingProvider, tmp_path: Path, own: str, of_person: str
) -> None:
    table = {"issuer": idp.issuer, "client_id": "admin", "kernel_access": own}
    bench = Bench(idp, tmp_path, settings=Settings(kernel_access="ask", profiles={"theirs": table}))
    bench.profile("alias", 'kernel_access = "allow"', client_id="admin")
    profiles = bench.broker.configuration.profiles
    assert (profiles["theirs"].kernel_access, profiles["alias"].kernel_access) == (own, of_person)


def test_a_kernel_access_that_there_is_not_is_a_fault(idp: MisbehavingProvider, tmp_path: Path) -> None:
    bench = Bench(idp, tmp_path)
    bench.profile("odd", 'kernel_access = "sometimes"')
    assert "allow, ask or deny" in str(bench.broker.configuration.faults)
    with pytest.raises(AuthError):
        bench.broker.configuration.profile("odd")
