"""What the tests at the Entra-shaped provider share: its profiles, and a person who answers."""

from pathlib import Path
from typing import Any

from jupyter_auth.cli.demo.jupyter_process import JupyterProcess
from tests.idp import CONFIDENTIAL_SECRET
from tests.idp.entra import API, APP_PUBLIC, APP_SCOPE, APP_SECRET, DOWNSTREAM, HOME, EntraProvider
from tests.integration.conftest import pending
from tests.support import Kernel, Place

#: By the other road: the OpenID Connect engine at Entra's v2.0 issuer, for an application alone.
BATCH = """
[profiles.batch]
provider  = "client_credentials"
issuer    = "{issuer}"
client_id = "{client_id}"
client_secret_file = "{secret}"
scopes    = ["{scope}"]
ca_bundle = "{bundle}"
"""


def write_profiles(place: Place, entra: EntraProvider) -> None:
    """``graph`` (each account's own tenant); ``app``, ``orders`` and ``batch`` (an application)."""
    secret: Path = place.root / "application-secret"
    secret.write_text(CONFIDENTIAL_SECRET, encoding="utf-8")
    own = f'client_secret_file = "{secret}"'
    rows = (
        ("graph", "common", APP_PUBLIC, API),
        ("app", HOME, APP_SECRET, APP_SCOPE, own),
        ("orders", HOME, APP_SECRET, DOWNSTREAM, own),
    )
    text = ""
    for name, tenant, client_id, scope, *more in rows:
        text += entra.profile(name, *more, tenant=tenant, client_id=client_id, scope=scope)
    issuer = f"{entra.authority()}/v2.0"
    text += BATCH.format(
        issuer=issuer, client_id=APP_SECRET, secret=secret, scope=APP_SCOPE, bundle=entra.certificate
    )
    place.toml.write_text(text, encoding="utf-8")


def answer(entra: EntraProvider, server: JupyterProcess, username: str = "ada") -> dict[str, Any]:
    """Enter the one code that is shown; the interaction as it was."""
    waiting = pending(server)
    entra.approve(waiting["user_code"], waiting["verification_uri"], username)
    return waiting


def sign_in(entra: EntraProvider, kernel: Kernel, username: str = "ada", more: str = "") -> None:
    """Sign in from a cell; ``tok`` is the token."""
    cell = kernel.start(f"tok = ja.get_token('graph'{more})", "None")
    answer(entra, kernel.server, username)
    kernel.result_of(cell)
