"""S11: secrets that came by environment are popped before the first kernel starts."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import websocket

from jupyter_auth.cli.demo.jupyter_process import JupyterProcess
from tests.idp import CONFIDENTIAL_CLIENT, CONFIDENTIAL_SECRET, OidcProvider
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
        made.variables(LAKE_CLIENT_SECRET=CONFIDENTIAL_SECRET, JUPYTER_OF_THE_TEST=CONFIDENTIAL_SECRET)
        added(made, idp, "batch", "LAKE_CLIENT_SECRET")
        with made.server("--ServerApp.jpserver_extensions=jupyter_server_terminals=True") as server:
            yield made, server


def added(made: Place, idp: OidcProvider, profile: str, variable: str) -> None:
    text = BATCH.format(issuer=idp.issuer, client_id=CONFIDENTIAL_CLIENT, name=variable)
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
    assert seen.count(CONFIDENTIAL_SECRET) == 3, "that of the control, which no profile names"


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


def test_nor_is_what_a_later_profile_names(
    idp: OidcProvider, with_secret: tuple[Place, JupyterProcess]
) -> None:
    made, server = with_secret
    added(made, idp, "later", "JUPYTER_OF_THE_TEST")  # Jupyter's own stay: kernels need them
    kernel = Kernel(server)
    kernel.run("import os, jupyter_auth as ja\ntok = ja.acquire_token_for_client('later')")
    assert kernel.value("os.environ['JUPYTER_OF_THE_TEST']") == CONFIDENTIAL_SECRET
    kernel.close()


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
