"""oidc-agent (Debian's package ``oidc-agent-cli``) with an account at the test provider."""

import ctypes
import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import requests

from tests.idp import CONFIDENTIAL_CLIENT, CONFIDENTIAL_SECRET, OidcProvider
from tests.support import until

ACCOUNT = "lake"
SCOPE = "openid profile offline_access lake.read"
#: its protocol, in the clear; its own library encrypts the same
REQUEST = b'{"request":"access_token","account":"lake","min_valid_period":60}'
LIBRARY = "liboidc-agent.so.4"


class OidcAgent:
    """A running agent that has a token; each request takes a connection of its own, by its protocol."""

    def __init__(self, path: Path) -> None:
        self._path = str(path)
        os.environ["OIDC_SOCK"] = self._path  # where the library looks
        self._library = ctypes.CDLL(LIBRARY)
        self._library.getAccessToken.restype = ctypes.c_void_p
        self._library._secFree.argtypes = [ctypes.c_void_p]
        self.text()

    def ask(self) -> bytes:
        """One request as plainly as the agent takes it: connect, write, read."""
        with socket.socket(socket.AF_UNIX) as line:
            line.connect(self._path)
            line.sendall(REQUEST)
            answer = line.recv(65536)
        if not answer.startswith(b'{"status":"success"'):
            raise RuntimeError("oidc-agent gives no token")
        return answer

    def text(self) -> bytes:
        """One request by its own library, which encrypts it."""
        found = self._library.getAccessToken(ACCOUNT.encode(), ctypes.c_long(60), None)
        if not found:
            raise RuntimeError("oidc-agent's library gives no token")
        token = ctypes.string_at(found)
        self._library._secFree(found)
        return token


@contextmanager
def oidc_agent(provider: OidcProvider) -> Iterator[OidcAgent]:
    """An agent that somebody has signed in to; raises ``RuntimeError`` where it is not installed."""
    if shutil.which("oidc-agent") is None:
        raise RuntimeError("oidc-agent is missing: apt-get install oidc-agent-cli")
    with tempfile.TemporaryDirectory(prefix="oa-") as name:
        folder = Path(name)
        own = {
            "OIDC_CONFIG_DIR": name,
            "OIDC_SOCK": str(folder / "agent.sock"),
            "OIDC_ENCRYPTION_PW": "not-a-secret",
            "OIDC_REFRESH_TOKEN": _refresh_token(provider),
        }
        environment = {**os.environ, **own}
        command = ["oidc-agent", "--console", "--no-webserver", "-a", own["OIDC_SOCK"]]
        agent = subprocess.Popen(
            command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        try:
            until(Path(own["OIDC_SOCK"]).exists, 10)
            subprocess.run(_generate(provider), env=environment, check=True, timeout=60, capture_output=True)
            yield OidcAgent(Path(own["OIDC_SOCK"]))
        finally:
            agent.terminate()
            agent.wait(10)


def _generate(provider: OidcProvider) -> list[str]:
    """The command that makes the account."""
    return [
        *("oidc-gen", ACCOUNT, "--manual", "--iss", provider.issuer, "--scope", SCOPE),
        *("--client-id", CONFIDENTIAL_CLIENT, "--client-secret", CONFIDENTIAL_SECRET),
        *("--rt-env", "--pw-env", "--prompt=none", "--confirm-default", "--no-url-call"),
        *("--redirect-uri", "http://localhost:4242"),
    ]


def _refresh_token(provider: OidcProvider) -> str:
    """A person signs in by a code."""
    auth = CONFIDENTIAL_CLIENT, CONFIDENTIAL_SECRET
    with requests.Session() as session:
        session.trust_env = False
        asked = {"client_id": CONFIDENTIAL_CLIENT, "scope": SCOPE}
        code = session.post(provider.url("device_authorization"), asked, auth=auth, timeout=20).json()
        provider.approve(code["user_code"])
        grant = {
            "grant_type": "urn:ietf:params:oauth:grant-type:device_code",
            "device_code": code["device_code"],
        }
        answer = session.post(provider.url("token"), grant, auth=auth, timeout=20).json()
    return str(answer["refresh_token"])
