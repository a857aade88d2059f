"""Who is signed in."""

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from jupyter_auth.core.secret import utf8


def make_home_account_id(sub: str, issuer: str) -> str:
    """The account's key, Entra apart: ``b64url(sub) + "." + b64url(sha256(issuer)[:12])``.

    A ``sub`` is unique within its issuer only (OpenID Connect Core §2), hence the second part.
    """
    digest = hashlib.sha256(utf8(issuer)).digest()[:12]
    return f"{_b64url(utf8(sub))}.{_b64url(digest)}"


def _b64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A signed-in account (MSAL: ``IAccount``).

    ``home_account_id`` identifies it; ``username`` is for people (an e-mail or login, never a key);
    ``environment`` is the full issuer URL, for Entra the cloud; ``realm`` the tenant of the last sign-in,
    where there is one, which for a guest is not the one at home; ``default``: a person has chosen it to be
    used for ``profile`` where a call names no account.
    """

    home_account_id: str
    environment: str
    username: str
    name: str = ""
    realm: str = ""
    profile: str = ""
    default: bool = False

    @classmethod
    def from_wire(cls, wire: Mapping[str, Any]) -> "Account":
        """The account in a frame or REST answer; unknown fields are ignored."""
        texts = {f.name: str(wire.get(f.name) or "") for f in fields(cls) if f.name != "default"}
        return cls(**texts, default=wire.get("default") is True)

    def to_wire(self) -> dict[str, Any]:
        """The account as plain JSON."""
        return {f.name: getattr(self, f.name) for f in fields(self)}
