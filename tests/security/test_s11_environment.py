"""S11: secrets that came by environment are popped before the first kernel starts.

Nor does a profile that a kernel writes have the server send them, or another of its variables, elsewhere.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import websocket

from jupyter_auth.broker.config.environment import ServerEnvironment
from jupyter_auth.cli.demo.jupyter_process import JupyterProcess
from jupyter_auth.core.errors import ProfileError
from jupyter_auth.core.profile import Profile
from jupyter_auth.providers.credential_files import client_secret
from tests.idp import CONFIDENTIAL_CLIENT, CONFIDENTIAL_SECRET, MisbehavingProvider, OidcProvider
from tests.support import Kernel, Place, place

BATCH = """
[profiles.batch]
provider = "client_credentials"
issuer = "{issuer}"
client_id = "{client_id}"
client_secret_env = "{name}"
scopes = ["lake.read"]
"""


@pytest.fixture(scope="module")
def idp() -> Iterator[OidcProvider]:
    with OidcProvider() as running:
        yield running


@pytest.fixture(scope="module")
def with_secret(idp: OidcProvider) -> Iterator[tuple[Place, JupyterProcess]]:
    """A server that has an application's secret in its environment."""
    with place(idp.issuer) as made:
        made.variables(
            LAKE_CLIENT_SECRET=CONFIDENTIAL_SECRET,
            JUPYTER_OF_THE_TEST=CONFIDENTIAL_SECRET,
            OF_THE_SERVER=CONFIDENTIAL_SECRET,
        )
        added(made, idp.issuer, "batch", "LAKE_CLIENT_SECRET")
        with made.server("--ServerApp.jpserver_extensions=jupyter_server_terminals=True") as server:
            yield made, server


def added(made: Place, issuer: str, profile: str, variable: str) -> None:
    text = BATCH.format(issuer=issuer, client_id=CONFIDENTIAL_CLIENT, name=variable)
    with made.toml.open("a", encoding="utf-8") as file:
        file.write(text.replace("[profiles.batch]", f"[profiles.{profile}]"))


def test_what_came_by_environment_is_not_in_a_kernel_s(with_secret: tuple[Place, JupyterProcess]) -> None:
    kernel = Kernel(with_secret[1])
    kernel.run("import os, subprocess, jupyter_auth as ja\ntok = ja.acquire_token_for_client('batch')")
    assert kernel.value("len(tok.reveal()) > 10") is True
    mine = "dict(os.environ), open(f'/proc/{os.getpid()}/environ').read(), subprocess.check_output('env')"
    seen = kernel.value(f"repr(({mine}))")
    kernel.close()
    assert "LAKE_CLIENT_SECRET" not in seen and "JUPYTER_OF_THE_TEST" in seen
    assert seen.count(CONFIDENTIAL_SECRET) == 2 * 3, "those of the controls, which no profile names"


def test_nor_in_a_terminal_s(with_secret: tuple[Place, JupyterProcess]) -> None:
    server = with_secret[1]
    name = server.post("api/terminals", {}).json()["name"]
    socket = websocket.create_connection(
        f"{server.url.replace('http', 'ws', 1)}terminals/websocket/{name}",
        timeout=20,
        header=[f"Authorization: token {server.token}"],
        http_no_proxy=["127.0.0.1"],
    )
    said = ""
    try:
        socket.send(json.dumps(["stdin", "env; tr '\\0' '\\n' < /proc/$$/environ; echo all-of-$((6*7))\r"]))
        while "all-of-42" not in said:
            said += str(socket.recv())
    finally:
        socket.shutdown()  # type: ignore[no-untyped-call]
    assert "LAKE_CLIENT_SECRET" not in said
    assert said.count(f"JUPYTER_OF_THE_TEST={CONFIDENTIAL_SECRET}") == 2, "that of the control"


