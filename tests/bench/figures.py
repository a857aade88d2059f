"""What a benchmark found, beside what was aimed at and what the peers need for the same."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One line of the table. ``limit`` is the most that was aimed at, or the least with ``at_least``;
    ``peers`` has what others need for the same in the same unit, by their names; ``spread`` the least and
    the most of the runs whose median ``value`` is."""

    name: str
    value: float
    unit: str
    limit: float | None = None
    at_least: bool = False
    peers: Mapping[str, float] = field(default_factory=dict)
    spread: tuple[float, float] | None = None
    note: str = ""

    @property
    def is_reached(self) -> bool:
        """True where the aim was reached, or there was none."""
        if self.limit is None:
            return True
        return self.value >= self.limit if self.at_least else self.value <= self.limit
