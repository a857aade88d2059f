"""What came of the rounds of ``tests.soak.kills``."""

import statistics
from collections import Counter
from dataclasses import dataclass, field


@dataclass(slots=True, kw_only=True)
class Tally:
    """Counts. A window is the time in ms from a provider's answer to the commit of what it gave."""

    store: str
    rounds: int = 0
    opened: int = 0
    accounts: int = 0
    refreshes: int = 0  # acknowledged
    saved: int = 0  # other records, acknowledged
    lost: int = 0  # of what was acknowledged
    inside: int = 0  # accounts whose kill fell between rotation and commit
    revoked_inside: int = 0
    revoked_outside: int = 0
    redis_kills: int = 0
    problems: Counter[str] = field(default_factory=Counter)
    windows: list[float] = field(default_factory=list)
    quiet: list[float] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    @property
    def is_good(self) -> bool:
        """True where nothing was lost that need not be."""
        return (
            self.opened == self.rounds
            and not self.lost
            and not self.revoked_outside
            and self.revoked_inside == self.inside
            and not self.wrong
        )

    def __str__(self) -> str:
        lines = [
            f"{self.store}: {self.rounds} rounds, opened {self.opened}",
            f"acknowledged: {self.refreshes} refreshes and {self.saved} other records; lost {self.lost}",
            f"of {self.accounts} accounts: killed between rotation and commit {self.inside}, "
            f"revoked of these {self.revoked_inside}, revoked of the others {self.revoked_outside}",
            f"window under load: {_times(self.windows)}",
            f"window with nothing else to do: {_times(self.quiet)}",
            f"wrong: {len(self.wrong)}",
        ]
        if self.redis_kills:
            lines.insert(1, f"Redis killed and started again: {self.redis_kills} times")
        if self.problems:
            lines.append(f"told by the broker meanwhile: {dict(self.problems)}")
        return "\n".join(lines)


def _times(windows: list[float]) -> str:
    if len(windows) < 2:
        return "not measured"
    median, p99 = statistics.median(windows), statistics.quantiles(windows, n=100)[98]
    return f"median {median:.2f} ms, p99 {p99:.2f} ms, most {max(windows):.2f} ms, of {len(windows)}"
