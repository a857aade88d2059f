"""An administrator's settings against the variable and the files: who wins, and what is told of a fault."""

import itertools
import stat
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from jupyter_auth.broker.broker import Broker
from jupyter_auth.broker.config.configuration import PROFILE_VARIABLE, ConfigurationFiles, load
from jupyter_auth.broker.config.settings import DEFAULTS, PLACE, Settings
from jupyter_auth.broker.storage import key_file, open_store, store_folder
from jupyter_auth.cache.memory import MemoryStore
from jupyter_auth.cache.sqlite import FILE
from jupyter_auth.core.errors import AuthError, PolicyError, ProfileError
from jupyter_auth.core.profile import Fault
from tests.unit.broker.bench import request
from tests.unit.broker.test_configuration import good, write


def table(host: str = "trait", **more: Any) -> dict[str, Any]:
    """A good profile as a trait has it."""
    return {"issuer": f"https://{host}.example", "client_id": "nb", **more}


def refusal(work: Callable[[], object]) -> AuthError:
    with pytest.raises(AuthError) as caught:
        work()
    return caught.value


@pytest.fixture
def system(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A system folder of Jupyter's configuration path."""
    monkeypatch.setattr("jupyter_core.paths.SYSTEM_CONFIG_PATH", [str(tmp_path / "etc")])
    return tmp_path / "etc" / "jupyter_auth.toml"


# -- precedence ----------------------------------------------------------------------------------------------

SOURCES = ("trait", "variable", "toml")


@pytest.mark.parametrize(
    "given", [g for n in range(4) for g in itertools.combinations(SOURCES, n)], ids="+".join
)
def test_which_profile_is_meant(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given: tuple[str, ...]
) -> None:
    text = 'default_profile = "toml"\n' if "toml" in given else ""
    path = write(tmp_path / "a.toml", text + "".join(map(good, (*SOURCES, "other"))))
    if "variable" in given:
        monkeypatch.setenv(PROFILE_VARIABLE, "variable")
    found = load([path], Settings(default_profile="trait" if "trait" in given else None))
    if given:
        assert found.profile(None).name == given[0]
    else:
        assert refusal(lambda: found.profile(None)).reason == "no_default_profile"
    assert found.profile("other").name == "other"  # a name in the call wins over everything


def test_a_trait_s_profile_replaces_that_of_every_file_whole(tmp_path: Path, system: Path) -> None:
    mine = write(tmp_path / "a.toml", good("lake", "mine") + 'title = "Mine"\n' + good("own", "mine"))
    write(system, good("lake", "system"))
    found = load([mine, system], Settings(profiles={"lake": table()}))
    assert found.profile("lake").issuer == "https://trait.example"
    assert found.profile("lake").title == ""
    assert found.profile("own").issuer == "https://mine.example"
    assert found.faults == ()


def test_a_broken_trait_profile_is_not_replaced_by_a_file_s(tmp_path: Path) -> None:
    path = write(tmp_path / "a.toml", good("lake") + good("own"))
    broken = {"issuer": "http://x.example", "client_idd": "n", "client_secret": "CANARY", "scopes": []}
    found = load([path], Settings(profiles={"lake": broken, "none": 7}))
    problem = refusal(lambda: found.profile("lake"))
    assert isinstance(problem, ProfileError) and problem.reason == "invalid_profile"
    for key in ("issuer", "client_id", "client_idd", "client_secret", "scopes"):
        assert f"c.JupyterAuth.profiles: profiles.lake.{key}: " in str(problem)
    assert problem.faults is not None and len(problem.faults) == 5
    assert "CANARY" not in str(problem) and "restart the server" in problem.hint
    assert "must be a table" in str(refusal(lambda: found.profile("none")))
    assert found.profile("own").name == "own"


def test_a_good_trait_profile_hides_a_broken_one(tmp_path: Path) -> None:
    path = write(tmp_path / "a.toml", "[profiles.lake]\n")
    assert load([path], Settings(profiles={"lake": table()})).faults == ()


def test_files_are_still_heeded(tmp_path: Path) -> None:
    path = write(tmp_path / "a.toml", good("own"))
    files = ConfigurationFiles([path], Settings(profiles={"lake": table()}))
    assert set(files.current().profiles) == {"lake", "own"}
    path.unlink()
    assert set(files.current().profiles) == {"lake"}
    assert files.current() is files.current()


# -- policy --------------------------------------------------------------------------------------------------


def test_user_profiles_switched_off(tmp_path: Path, system: Path) -> None:
    mine = write(
        tmp_path / "mine.toml",
        'default_profile = "own"\n' + good("own") + good("lake", "mine") + "[profiles.bad]\n",
    )
    write(system, 'default_profile = "lake"\n' + good("lake", "system"))
    found = load([mine, system], Settings(profiles={"extra": table()}, allow_user_profiles=False))
    assert found.profile("lake").issuer == "https://system.example"
    assert found.profile(None).name == "lake"
    assert found.profile("extra").name == "extra"
    assert found.files == (str(system),) and found.faults == ()
    problem = refusal(lambda: found.profile("own"))
    assert isinstance(problem, PolicyError) and problem.reason == "user_profiles_off"
    assert "an administrator has switched user profiles off" in str(problem)
    assert str(mine) in str(problem) and "extra, lake" in problem.hint
    assert refusal(lambda: found.profile("nowhere")).reason == "unknown_profile"


def test_user_profiles_switched_off_and_no_other_there(tmp_path: Path, system: Path) -> None:
    mine = write(tmp_path / "mine.toml", good("own"))
    found = load([mine, system], Settings(allow_user_profiles=False))
    for name in (None, "own", "other"):
        problem = refusal(lambda name=name: found.profile(name))  # type: ignore[misc]
        assert "administrator" in str(problem) and str(mine.with_name("jupyter_auth.toml")) not in str(
            problem
        )


def test_a_folder_that_an_environment_variable_adds_is_no_system_folder(
    tmp_path: Path, system: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JUPYTER_CONFIG_PATH", str(tmp_path / "mine"))
    write(tmp_path / "mine" / "jupyter_auth.toml", good("own"))
    found = ConfigurationFiles(settings=Settings(allow_user_profiles=False)).current()
    assert refusal(lambda: found.profile("own")).reason == "user_profiles_off"


def test_wrong_settings_close_everything(tmp_path: Path) -> None:
    path = write(tmp_path / "a.toml", good("lake"))
    wrong = Settings(faults=(Fault(file=PLACE, key="store", message="is odd"),))
    found = load([path], wrong)
    problem = refusal(lambda: found.profile("lake"))
    assert isinstance(problem, PolicyError) and problem.reason == "invalid_settings"
    assert "c.JupyterAuth: store: is odd" in str(problem) and wrong.faults[0] in found.faults
    store = open_store(wrong)
    assert store.describe().notes and not store_folder().exists()


def test_a_fault_of_a_file_of_settings_closes_nothing(tmp_path: Path) -> None:
    fault = Fault(file="/etc/jupyter/jupyter_server_config.py", key="file", message="raises NameError")
    found = load([write(tmp_path / "a.toml", good("lake"))], Settings(faults=(fault,)))
    assert found.profile("lake").name == "lake" and found.faults == (fault,)


# -- the store -----------------------------------------------------------------------------------------------


def test_a_store_there_is_not() -> None:
    problem = refusal(lambda: Settings(store="sqlit"))
    assert isinstance(problem, PolicyError) and problem.reason == "unknown_store"
    assert 'did you mean "sqlite"?' in str(problem)


def test_the_store_s_folder_is_made_closed(tmp_path: Path) -> None:
    settings = Settings(store_path=str(tmp_path / "a" / "b"))
    store = open_store(settings)
    assert store.describe().location == str(tmp_path / "a" / "b" / FILE)
    assert store.generation_file == str(tmp_path / "a" / "b" / "generation")
    store.close()
    assert stat.S_IMODE((tmp_path / "a" / "b").stat().st_mode) == 0o700
    assert not store_folder(DEFAULTS).exists() and key_file().exists()


def test_memory_has_a_generation_file_and_leaves_other_stores_alone() -> None:
    open_store().close()
    store = open_store(Settings(store="memory"))
    assert isinstance(store, MemoryStore) and store.describe().notes == ()
    assert not store.describe().locked
    assert store.generation_file is not None
    assert Path(store.generation_file).parent != store_folder()
    store.clear()
    assert (store_folder() / FILE).exists()


def test_memory_in_the_place_of_a_locked_store_clears_that(tmp_path: Path) -> None:
    settings = Settings(store_path=str(tmp_path / "store"))
    open_store().close()
    open_store(settings).close()
    key_file().write_text("another")
    store = open_store(settings)
    assert isinstance(store, MemoryStore) and store.describe().locked
    store.clear()
    assert not (tmp_path / "store" / FILE).exists() and (store_folder() / FILE).exists()


async def test_a_broker_with_settings(tmp_path: Path) -> None:
    settings = Settings(profiles={"lake": table()}, store="memory", allowed_issuers=("https://idp.example",))
    broker = Broker(ConfigurationFiles([], settings), partial(open_store, settings))
    with pytest.raises(PolicyError) as caught:
        await broker.acquire_silent(request("lake"))
    assert caught.value.reason == "issuer_not_allowed"
    await broker.close()


# -- an operator's key ---------------------------------------------------------------------------------------


@pytest.fixture
def operator(tmp_path: Path) -> Path:
    """A key file as an operator brings it, read-only in a folder that others may read."""
    folder = tmp_path / "secrets"
    folder.mkdir(mode=0o755)
    path = write(folder / "key", "ab" * 32 + "\n")
    path.chmod(0o400)
    return path


def test_an_operator_s_key_is_used_as_it_is(operator: Path) -> None:
    settings = Settings(seal_key_file=str(operator))
    store = open_store(settings)
    assert store.describe().name == "sqlite" and str(operator) in store.describe().key_source
    store.close()
    assert stat.S_IMODE(operator.stat().st_mode) == 0o400
    assert [path.name for path in operator.parent.iterdir()] == ["key"]
    assert not key_file().exists()
    open_store(settings).close()
    moved = operator.rename(operator.with_name("moved"))
    again = open_store(Settings(seal_key_file=str(moved)))
    assert again.describe().name == "sqlite"
    again.close()


@pytest.mark.parametrize("what", ["missing", "open to others", "no key", "a link", "another key"])
def test_an_operator_s_key_that_cannot_be_used(operator: Path, what: str) -> None:
    settings = Settings(seal_key_file=str(operator))
    if what == "another key":
        open_store(settings).close()
    operator.chmod(0o600)
    content = operator.read_text()
    if what in ("missing", "a link"):
        operator.unlink()
    if what == "a link":
        operator.symlink_to(write(operator.with_name("target"), content))
    elif what == "open to others":
        operator.chmod(0o640)
    elif what == "no key":
        operator.write_text("abcd")
    elif what == "another key":
        operator.write_text("cd" * 32)
    store = open_store(settings)
    told = " ".join(store.describe().notes)
    assert isinstance(store, MemoryStore) and str(operator) in told
    if what == "missing":
        assert "is missing" in told and not operator.exists()
    if what == "open to others":
        assert "mode 0640" in told and stat.S_IMODE(operator.stat().st_mode) == 0o640
    assert not key_file().exists()


def test_the_key_of_an_old_store_does_not_count_beside_an_operator_s(operator: Path) -> None:
    open_store().close()
    store = open_store(Settings(seal_key_file=str(operator)))
    assert isinstance(store, MemoryStore)
    assert f"{operator} is not the key that sealed the token store" in store.describe().notes[0]
    store.clear()
    assert open_store(Settings(seal_key_file=str(operator))).describe().name == "sqlite"
