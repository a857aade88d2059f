"""What an administrator has closed to kernels stays closed, whatever a person's file says of it."""

from collections.abc import Mapping
from typing import Any

from jupyter_auth.broker.tenants import client_of
from jupyter_auth.cache.records import ClientKey
from jupyter_auth.core.grant import KernelAccess, stricter
from jupyter_auth.core.profile import Profile, read_profile
from jupyter_auth.core.profile_checks import CHECKS

_IDENTITY = ("issuer", "client_id", "tenant", "authority", "preset", "resource", "scopes")


class Closed:
    """The strictest that an administrator's profiles say of a name and of an application: also those that a
    stronger place replaces, and those that are broken."""

    def __init__(self) -> None:
        self._names: dict[str, KernelAccess] = {}
        self._clients: dict[ClientKey, KernelAccess] = {}
        self._all: KernelAccess = "allow"  # by broken ones of which nobody knows whose sign-ins they use

    def note(self, name: str, profile: Profile | None, table: object, default: KernelAccess) -> None:
        """Heed an administrator's profile; None where ``table`` is none. ``default``: of who says nothing."""
        said = table if isinstance(table, Mapping) else {}
        access = profile.kernel_access if profile is not None else _meant(said, default)
        client = client_of(profile) if profile is not None else _client(said)
        self._names[name] = stricter(access, self._names.get(name, "allow"))
        if client is None:
            self._all = stricter(access, self._all)
        else:
            self._clients[client] = stricter(access, self._clients.get(client, "allow"))

    def holds(self, profile: Profile) -> KernelAccess:
        """What kernels may at most with a person's ``profile``."""
        of_client = self._clients.get(client_of(profile), "allow")
        return stricter(stricter(self._names.get(profile.name, "allow"), of_client), self._all)


def _meant(table: Mapping[str, Any], default: KernelAccess) -> KernelAccess:
    """What a broken profile says; ``deny`` where that cannot be told: a key may be a misspelt one."""
    for access in ("allow", "ask", "deny"):
        if table.get("kernel_access") == access:
            return access
    return default if "kernel_access" not in table and set(table) <= set(CHECKS) else "deny"


def _client(table: Mapping[str, Any]) -> ClientKey | None:
    """Whose sign-ins a broken profile would use; None where it does not say so."""
    provider = table.get("provider")
    said = {key: table[key] for key in _IDENTITY if key in table}
    for kind in ("entra", "managed_identity"):
        if provider == kind:
            said["provider"] = kind
    if "provider" not in said:  # an application's own profile could not be read without its credentials
        said = {key: said[key] for key in ("issuer", "client_id", "preset") if key in said}
    profile, _ = read_profile("any", said, "")
    return client_of(profile) if profile is not None else None
