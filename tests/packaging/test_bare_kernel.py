"""A kernel's environment with ipykernel and this package alone: its tokens come from a server elsewhere."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from jupyter_auth.cli.demo.jupyter_process import JupyterProcess
from tests.idp import OidcProvider
from tests.packaging.installs import uv
from tests.support import Kernel, Place, Script, place

ABSENT = (
    "anywidget",
    "cryptography",
    "ipywidgets",
    "jupyter_server",
    "msal",
    "requests",
    "requests_oauth2client",
)
FOUND = "[name for name in {names!r} if __import__('importlib.util').util.find_spec(name)]"
SOURCE = "[tok.metadata.token_source, tok.metadata.cache_level]"
FAILED = """
try:
    ja.get_token("lake"); outcome = ["token"]
except ja.AuthError as error:
    outcome = [type(error).__name__, error.reason, error.retryable, error.message, error.hint]
"""


@pytest.fixture(scope="module")
def bare(wheel_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of such an environment."""
    folder = tmp_path_factory.mktemp("bare")
    uv("venv", "--quiet", "--python", sys.executable, str(folder))
    python = folder / "bin" / "python"
    for what in (["ipykernel"], ["--no-deps", str(wheel_path)]):
        uv("pip", "install", "--quiet", "--python", str(python), *what)
    return python


@pytest.fixture(scope="module")
def provider() -> Iterator[OidcProvider]:
    with OidcProvider() as running:
        running.set(interval=1)
        yield running


@pytest.fixture(scope="module")
def home(bare: Path, provider: OidcProvider) -> Iterator[Place]:
    """A place whose kernelspec ``bare`` is that environment's."""
    spec = {
        "argv": [str(bare), "-m", "ipykernel_launcher", "-f", "{connection_file}"],
        "display_name": "Bare",
        "language": "python",
    }
    with place(provider.issuer) as made:
        folder = made.data / "kernels" / "bare"
        folder.mkdir(parents=True)
        (folder / "kernel.json").write_text(json.dumps(spec), encoding="utf-8")
        yield made


@pytest.fixture(scope="module")
def server(home: Place) -> Iterator[JupyterProcess]:
    """A server of the tests' own environment."""
    with home.server() as running:
        yield running


@pytest.fixture
def kernel(server: JupyterProcess) -> Iterator[Kernel]:
    started = Kernel(server, "bare")
    yield started
    started.close()


def sign_in(kernel: Kernel, provider: OidcProvider, cell: str) -> list[dict[str, Any]]:
    """Answer the prompt of a running cell as a person; what the cell has shown."""
    provider.approve(kernel.shows(cell)["text/plain"].partition("2. Enter")[2].split()[0])
    kernel.result_of(cell)
    return kernel.displays(cell)


def test_it_gets_tokens_from_a_server_elsewhere(
    server: JupyterProcess, provider: OidcProvider, kernel: Kernel, bare: Path
) -> None:
    assert kernel.run("import jupyter_auth as ja, sys", "sys.executable") == str(bare)
    assert kernel.value("ja.__file__").startswith(str(bare.parents[1]))
    assert kernel.value(FOUND.format(names=(*ABSENT, "psutil"))) == ["psutil"]
    first, *_, last = sign_in(kernel, provider, kernel.start("tok = ja.get_token('lake')", "None"))
    for kind, more in (("text/plain", ()), ("text/html", ("<style", "<script"))):
        missing = [w for w in ("Sign in to", "Bare", "Test lake", *more) if w not in first[kind]]
        assert missing == [], first[kind]
    assert "ada" in last["text/plain"] and "ada" in last["text/html"]
    assert kernel.value(SOURCE) == ["identity_provider", None]
    assert provider.userinfo(kernel.value("tok.reveal()"))["sub"] == "ada"
    assert kernel.run("tok = ja.get_token('lake')", SOURCE) == ["cache", "memory"]
    assert kernel.run("tok = ja.get_token('lake')", SOURCE) == ["cache", "kernel"]
    assert kernel.run("tok = ja.get_token('lake', force_refresh=True)", SOURCE)[0] == "identity_provider"
    assert provider.token_responses() == 2


def test_the_magics_work_there(server: JupyterProcess, provider: OidcProvider, kernel: Kernel) -> None:
    kernel.run("import jupyter_auth as ja\n%load_ext jupyter_auth")
    assert [shown["text/plain"] for shown in sign_in(kernel, provider, kernel.start("%auth login", "None"))]
    assert kernel.run("tok = %get_token lake lake.read", "tok.account.username") == "ada"
    kernel.run("tok\n%auth status")
    assert "in the Jupyter server (process" in kernel.text()
    kernel.run("%auth logout lake\n%auth clear")
    assert "1 account signed out" in kernel.text() and "Cache cleared" in kernel.text()
    assert "Nobody is signed in to lake." in kernel.fails("%get_token lake --no-prompt")


def test_the_product_s_own_parts_are_all_that_such_a_kernel_loads(kernel: Kernel) -> None:
    kernel.run("import sys; before = set(sys.modules)")
    kernel.run("%load_ext jupyter_auth\nimport jupyter_auth as ja\nja.get_accounts()")
    new = {name.partition(".")[0] for name in kernel.value("sorted(set(sys.modules) - before)")}
    assert new - {*sys.stdlib_module_names, "IPython", "jupyter_auth"} == set()


def test_an_adapter_says_what_it_needs(kernel: Kernel) -> None:
    told = kernel.fails("import jupyter_auth as ja; ja.session('lake')")
    assert "requests is not installed in this environment" in told
    assert "pip install 'jupyter-token-broker'" in told


def test_a_script_there_is_told_what_it_lacks(home: Place, bare: Path) -> None:
    with Script(home, str(bare)) as script:
        kind, reason, retryable, message, hint = script.run(FAILED, "outcome")
    assert (kind, reason, retryable) == ("TransportError", "no_broker", False)
    assert message.startswith("This process is no kernel of a Jupyter server.")
    assert any(f"{name} is missing" in message for name in ABSENT), message
    assert f"{bare} -m pip install jupyter-token-broker" in hint and "Jupyter server" in hint
