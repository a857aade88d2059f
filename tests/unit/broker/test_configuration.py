"""Profiles from files: read again when they change, merged, and every fault told at once."""

import os
from pathlib import Path

import pytest

from jupyter_auth.broker.config.configuration import PROFILE_VARIABLE, Configuration, ConfigurationFiles, load
from jupyter_auth.core.errors import InteractionRequiredError, ProfileError
from tests.unit.broker.bench import Bench

GOOD = '[profiles.{name}]\nissuer = "https://{host}.example"\nclient_id = "nb"\n'


def good(name: str, host: str = "idp") -> str:
    return GOOD.format(name=name, host=host)


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def fault_of(configuration: Configuration, name: str | None) -> ProfileError:
    with pytest.raises(ProfileError) as caught:
        configuration.profile(name)
    return caught.value


# -- changes -------------------------------------------------------------------------------------------------


def test_a_change_takes_effect_at_the_next_use(tmp_path: Path) -> None:
    path = tmp_path / "a.toml"
    files = ConfigurationFiles([path])
    assert fault_of(files.current(), None).reason == "no_profile"
    write(path, good("lake"))
    assert files.current().profile(None).issuer == "https://idp.example"
    write(path, good("lake", "new"))
    assert files.current().profile("lake").issuer == "https://new.example"
    path.unlink()
    assert fault_of(files.current(), "lake").reason == "unknown_profile"


