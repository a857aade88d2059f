"""A kernel that has the drivers at hand, and the provider that its tokens come from."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.idp import OidcProvider
from tests.integration.conftest import pending
from tests.support import Kernel, Place

ROOT = Path(__file__).resolve().parents[2]
BEGIN = """
import os, sys
sys.path.insert(0, {root!r})
os.environ.update(SSL_CERT_FILE={certificate!r}, REQUESTS_CA_BUNDLE={certificate!r})
import jupyter_auth as ja
from tests.adapters.drivers import DRIVERS, elsewhere
def driver(name, *what, **options):
    kind = DRIVERS[name]
    return kind(kind.made(*(what or ["lake"]), **options))
"""


@dataclass(frozen=True, slots=True)
class Desk:
    """Where a test sits."""

    place: Place
    kernel: Kernel
    provider: OidcProvider
    certificate: Path

    def begin(self) -> None:
        """Get the kernel ready."""
        self.kernel.run(BEGIN.format(root=str(ROOT), certificate=str(self.certificate)))

    def sign_in(self) -> None:
        """As a person would, from the kernel."""
        cell = self.kernel.start("ja.get_token('lake')", "None")
        self.answer()
        self.kernel.result_of(cell)

    def answer(self) -> None:
        """The one sign-in that waits."""
        self.provider.approve(pending(self.kernel.server, timeout=60)["user_code"])

    def run(self, code: str, value: str = "None") -> Any:
        """Run a cell, then tell the value of an expression."""
        return self.kernel.run(code, value)

    def sends(self, client: str, *urls: str, options: str = "") -> list[int]:
        """A new driver sends a GET to each; the statuses."""
        code = f"d = driver({client!r}, 'lake'{options})"
        return list(self.run(code, f"[d.send(url) for url in {list(urls)!r}]"))

    @property
    def refreshes(self) -> int:
        """How often the provider was asked for a token since the test began."""
        return self.provider.token_responses("refresh_token")

    @property
    def token(self) -> str:
        """The token in the cache."""
        return str(self.run("", "ja.get_token('lake', interactive=False).reveal()"))
