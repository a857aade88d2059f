"""The wheel, installed, works with the oldest dependencies that it allows and the newest."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path
from zipfile import ZipFile

import pytest
from packaging.utils import canonicalize_name
from packaging.version import Version

from tests.packaging.installs import Install, copy_tests, install, requirements, uv

ROOT = Path(__file__).resolve().parents[2]
LIBRARIES = {"lowest-direct": "oldest", "highest": "newest"}

#: Every module, as whoever imports it finds it; they are told by how many there are and where.
IMPORT_ALL = """
import importlib, pkgutil, jupyter_auth
names = [found.name for found in pkgutil.walk_packages(jupyter_auth.__path__, "jupyter_auth.")]
for name in names:
    if not name.endswith("__main__"):
        importlib.import_module(name)
print(len(names), jupyter_auth.__file__)
"""
#: Tests of what hangs on a library: traits, sealing, Redis, metrics, msal, HTTP below requests.
CHOSEN = (
    "broker/test_settings_files.py",
    "cache/test_sealing.py",
    "cache/test_stores.py",
    "providers/test_entra_clients.py",
    "providers/test_transport.py::test_a_broken_connection",
    "server/test_metrics.py",
)


@pytest.fixture(scope="module", params=LIBRARIES, ids=LIBRARIES.get)
def installed(
    request: pytest.FixtureRequest, wheel_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> Install:
    return install(wheel_path, tmp_path_factory.mktemp("install") / "venv", request.param)


def lower_bounds(wheel: ZipFile) -> Iterator[tuple[str, Version | None]]:
    """Of each dependency by its canonical name."""
    for requirement in requirements(wheel):
        bounds = [Version(one.version) for one in requirement.specifier if one.operator in (">=", "==")]
        yield canonicalize_name(requirement.name), max(bounds, default=None)


def imported() -> set[str]:
    """The modules of others that the package imports anywhere."""
    found = set()
    for path in (ROOT / "jupyter_auth").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                found |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
                found.add(node.module.partition(".")[0])
    return found - {*sys.stdlib_module_names, "jupyter_auth"}


def test_what_is_imported_is_asked_for(wheel: ZipFile) -> None:
    """Not only brought by another dependency; pytest alone is up to those who test a store of their own."""
    asked = {name for name, _ in lower_bounds(wheel)}
    bringing = packages_distributions()
    missing = {
        module
        for module in imported() - {"pytest"}
        if not asked.intersection(map(canonicalize_name, bringing.get(module, [])))
    }
    assert missing == set()


def test_everything_has_a_lower_bound(wheel: ZipFile) -> None:
    assert [name for name, bound in lower_bounds(wheel) if bound is None] == []


def test_no_two_disagree(installed: Install) -> None:
    uv("pip", "check", "--quiet", "--python", str(installed.python))


def test_the_oldest_are_the_bounds_themselves(installed: Install, wheel: ZipFile) -> None:
    """Else a bound would promise what another dependency forbids, and nothing would ever try it."""
    versions = installed.versions()
    allowed = dict(lower_bounds(wheel))
    higher = {name: versions[name] for name, low in allowed.items() if low and Version(versions[name]) > low}
    if installed.resolution == "lowest-direct":
        assert higher == {}
    else:
        assert len(higher) > len(allowed) / 2


def test_every_module_is_imported(installed: Install) -> None:
    count, place = installed.run("python", "-c", IMPORT_ALL).splitlines()[-1].split()
    assert Path(place).is_relative_to(installed.folder)
    assert int(count) >= len([*(ROOT / "jupyter_auth").rglob("*.py")]) - 1  # the package itself


def test_jupyterlab_takes_the_extension(installed: Install) -> None:
    told = installed.run("jupyter", "labextension", "list")
    (line,) = [line for line in told.splitlines() if "jupyter-token-broker" in line]
    assert "enabled" in line and "OK" in line


def test_the_product_does_its_job(installed: Install) -> None:
    """Server, extension, provider, two kernels, a sign-in, a session of requests, a clear."""
    assert "All 12 steps went well" in installed.run("jupyter", "auth", "demo", "--check")


def test_what_hangs_on_libraries(installed: Install, tmp_path: Path) -> None:
    copy_tests(tmp_path)
    chosen = [f"tests/unit/{name}" for name in CHOSEN]
    told = installed.run(
        "python", "-m", "pytest", "-q", "-p", "no:cacheprovider", "-W", "default", *chosen, cwd=tmp_path
    )
    assert " passed" in told and " skipped" not in told, told
