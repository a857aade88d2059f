"""Azure's blob storage, in a process of its own: it takes tokens such as Entra gives."""

import subprocess
from pathlib import Path

from tests.idp.node import ensure_packages, node
from tests.idp.process import ProviderProcess

ACCOUNT = "devstoreaccount1"  # the one that azurite has
_HERE = Path(__file__).resolve().parent


class Azurite(ProviderProcess):
    """``with Azurite(certificate, key) as storage: ... storage.url``."""

    def __init__(self, certificate: Path, key: Path, *, start_timeout: float = 120.0) -> None:
        super().__init__(start_timeout=start_timeout)
        self._certificate, self._key = certificate, key

    def _launch(self) -> "subprocess.Popen[str]":
        """Install the packages where need be and start node."""
        ensure_packages(_HERE, "--omit=optional")
        server = _HERE / "server.cjs"
        return self._spawn([node(), str(server)], CERT_FILE=str(self._certificate), KEY_FILE=str(self._key))

    @property
    def url(self) -> str:
        """The address of the account."""
        return f"{self.issuer}/{ACCOUNT}"
