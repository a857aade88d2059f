"""What is released: a wheel that is the same from the source distribution and the tree, fit for an index."""

from __future__ import annotations

import csv
import re
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path
from zipfile import ZipFile

import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token
from packaging.specifiers import SpecifierSet

from tests.packaging.installs import metadata

ROOT = Path(__file__).resolve().parents[2]
#: What holds a secret by its name or its first line; one seals the sample of an old store, and nothing else.
SAMPLE = "tests/unit/cache/schema1/seal.key"
KEY_FILES = re.compile(r"\.(pem|key|p12|pfx|jks|jwk|env)$|(^|/)id_(rsa|ed25519)")
PRIVATE_KEY = re.compile(rb"-----BEGIN [A-Z ]*PRIVATE KEY-----\s+[A-Za-z0-9+/]{40}")


def recorded(path: Path) -> dict[str, str]:
    """Each file of a wheel and its SHA-256."""
    with ZipFile(path) as wheel:
        (name,) = (name for name in wheel.namelist() if name.endswith(".dist-info/RECORD"))
        return {row[0]: row[1] for row in csv.reader(wheel.read(name).decode().splitlines())}


@pytest.fixture(scope="module")
def sources(sdist_path: Path) -> dict[str, bytes]:
    """The source distribution's files, without the folder that they are in."""
    with tarfile.open(sdist_path) as archive:
        files = {member.name.partition("/")[2]: archive.extractfile(member) for member in archive}
        return {name: file.read() for name, file in files.items() if file is not None}


def test_the_tree_gives_the_same_wheel(wheel_path: Path, tmp_path: Path) -> None:
    """To the letter: so nothing that the build needs is missing in the source distribution."""
    build = [sys.executable, "-m", "build", "--wheel", "--quiet", "--installer=uv", "--outdir", str(tmp_path)]
    subprocess.run([*build, str(ROOT)], check=True, stdin=subprocess.DEVNULL)
    (from_tree,) = tmp_path.glob("*.whl")
    assert recorded(from_tree) == recorded(wheel_path)


def test_an_index_takes_both(wheel_path: Path, sdist_path: Path) -> None:
    """The metadata are valid, and the README is shown as it is meant."""
    check = [sys.executable, "-m", "twine", "check", "--strict", str(wheel_path), str(sdist_path)]
    done = subprocess.run(check, capture_output=True, text=True, check=False)
    assert done.returncode == 0 and done.stdout.count("PASSED") == 2, done.stdout + done.stderr


def test_no_link_of_what_an_index_shows_is_dead(wheel: ZipFile) -> None:
    """No file of the repository is beside it: what leads to one in the README is words there."""
    shown = str(metadata(wheel).get_payload())
    there = {token.attrs.get("href") or token.attrs.get("src") for token in _tokens(shown)} - {None}
    assert [str(link) for link in there if not str(link).startswith("https://")] == []
    assert "<img" not in shown and "<source" not in shown
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert "](docs/" in readme and "connect your own provider, see your sign-ins" in shown
    assert shown.count("\n#") == readme.count("\n#") and shown.count("```") == readme.count("```")


def _tokens(markdown: str) -> Iterator[Token]:
    for token in MarkdownIt("commonmark").enable("table").parse(markdown):
        yield from (token, *(token.children or ()))


def test_the_licence_is_in_both(wheel: ZipFile, sources: dict[str, bytes]) -> None:
    told = metadata(wheel)
    assert (told["License-Expression"], told.get_all("License-File")) == ("BSD-3-Clause", ["LICENSE"])
    (name,) = (name for name in wheel.namelist() if name.endswith(".dist-info/licenses/LICENSE"))
    assert wheel.read(name) == sources["LICENSE"] == (ROOT / "LICENSE").read_bytes()


def test_the_classifiers_agree_with_the_rest(wheel: ZipFile) -> None:
    told = metadata(wheel)
    classifiers = told.get_all("Classifier", [])
    pythons = [line.rpartition(" ")[2] for line in classifiers if re.search(r":: Python :: 3\.\d+$", line)]
    allowed = SpecifierSet(told["Requires-Python"])
    assert pythons and all(version in allowed for version in pythons)
    assert f"3.{int(pythons[0].partition('.')[2]) - 1}" not in allowed
    assert not [line for line in classifiers if line.startswith("License ::")]  # the expression stands for it


def test_no_key_is_in_either(wheel: ZipFile, sources: dict[str, bytes]) -> None:
    assert SAMPLE in sources and not any(name.startswith("tests/") for name in wheel.namelist())
    for files in ({name: wheel.read(name) for name in wheel.namelist()}, sources):
        assert [name for name in files if KEY_FILES.search(name) and name != SAMPLE] == []
        assert [name for name, content in files.items() if PRIVATE_KEY.search(content)] == []


def test_the_sources_are_whole(sources: dict[str, bytes]) -> None:
    """All that the project tracks but what runs its CI; and of what is made, the front end alone."""
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout.split("\0")
    tracked = {name for name in listed if name and not name.startswith(".") and (ROOT / name).is_file()}
    assert tracked <= sources.keys()
    made = [name for name in sources.keys() - tracked if name not in ("PKG-INFO", ".gitignore")]
    front_end = ("jupyter_auth/labextension/", "jupyter_auth/ui/static/", "labextension/.")
    assert [name for name in made if not name.startswith(front_end)] == []
