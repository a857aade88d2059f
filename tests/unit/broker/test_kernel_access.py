"""Whose word counts: an administrator's, and what a person's own profile can add to it."""

from collections.abc import Callable
from pathlib import Path

import pytest

from jupyter_auth.broker.config.configuration import Configuration, load
from jupyter_auth.broker.config.settings import Settings
from jupyter_auth.core.errors import AuthError, PolicyError
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


TABLE = """
[profiles.{name}]
issuer = "https://idp.example"
client_id = "{client}"
{more}
"""
ASK = 'kernel_access = "ask"'


@pytest.fixture
def both(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], Configuration]:
    """The configuration of an administrator's file in a system folder and of a person's."""
    monkeypatch.setattr("jupyter_core.paths.SYSTEM_CONFIG_PATH", [str(tmp_path / "etc")])
    system, own = tmp_path / "etc" / "jupyter_auth.toml", tmp_path / "own" / "jupyter_auth.toml"

    def read(admins: str, persons: str) -> Configuration:
        for path, text in ((system, admins), (own, persons)):
            path.parent.mkdir()
            path.write_text(text)
        return load([own, system])

    return read


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        (ASK, "ask"),
        (f"{ASK}\ntitel = 'Lake'", "ask"),
        (f"{ASK}\nflows = ['by_post']", "ask"),
        (f"{ASK}\nprovider = 'client_credentials'", "ask"),  # without credentials
        (f"{ASK}\nprovider = 'oidcc'", "ask"),
        ("kernel_access = 'sak'", "deny"),
        ("kernel_acess = 'ask'", "deny"),
        ("flows = ['by_post']", "allow"),
        ("", "allow"),
    ],
)
@pytest.mark.parametrize(("name", "client"), [("lake", "nb"), ("lake", "another"), ("alias", "nb")])
def test_a_person_does_not_open_what_a_system_file_closes(
    both: Callable[[str, str], Configuration], more: str, expected: str, name: str, client: str
) -> None:
    persons = TABLE.format(name=name, client=client, more='kernel_access = "allow"')
    found = both(TABLE.format(name="lake", client="nb", more=more), persons)
    assert found.profiles[name].client_id == client, "it is the person's"
    assert found.profiles[name].kernel_access == expected


@pytest.mark.parametrize(
    ("admins", "expected"),
    [
        (f"[profiles.lake]\nclient_id = 'nb'\n{ASK}", "ask"),  # whose, it does not say: everybody's
        (f"[profiles.'a lake']\nissuer = 'https://idp.example'\nclient_id = 'other'\n{ASK}", "ask"),
        (
            f"[profiles.lake]\nprovider = 'entra'\nclient_id = 'nb'\ntenant = 'common'\nodd = 1\n{ASK}",
            "allow",
        ),
        ("[profiles]\nlake = 7", "allow"),
    ],
)
def test_whose_a_broken_one_is(both: Callable[[str, str], Configuration], admins: str, expected: str) -> None:
    found = both(admins, TABLE.format(name="alias", client="other", more=""))
    assert found.profiles["alias"].kernel_access == expected


@pytest.mark.parametrize("admins", ["[profiles.lake", "profile = 7", "profiles = 7", "default_profile = 7"])
def test_a_system_file_that_cannot_be_understood_closes_everything(
    both: Callable[[str, str], Configuration], admins: str
) -> None:
    found = both(admins, TABLE.format(name="lake", client="nb", more=""))
    with pytest.raises(PolicyError, match=r"jupyter_auth\.toml") as caught:
        found.profile("lake")
    assert caught.value.reason == "invalid_settings" and len(found.faults) == 1


def test_a_system_file_whose_profile_is_broken_closes_no_other(
    both: Callable[[str, str], Configuration],
) -> None:
    broken = TABLE.format(name="lake", client="nb", more=f"{ASK}\nodd = 1")
    found = both(broken, TABLE.format(name="own", client="another", more=""))
    assert found.profile("own").kernel_access == "allow"