@pytest.mark.parametrize(
    ("profile", "variable"),
    [
        ("later", "OF_THE_SERVER"),  # which no profile named when the server started
        ("elsewhere", "LAKE_CLIENT_SECRET"),  # which one did, for another provider
        ("jupyters", "JUPYTER_OF_THE_TEST"),
    ],
)
def test_a_profile_that_a_kernel_writes_has_no_variable_sent(
    with_secret: tuple[Place, JupyterProcess], profile: str, variable: str
) -> None:
    made, server = with_secret
    kernel = Kernel(server)
    try:
        with MisbehavingProvider() as attackers:
            added(made, attackers.issuer, profile, variable)
            said = kernel.fails(f"__import__('jupyter_auth').acquire_token_for_client({profile!r})")
            assert "PolicyError" in said and variable in said and not attackers.requests
        kernel.run("import jupyter_auth as ja\ntok = ja.acquire_token_for_client('batch')")  # as it was
    finally:
        kernel.close()


OWN = Profile(
    name="own", issuer="https://a.example", client_id="nb", client_secret_env="OF_THE_PERSON", scopes=("x",)
)


@pytest.mark.parametrize(
    ("changes", "by_admin", "refused"),
    [
        ({}, False, False),
        ({"name": "renamed", "scopes": ("x", "y"), "title": "Mine"}, False, False),
        ({"issuer": "https://b.example"}, False, True),
        ({"client_id": "other"}, False, True),
        ({"provider": "client_credentials"}, False, True),
        ({"ca_bundle": "/etc/ca.pem"}, False, True),
        ({"proxies": {"https": "http://b.example"}}, False, True),
        ({"endpoints": {"token_endpoint": "https://b.example"}}, False, True),
        ({"client_secret_env": "ANOTHER"}, False, True),
        ({"client_secret_env": "ANOTHER", "issuer": "https://b.example"}, True, False),
        ({"client_secret_env": "JUPYTERHUB_API_TOKEN"}, True, True),
        ({"client_secret_env": "jpy_api_token"}, True, True),
    ],
)
def test_whose_variable_is_sent_where(changes: dict[str, Any], by_admin: bool, refused: bool) -> None:
    environment = ServerEnvironment()
    environment.heed([OWN])
    changed = replace(OWN, **changes)
    environment.heed([changed])  # what is read later is not what stood there at the start
    assert bool([*environment.violations(changed, by_admin=by_admin)]) is refused


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="there is no such thing here")
@pytest.mark.parametrize("way", ["/proc/self/environ", "/proc/thread-self/environ", "link", "folder"])
def test_the_environment_is_no_file_of_a_secret(tmp_path: Path, way: str) -> None:
    (tmp_path / "link").symlink_to("/proc/self/environ")
    (tmp_path / "folder").symlink_to("/proc/self")
    path = {"link": tmp_path / "link", "folder": tmp_path / "folder" / "environ"}.get(way, Path(way))
    with pytest.raises(ProfileError, match="OSError"):
        client_secret(replace(OWN, client_secret_env="", client_secret_file=str(path)))


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="there is no such thing here")
def test_nor_is_it_when_the_folder_has_become_a_link_meanwhile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "folder").symlink_to("/proc/self")
    monkeypatch.setattr(Path, "resolve", lambda path: path)  # it was none when it was looked at
    with pytest.raises(ProfileError):
        client_secret(
            replace(OWN, client_secret_env="", client_secret_file=str(tmp_path / "folder" / "environ"))
        )


def test_a_script_without_a_server_has_its_own(tmp_path: Path) -> None:
    """There the broker is in the process that has the variable; what it starts keeps it."""
    code = """
import os
from jupyter_auth.providers import credential_files
from jupyter_auth.core.profile import read_profile
table = dict(provider="client_credentials", issuer="https://idp.example", client_id="c",
             client_secret_env="THE_SECRET", scopes=["a"])
profile, faults = read_profile("batch", table, "here")
assert not faults, faults
print(credential_files.client_secret(profile), os.environ["THE_SECRET"])
credential_files.withhold([profile])
import dataclasses
credential_files.withhold([dataclasses.replace(profile, client_secret_env="PATH")])
assert "PATH" in os.environ
print(credential_files.client_secret(profile), os.environ.get("THE_SECRET"))
"""
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | {"THE_SECRET": "s3cret"},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stdout.split() == ["s3cret", "s3cret", "s3cret", "None"]
