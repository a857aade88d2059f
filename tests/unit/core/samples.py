"""Results and secrets to test with; the canaries must never be seen anywhere."""

import base64
import time
from collections.abc import Iterator
from typing import Any

from jupyter_auth.core.account import Account
from jupyter_auth.core.result import AuthenticationResult, Provenance, TokenData
from jupyter_auth.core.secret import Secret

CANARY = "eyJ-canary.token~value_0123456789"

ACCOUNT = Account(
    home_account_id="YWRh.aXNz",
    environment="https://idp.example.org/realms/science",
    username="ada@contoso.com",
    name="Ada",
    realm="contoso",
    profile="graph",
)


def token_data(**changes: Any) -> TokenData:
    """A token that ends in 58 minutes."""
    now = int(time.time())
    values: dict[str, Any] = {
        "access_token": Secret(CANARY),
        "account": ACCOUNT.to_wire(),
        "expires_on": now + 58 * 60 + 30,
        "id_token_claims": {"sub": "ada", "address": {"country": "UK"}},
        "issued_on": now - 90,
        "profile": "graph",
        "refresh_on": now + 30 * 60,
        "scopes": ("User.Read",),
        "tenant_id": "contoso",
        "token_endpoint": "https://idp.example.org/token",
        "token_type": "Bearer",
        "version": "0123456789abcdef",
    }
    return TokenData(**values | changes)


def result(origin: Provenance | None = None, **changes: Any) -> AuthenticationResult:
    """A result, with the given fields of its token changed."""
    return AuthenticationResult(token_data(**changes), origin or Provenance("cache", "kernel"), "corr-1")


def forms(secret: str) -> Iterator[str]:
    """How a secret may look where it has leaked."""
    raw = secret.encode()
    yield secret
    yield secret[:8]
    yield raw.hex()
    for shift in range(3):  # base64 of a longer text with the secret in it
        yield base64.b64encode(b"." * shift + raw).decode()[4:-4]
        yield base64.urlsafe_b64encode(b"." * shift + raw).decode()[4:-4]


def assert_hidden(text: str, secret: str = CANARY) -> None:
    """``text`` shows nothing of ``secret``."""
    for form in forms(secret):
        assert form not in text
