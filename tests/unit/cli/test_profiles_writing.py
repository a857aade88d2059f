"""Adding a profile to a file: what else is in it stays, to the letter, or nothing is written."""

import threading
import tomllib
from pathlib import Path

import pytest

from jupyter_auth.cli.profiles.writing import write_profile
from jupyter_auth.core.errors import ProfileError

LAKE = {"provider": "oidc", "issuer": "https://idp.example", "client_id": "n", "scopes": ["openid"]}
OLD = """\
# mine, do not touch
default_profile = "graph"   # for now

[profiles.graph]  # the "other" one
provider  = 'entra'
tenant    = "contoso.com"
client_id = "x"
scopes    = [
    "User.Read",  # only that
]
"""


def write(path: Path, name: str = "lake", *, is_default: bool = False, replace: bool = False) -> None:
    write_profile(path, name, LAKE, is_default=is_default, replace=replace)


def test_a_first_file_is_this_user_s_alone(tmp_path: Path) -> None:
    path = tmp_path / "config" / "jupyter_auth.toml"
    write(path, is_default=True)
    assert tomllib.loads(path.read_text()) == {"default_profile": "lake", "profiles": {"lake": LAKE}}
    assert (path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777) == (0o600, 0o700)


def test_comments_order_and_mode_stay(tmp_path: Path) -> None:
    path = tmp_path / "jupyter_auth.toml"
    path.write_text(OLD)
    path.chmod(0o640)
    write(path)
    text = path.read_text()
    assert text.startswith(OLD) and tomllib.loads(text)["profiles"]["lake"] == LAKE
    assert path.stat().st_mode & 0o777 == 0o640
    assert list(tmp_path.iterdir()) == [path]


def test_only_what_is_said_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "jupyter_auth.toml"
    path.write_text(OLD)
    write(path)
    with pytest.raises(ProfileError, match="already") as refused:
        write(path)
    assert refused.value.reason == "profile_exists"
    write(path, replace=True, is_default=True)
    text = path.read_text()
    assert tomllib.loads(text)["default_profile"] == "lake"
    assert text.count("[profiles.lake]") == 1 and "# only that" in text and "# mine" in text


@pytest.mark.parametrize(
    "old",
    [
        "",
        "# nothing yet\n",
        "[profiles]\n",
        '[profiles.a]\r\nissuer = "https://a.example"\r\nclient_id = "a"\r\n',
        '[profiles."a.b"]\nissuer = "https://a.example"\n[profiles.c]\nclient_id = "c"',
        'other = 1\n[profiles.a.scope_titles]\n"lake.read" = "Read"\n',
    ],
)
def test_however_a_file_is_written_nothing_in_it_changes(tmp_path: Path, old: str) -> None:
    path = tmp_path / "jupyter_auth.toml"
    path.write_bytes(old.encode())
    write(path, is_default=True)
    before, after = tomllib.loads(old), tomllib.loads(path.read_bytes().decode())
    assert after.pop("default_profile") == "lake"
    assert after["profiles"].pop("lake") == LAKE
    assert after == {**before, "profiles": before.get("profiles", {})}


@pytest.mark.parametrize(
    "old",
    [
        "[profiles",
        "profiles = 1\n",
        "\xff\xfe",
        "a = 1\na = 2\n",
        'profiles = {a = {issuer = "https://a.example"}}\n',  # nothing can be added to these but by hand
        'profiles.a.issuer = "https://a.example"\nprofiles.a.client_id = "a"\n',
    ],
)
def test_a_file_that_cannot_be_added_to_is_left_as_it_is(tmp_path: Path, old: str) -> None:
    path = tmp_path / "jupyter_auth.toml"
    path.write_bytes(old.encode("latin-1"))
    with pytest.raises(ProfileError) as refused:
        write(path)
    assert refused.value.reason == "bad_file" and path.read_bytes() == old.encode("latin-1")


def test_a_link_stays_one(tmp_path: Path) -> None:
    real, path = tmp_path / "dotfiles" / "auth.toml", tmp_path / "jupyter_auth.toml"
    real.parent.mkdir()
    real.write_text(OLD)
    path.symlink_to(real)
    write(path)
    assert path.is_symlink() and "lake" in real.read_text()


def test_of_many_at_once_none_is_lost(tmp_path: Path) -> None:
    path = tmp_path / "jupyter_auth.toml"
    names = [f"lake{number}" for number in range(16)]
    threads = [threading.Thread(target=write, args=(path, name)) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(tomllib.loads(path.read_text())["profiles"]) == sorted(names)
