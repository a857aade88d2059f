"""A grant as the broker holds it: with what it was given for, which a profile's name does not tell."""

from dataclasses import dataclass, replace

from jupyter_auth.broker.grants.wanted import Kind, Place, Wanted
from jupyter_auth.core.grant import KernelGrant
from jupyter_auth.core.scopes import resource_scopes


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A grant and what narrows it. ``kind``: None for any, also for an application's own tokens.

    ``own``: the profile's scopes when it was given. ``binds``: it was given before anybody was signed in, and
    so is for whose token comes first; for ``named`` only where the kernel had named somebody.
    """

    grant: KernelGrant
    place: Place
    own: frozenset[str] = frozenset()
    kind: Kind | None = None
    username: str | None = None
    binds: bool = False
    named: str | None = None

    def allows_for(self, wanted: Wanted) -> bool:
        """True where it is for the same application and account; its scopes are another question."""
        if self.grant.decision != "allow" or self.grant.profile != wanted.profile:
            return False
        return self.place == wanted.place and self.kind in (None, wanted.kind) and self._is_for(wanted)

    def _is_for(self, wanted: Wanted) -> bool:
        if self.grant.account is not None:
            return self.grant.account == wanted.account
        if self.named is None:
            return True
        if wanted.account is None:
            return wanted.named is not None and wanted.named.casefold() == self.named.casefold()
        names = {wanted.account, (wanted.username or "").casefold()}
        return not names.isdisjoint({self.named, self.named.casefold()})

    def scopes(self, wanted: Wanted) -> frozenset[str]:
        """What it is for, as it is compared."""
        if self.grant.scopes is None:
            return wanted.own
        return resource_scopes(self.grant.scopes, fold=wanted.folds_case)

    def refuses(self, wanted: Wanted) -> bool:
        """True where it stands against any of what is wanted, under whatever profile's name."""
        if self.grant.decision != "deny" or self.place.client != wanted.place.client:
            return False
        if self.grant.account is not None and self.grant.account != wanted.account:
            return False
        is_same = self.grant.profile == wanted.profile
        if self.grant.scopes is None and (is_same or wanted.access == "allow"):
            return True  # where all is open, another name must not open it again, whatever its scopes
        refused = self.own if self.grant.scopes is None else self.scopes(wanted)
        return (is_same and not wanted.scopes) or not refused.isdisjoint(wanted.scopes)

    def bound(self, wanted: Wanted) -> "Held":
        """It is for this account from now on."""
        grant = replace(self.grant, account=wanted.account)
        return replace(self, grant=grant, username=wanted.username, binds=False, named=None)
