"""Profiles of several places made one set: which counts, what is wrong with it, and what kernels may."""

from collections.abc import Mapping
from dataclasses import replace

from jupyter_auth.broker.config.closing import Closed
from jupyter_auth.broker.config.environment import ServerEnvironment
from jupyter_auth.broker.config.policy import Violation, violations
from jupyter_auth.broker.config.settings import Settings
from jupyter_auth.broker.tenants import client_of
from jupyter_auth.core.grant import stricter
from jupyter_auth.core.profile import Fault, Profile, read_profile


class Merged:
    """The profiles so far, from the weakest place to the strongest."""

    def __init__(self, settings: Settings, environment: ServerEnvironment | None = None) -> None:
        self.profiles: dict[str, Profile] = {}
        self.faults: dict[str, list[Fault]] = {}
        self.broken: set[str] = set()
        self.refused: dict[str, Violation] = {}
        self.shut_out: dict[str, str] = {}
        self._policy = settings.policy
        self._environment = environment
        self._access = settings.kernel_access
        self._by_admin: set[str] = set()
        self._closed = Closed()

    def add(self, tables: Mapping[str, object], place: str, *, by_admin: bool) -> None:
        """Take the profiles of ``place`` over those there are; ``by_admin``: an administrator's own."""
        for name, table in tables.items():
            profile, own = read_profile(name, table, place)
            profile = self._with_access(profile, table, by_admin=by_admin)
            if by_admin:
                self._closed.note(name, profile, table, self._access)
            self.profiles.pop(name, None)
            self.broken.discard(name)
            self.refused.pop(name, None)
            if profile is not None:
                against = list(violations(profile, self._policy))
                if self._environment is not None:
                    against += self._environment.violations(profile, by_admin=by_admin)
                own = [Fault(file=place, key=f"profiles.{name}.{v.key}", message=v.message) for v in against]
                if against:
                    self.refused[name] = against[0]
                profile = None if against else replace(profile, policy=self._policy)
            self.faults[name] = own
            if profile is None:
                self.broken.add(name)
            else:
                self.profiles[name] = profile

    def _with_access(self, profile: Profile | None, table: object, *, by_admin: bool) -> Profile | None:
        """The profile with what kernels may: an administrator's key decides, a person's can be stricter."""
        if profile is None:
            return None
        says = isinstance(table, dict) and "kernel_access" in table
        own = profile.kernel_access if says else self._access
        (self._by_admin.add if by_admin else self._by_admin.discard)(profile.name)
        return replace(profile, kernel_access=own if by_admin else stricter(own, self._access))

    def close(self) -> None:
        """A person's profile cannot open what the administrator closes, under that name or another: those of
        one application share its sign-ins."""
        for name, profile in self.profiles.items():
            if name not in self._by_admin:
                access = stricter(profile.kernel_access, self._closed.holds(profile))
                for other in self.profiles.values():
                    if client_of(other) == client_of(profile):
                        access = stricter(access, other.kernel_access)
                self.profiles[name] = replace(profile, kernel_access=access)