def test_a_change_of_the_same_size_at_the_same_second(tmp_path: Path) -> None:
    path = write(tmp_path / "a.toml", good("lake", "aaa"))
    files = ConfigurationFiles([path])
    files.current()
    stamp = path.stat()
    beside = write(tmp_path / "b.toml", good("lake", "bbb"))
    os.utime(beside, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
    beside.replace(path)
    assert files.current().profile("lake").issuer == "https://bbb.example"


def test_an_unchanged_file_is_not_read_again(tmp_path: Path) -> None:
    files = ConfigurationFiles([write(tmp_path / "a.toml", good("lake"))])
    assert files.current() is files.current()


async def test_a_broker_heeds_a_change(bench: Bench) -> None:
    await bench.get("lake")
    text = bench.toml.read_text()
    bench.toml.write_text("[profiles.lake")
    with pytest.raises(ProfileError) as caught:
        await bench.get("lake")
    assert "not valid TOML" in str(caught.value)
    bench.toml.write_text(text.replace("nb-public", "nb-other"))
    with pytest.raises(InteractionRequiredError):
        await bench.get("lake")
    bench.toml.write_text(text)
    assert (await bench.get("lake")).reveal()


# -- merging -------------------------------------------------------------------------------------------------


def test_a_stronger_file_replaces_a_profile_whole(tmp_path: Path) -> None:
    strong = write(tmp_path / "strong.toml", 'default_profile = "b"\n' + good("a", "strong"))
    weak = write(
        tmp_path / "weak.toml",
        'default_profile = "a"\n' + good("a", "weak") + 'title = "Weak"\n' + good("b", "weak"),
    )
    found = load([strong, weak])
    assert found.profile("a").issuer == "https://strong.example"
    assert found.profile("a").title == ""
    assert found.profile("b").issuer == "https://weak.example"
    assert found.default_profile == "b"
    assert found.files == (str(strong), str(weak))


def test_a_broken_profile_in_a_stronger_file_is_not_replaced_by_a_weaker(tmp_path: Path) -> None:
    strong = write(tmp_path / "strong.toml", '[profiles.a]\nissuer = "http://evil.example"\n')
    weak = write(tmp_path / "weak.toml", good("a"))
    problem = fault_of(load([strong, weak]), "a")
    assert str(strong) in str(problem)
    healed = load([write(tmp_path / "strong.toml", good("a", "mine")), weak])
    assert healed.profile("a").issuer == "https://mine.example"
    assert healed.faults == ()


def test_a_good_profile_in_a_stronger_file_hides_a_broken_one(tmp_path: Path) -> None:
    strong, weak = write(tmp_path / "s.toml", good("a")), write(tmp_path / "w.toml", "[profiles.a]\n")
    found = load([strong, weak])
    assert found.profile("a").issuer == "https://idp.example"
    assert found.faults == ()


def test_a_broken_file_does_not_hide_the_others(tmp_path: Path) -> None:
    strong, weak = write(tmp_path / "s.toml", "nonsense ["), write(tmp_path / "w.toml", good("a"))
    found = load([strong, weak])
    assert found.profile("a").client_id == "nb"
    assert [fault.file for fault in found.faults] == [str(strong)]
    assert str(strong) in str(fault_of(found, "missing"))


# -- faults --------------------------------------------------------------------------------------------------

MANY = """
defualt_profile = "a"
[profiles.a]
issuer = "http://idp.example"
client_idd = "nb"
client_secret = "CANARY"
scopes = ["with space", 7]
flows = ["device"]
resource = "https://r.example"
audience = "https://r.example"
title = "\\u0007"
proxies = "none"
[profiles."bad name!"]
issuer = "https://idp.example"
[profiles.b]
issuer = "https://idp.example"
client_id = "nb"
"""


def test_every_fault_is_told_at_once(tmp_path: Path) -> None:
    path = write(tmp_path / "a.toml", MANY)
    found = load([path])
    problem = fault_of(found, "a")
    said = str(problem)
    for key in ("issuer", "client_idd", "client_secret", "scopes", "flows", "audience", "title", "proxies"):
        assert f"{path}: profiles.a.{key}: " in said
    assert "profiles.a.client_id: is missing" in said
    assert 'did you mean "client_id"?' in said
    assert 'did you mean "device_code"?' in said
    assert "CANARY" not in said
    assert problem.faults is not None
    assert len(problem.faults) == 9
    assert any('did you mean "default_profile"?' in str(fault) for fault in found.faults)
    assert any("bad name!" in str(fault) for fault in found.faults)
    assert found.profile("b").client_id == "nb"  # the fault of one is not the fault of another


@pytest.mark.parametrize(
    "text",
    [
        "[profiles.lake", "profiles = 3", "profiles = []", "default_profile = 7", "default_profile = ''",
        "a = " + "[" * 5000, "profiles.lake = 7", "[profiles.lake]\nissuer = 7", "[[profiles]]\n", "\x00",
        "x" * 2_000_000, "a = " + "9" * 5000,
    ],
)  # fmt: skip
def test_a_broken_file_is_told_with_its_name(tmp_path: Path, text: str) -> None:
    path = write(tmp_path / "a.toml", text)
    found = load([path])
    assert found.faults
    assert all(fault.file == str(path) for fault in found.faults)
    problem = fault_of(found, "lake")
    assert len(str(problem)) < 1000
    assert str(path) in str(problem)


def test_bytes_that_are_no_text(tmp_path: Path) -> None:
    path = tmp_path / "a.toml"
    path.write_bytes(b"\xff\xfe\x00")
    assert "not valid TOML" in str(load([path]).faults[0])


def test_a_folder_in_the_place_of_a_file(tmp_path: Path) -> None:
    (tmp_path / "a.toml").mkdir()
    assert [fault.key for fault in load([tmp_path / "a.toml"]).faults] == ["file"]


def test_a_fifo_in_the_place_of_a_file(tmp_path: Path) -> None:
    """It must not hold the event loop up."""
    os.mkfifo(tmp_path / "a.toml")
    assert [fault.key for fault in load([tmp_path / "a.toml"]).faults] == ["file"]


# -- which profile -------------------------------------------------------------------------------------------


def test_which_profile_is_meant(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = load([write(tmp_path / "a.toml", 'default_profile = "b"\n' + good("a") + good("b"))])
    assert found.profile("a").name == "a"
    assert found.profile(None).name == "b"
    monkeypatch.setenv(PROFILE_VARIABLE, "a")
    assert found.profile(None).name == "a"
    assert found.profile("b").name == "b"


def test_the_only_profile_is_the_default(tmp_path: Path) -> None:
    assert load([write(tmp_path / "a.toml", good("lake"))]).profile(None).name == "lake"


def test_none_is_chosen(tmp_path: Path) -> None:
    problem = fault_of(load([write(tmp_path / "a.toml", good("a") + good("b"))]), None)
    assert problem.reason == "no_default_profile"
    assert "a, b" in problem.hint


def test_none_is_chosen_and_another_one_is_broken(tmp_path: Path) -> None:
    """There are profiles to choose from: what is wrong with one that nobody named is no answer."""
    text = good("a") + good("b") + "[profiles.c]\nissuer = 7\n"
    problem = fault_of(load([write(tmp_path / "a.toml", text)]), None)
    assert (problem.reason, problem.faults) == ("no_default_profile", None)
    problem = fault_of(load([write(tmp_path / "b.toml", 'defaultprofile = "a"\n' + text)]), None)
    assert str(problem).startswith("Which profile? ") and 'did you mean "default_profile"?' in str(problem)


def test_whoever_has_a_file_that_cannot_be_read_is_not_told_to_add_to_it(tmp_path: Path) -> None:
    found = load([write(tmp_path / "a.toml", "[profiles.lake")])
    for name in ("lake", None):
        assert fault_of(found, name).hint.startswith("Correct the file")


def test_an_unknown_one_is_likened_to_those_there_are(tmp_path: Path) -> None:
    problem = fault_of(load([write(tmp_path / "a.toml", good("lake"))]), "lkae")
    assert 'did you mean "lake"?' in str(problem)


def test_a_default_that_is_not_there(tmp_path: Path) -> None:
    problem = fault_of(load([write(tmp_path / "a.toml", 'default_profile = "lakes"\n' + good("lake"))]), None)
    assert "lakes" in str(problem)
