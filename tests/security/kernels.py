"""Kernels with a token in their hands, and such without some defences, on one server."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from jupyter_auth.cli.demo.jupyter_process import JupyterProcess
from tests.idp import CONFIDENTIAL_CLIENT, CONFIDENTIAL_SECRET, OidcProvider
from tests.support import Kernel, Place, place

ROOT = Path(__file__).parents[2]
UNDEFENDED = "undefended"
HOLD_ONE = """
%load_ext jupyter_auth
import jupyter_auth as ja
tok = ja.acquire_token_for_client("batch")
"""
BATCH = """
[profiles.batch]
provider = "client_credentials"
issuer = "{issuer}"
client_id = "{client_id}"
client_secret_file = "{file}"
scopes = ["lake.read"]
"""


@contextmanager
def server(*promises: str) -> Iterator[tuple[Place, JupyterProcess]]:
    """A server with an application's profile ``batch``; its kernelspec ``undefended`` lacks some defences."""
    with OidcProvider() as provider, place(provider.issuer) as made:
        secret = made.root / "secret"
        secret.write_text(CONFIDENTIAL_SECRET, encoding="utf-8")
        secret.chmod(0o600)
        text = BATCH.format(issuer=provider.issuer, client_id=CONFIDENTIAL_CLIENT, file=secret)
        with made.toml.open("a", encoding="utf-8") as file:
            file.write(text)
        argv = [sys.executable, "-m", "tests.security.off", *promises, "--", "-m", "ipykernel_launcher"]
        spec = {
            "argv": [*argv, "-f", "{connection_file}"],
            "display_name": "Undefended",
            "env": {"PYTHONPATH": str(ROOT)},
        }
        # under which ipykernel captures no file descriptors
        made.environment.pop("PYTEST_CURRENT_TEST", None)  # type: ignore[attr-defined]
        folder = made.data / "kernels" / UNDEFENDED
        folder.mkdir(parents=True)
        (folder / "kernel.json").write_text(json.dumps(spec), encoding="utf-8")
        with made.server() as running:
            yield made, running


@contextmanager
def holding(running: JupyterProcess, name: str | None = None, code: str = HOLD_ONE) -> Iterator[Kernel]:
    """A kernel that holds ``tok``."""
    kernel = Kernel(running, name)
    try:
        kernel.run(code)
        yield kernel
    finally:
        kernel.close()
        kernel.shut_down()
