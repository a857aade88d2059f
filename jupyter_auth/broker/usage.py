"""Which kernel was handed tokens of which profile: counted in memory, for people to see."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from jupyter_auth.broker.changes import Changes, KernelChanged

MAX_KERNELS = 1000  # of which those that asked longest ago are forgotten


@dataclass(slots=True, kw_only=True)
class ProfileUse:
    """How often a kernel was handed a token of one profile, and when last."""

    count: int = 0
    last_used: float = 0.0


@dataclass(slots=True, kw_only=True, eq=False)
class KernelUse:
    """One kernel: its connections, and what it was handed over them."""

    kernel_id: str
    now: Callable[[], float]
    changes: Changes
    runs: Callable[[str], bool]
    connections: int = 0
    profiles: dict[str, ProfileUse] = field(default_factory=dict)

    def count(self, profile: str) -> None:
        """A token of ``profile`` was handed out. On the way of every hit: keep it short."""
        use = self.profiles.get(profile)
        if use is None:
            use = self.profiles[profile] = ProfileUse()
            self.changes.tell(KernelChanged(kernel_id=self.kernel_id, action="first_use", profile=profile))
        use.count += 1
        use.last_used = self.now()

    @property
    def is_running(self) -> bool:
        """True while it runs a cell."""
        return self.runs(self.kernel_id)

    def connected(self) -> None:
        """It has opened a connection."""
        self.connections += 1

    def disconnected(self) -> None:
        """It has closed one; told where it was the last one of a kernel that people see."""
        self.connections -= 1
        if not self.connections and self.profiles:
            self.changes.tell(KernelChanged(kernel_id=self.kernel_id, action="disconnected", profile=None))

    def to_wire(self) -> dict[str, Any]:
        """What may be shown of it."""
        return {
            "kernel_id": self.kernel_id,
            "connected": self.connections > 0,
            "profiles": [
                {"profile": name, "count": use.count, "last_used": int(use.last_used)}
                for name, use in self.profiles.items()
            ],
        }


class Usage:
    """All kernels of one broker that have ever asked. Used on its event loop only."""

    def __init__(self, now: Callable[[], float], changes: Changes, runs: Callable[[str], bool]) -> None:
        self._now = now
        self._changes = changes
        self._runs = runs
        self._kernels: dict[str, KernelUse] = {}

    def of(self, kernel_id: str) -> KernelUse:
        """The kernel's own."""
        known = self._kernels.get(kernel_id)
        if known is None:
            if len(self._kernels) >= MAX_KERNELS:
                del self._kernels[next(iter(self._kernels))]
            known = KernelUse(kernel_id=kernel_id, now=self._now, changes=self._changes, runs=self._runs)
            self._kernels[kernel_id] = known
        return known

    def living(self, lives: Callable[[str], bool]) -> list[KernelUse]:
        """Those that live; the others are forgotten."""
        self._kernels = {name: known for name, known in self._kernels.items() if lives(name)}
        return list(self._kernels.values())
