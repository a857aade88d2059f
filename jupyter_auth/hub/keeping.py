"""What an administrator sets for the keeping of sign-ins, and what a person's server may ask for."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jupyter_auth.broker.config.settings import Settings
from jupyter_auth.broker.request import TokenRequest
from jupyter_auth.cache import places
from jupyter_auth.core.errors import ProfileError

PROFILE = "hub"  # the one profile of this broker


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a server asks for. ``resource`` is tagged as in a ``Target``, empty for the sign-in's own."""

    scopes: tuple[str, ...] = ()
    resource: str = ""
    claims: str | None = None

    @classmethod
    def from_wire(cls, body: Mapping[str, Any]) -> "Wanted":
        """The request in a body. Raises ``ProfileError`` for anything else: whose tokens are meant is
        nothing that can be asked for."""
        unknown = sorted(set(body) - {"scopes", "resource", "claims"})
        resource, claims = body.get("resource", ""), body.get("claims")
        if unknown or not isinstance(resource, str) or not isinstance(claims, str | None):
            raise ProfileError("Send scopes, resource and claims, and nothing else.", reason="bad_argument")
        if resource and not resource.startswith(("resource:", "audience:")):
            raise ProfileError("resource begins with 'resource:' or 'audience:'.", reason="bad_argument")
        request = TokenRequest.from_wire({"scopes": body.get("scopes"), "claims_challenge": claims})
        return cls(scopes=request.scopes, resource=resource, claims=claims)


@dataclass(frozen=True, slots=True, kw_only=True)
class Keeping:
    """What an administrator sets. ``audiences``: for which a token may be exchanged (RFC 8693);
    ``login_url``: where people sign in at the Hub anew without logging out."""

    profile: Mapping[str, Any] = field(hash=False)
    folder: Path
    seal_key_file: str | None = None
    audiences: tuple[str, ...] = ()
    scopes: tuple[str, ...] = ()
    login_url: str = ""
    audit_file: str | None = None

    @property
    def settings(self) -> Settings:
        """Those of the broker."""
        return Settings(
            profiles={PROFILE: {**self.profile}},
            default_profile=PROFILE,
            store_path=str(self.folder),
            seal_key_file=self.seal_key_file or str(own_key(self.folder)),
            allowed_scopes=self.scopes,
            audit_file=self.audit_file,
            renew_for=0,  # nobody is renewed for who does not ask
        )


def own_key(folder: Path) -> Path:
    """The file of the sealing key beside ``folder``, made whole where it is missing."""
    path = folder.with_name(f"{folder.name}-seal.key")
    places.create_private(path, f"{secrets.token_hex(32)}\n".encode())
    return path
