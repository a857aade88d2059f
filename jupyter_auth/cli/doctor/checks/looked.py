"""A profile that is looked at, and findings about it."""

from dataclasses import dataclass

from jupyter_auth.broker.config.settings import PROFILES_PLACE
from jupyter_auth.cli.doctor.finding import Finding, Reason
from jupyter_auth.cli.doctor.situation import Situation
from jupyter_auth.core.profile import Profile

CHECK = "provider"


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """A profile, and where what is to be changed about it stands."""

    situation: Situation
    profile: Profile

    def fault(self, reason: Reason, message: str, advice: str, **lines: tuple[str, ...]) -> Finding:
        """A finding about it; lines to write belong into its table."""
        if lines.get("write"):
            name, place = self.profile.name, self.situation.place_of(self.profile)
            where = f"Write in {place}, below [profiles.{name}]:"
            if place == PROFILES_PLACE:
                where = f"An administrator must say so in {place}[{name!r}]:"
            advice = f"{advice.rstrip('.:')}. {where}"
        return Finding(
            check=CHECK,
            about=self.profile.name,
            state="fault",
            reason=reason,
            message=message,
            advice=advice,
            run=lines.get("run", ()),
            write=lines.get("write", ()),
        )
