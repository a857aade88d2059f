"""What came of a soak: counts, failures against the outages, and what the processes hold."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import psutil

from tests.soak.outages import Outage

#: Seconds after an outage in which a failure is still its own: what was asked during it waits for the
#: provider's or Redis's time limits, and Redis is looked for every 4 s at the least.
GRACE = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """What a process holds: resident memory in MB, open files (None where we may not look), threads."""

    memory: float
    files: int | None
    threads: int


def held(pid: int) -> Held:
    """What a process of ours holds now."""
    process = psutil.Process(pid)
    memory = round(process.memory_info().rss / 2**20, 1)
    try:
        files: int | None = process.num_fds()
    except psutil.AccessDenied:
        files = None
    return Held(memory=memory, files=files, threads=process.num_threads())


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """All figures of one soak."""

    seconds: float
    kernels: int
    lifetime: int  # seconds of an access token
    tokens: int
    calls: int
    failures: Sequence[dict[str, Any]]
    failed: int
    prompts: int
    refreshes: int
    accounts: int
    outages: Sequence[Outage]
    after_warming_up: dict[str, Held]
    at_the_end: dict[str, Held]

    @property
    def beyond(self) -> list[dict[str, Any]]:
        """The failures that no outage explains."""
        return [
            failure
            for failure in self.failures
            if not any(outage.covers(failure["began"], failure["ended"], GRACE) for outage in self.outages)
        ]

    @property
    def refreshes_per_half_life(self) -> float:
        """Refreshes of an account in half of a token's life; from there on it is refreshed behind its use."""
        return self.refreshes / self.accounts / (self.seconds / (self.lifetime / 2))

    def to_json(self) -> dict[str, Any]:
        """Everything, for a file; of the failures those that no outage explains."""
        told = asdict(self) | {
            "requests": self.tokens + self.calls,
            "failed_beyond_outages": len(self.beyond),
            "failures_beyond": self.beyond[:50],
            "failures_by_kind": dict(
                Counter(f"{one['what']}: {one['kind']} {one['reason']}"[:100] for one in self.failures)
            ),
            "refreshes_per_account_and_half_life": round(self.refreshes_per_half_life, 2),
        }
        del told["failures"]
        return told

    def __str__(self) -> str:
        down = sum(outage.end - outage.begin for outage in self.outages)
        lines = [
            f"{self.seconds:.0f} s, {self.kernels} kernels of 2 servers on one Redis",
            f"{self.accounts} accounts, access tokens of {self.lifetime} s",
            f"requests: {self.tokens} for a token, {self.calls} to the API",
            f"outages: {len(self.outages)}, {down:.0f} s in all",
            f"failed: {self.failed}",
            f"failed beyond the outages and {GRACE:.0f} s after each: {len(self.beyond)}",
            f"prompts: {self.prompts}",
            f"refreshes: {self.refreshes}",
            f"refreshes of an account in half a lifetime: {self.refreshes_per_half_life:.2f}",
        ]
        for name, end in self.at_the_end.items():
            first = self.after_warming_up[name]
            lines.append(
                f"{name}: memory {first.memory} → {end.memory} MB, open files {first.files} → {end.files}, "
                f"threads {first.threads} → {end.threads}"
            )
        return "\n".join(lines)
