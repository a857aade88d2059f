"""What a broker has done, in numbers: hits by level, refreshes by reason, evictions by cause. No names."""

from __future__ import annotations

import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from time import time
from typing import Any

#: Why something went from a level of the cache: it took too much room, there was too much of it, it had
#: ended, or a clear, a sign-out or another process's change emptied memory.
CAUSES = ("size", "entries", "expired", "cleared")

NOBODY = "no_account"  # a reason that stands before every first sign-in, and is no refresh that failed
MAX_SLUGS = 64  # different reasons that are counted apart: a provider may invent some
_SLUG = re.compile(r"[a-z][a-z0-9_]{0,63}")

Counts = dict[str, int]


def _by_cause() -> Counts:
    return dict.fromkeys(CAUSES, 0)


@dataclass(slots=True, kw_only=True)
class Statistics:
    """Counted since ``since`` (Unix seconds), by one broker.

    The hot path raises plain integers on the event loop and takes no lock. What threads count is behind one.
    """

    since: float = field(default_factory=time)
    kernel_hits: int = 0  # as the kernels have reported them
    memory_hits: int = 0
    store_hits: int = 0
    misses: int = 0
    joined: int = 0  # took the result of a refresh that was under way
    adopted: int = 0  # took a token that somebody else had just got
    prompts: int = 0
    provider_requests: int = 0
    provider_seconds: float = 0.0
    refreshes: Counts = field(default_factory=dict)
    failures: Counts = field(default_factory=dict)
    decisions: Counts = field(default_factory=dict)  # by ``core.audit.Decision``
    denials: Counts = field(default_factory=dict)
    prompts_ended: Counts = field(default_factory=dict)
    memory_evictions: Counts = field(default_factory=_by_cause)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False, compare=False)

    def refreshed(self, reason: str) -> None:
        """A provider has given a token, for this ``cache_refresh_reason``."""
        self.refreshes[reason] = self.refreshes.get(reason, 0) + 1

    def failed(self, reason: str) -> None:
        """A token could not be had."""
        _count(self.failures, reason)

    def denied(self, reason: str) -> None:
        """Somebody was refused what they asked for."""
        _count(self.denials, reason)

    def prompt_ended(self, state: str) -> None:
        """A request to a person has ended, in this state."""
        _count(self.prompts_ended, state)

    def decided(self, decision: str, count: int) -> None:
        """So many decisions of a kind were made."""
        _count(self.decisions, decision, count)

    def asked(self, seconds: float) -> None:
        """A provider was asked for a token, and took so long. From any thread."""
        with self._lock:
            self.provider_requests += 1
            self.provider_seconds += seconds

    def evicted(self, cause: str, count: int = 1) -> None:
        """Entries have gone from memory. The caller holds the lock of that memory."""
        self.memory_evictions[cause] += count

    def add(self, other: Statistics) -> None:
        """Count what ``other`` has counted, too."""
        for name in (f.name for f in fields(self) if f.name not in {"since", "_lock"}):
            mine, theirs = getattr(self, name), getattr(other, name)
            if isinstance(mine, dict):
                for key, count in theirs.items():
                    mine[key] = mine.get(key, 0) + count
            else:
                setattr(self, name, mine + theirs)

    def to_wire(self) -> dict[str, Any]:
        """For ``status``: see ``Statistics`` in openapi.yaml."""
        return {
            "since": int(self.since),
            "hits": {"kernel": self.kernel_hits, "memory": self.memory_hits, "store": self.store_hits},
            "misses": self.misses,
            "joined": self.joined,
            "adopted": self.adopted,
            "prompts": self.prompts,
            "prompts_ended": dict(self.prompts_ended),
            "decisions": dict(self.decisions),
            "denials": dict(self.denials),
            "refreshes": dict(self.refreshes),
            "failures": dict(self.failures),
            "provider": {"requests": self.provider_requests, "seconds": round(self.provider_seconds, 3)},
            "evictions": {"memory": dict(self.memory_evictions)},
        }


def _count(counts: Counts, slug: str, count: int = 1) -> None:
    """A word that is no slug, or one too many, counts as ``other``."""
    known = slug in counts or (len(counts) < MAX_SLUGS and _SLUG.fullmatch(slug))
    slug = str(slug) if known else "other"
    counts[slug] = counts.get(slug, 0) + count


def told(counted: Mapping[str, Any]) -> dict[str, str]:
    """What ``Statistics.to_wire`` gave, for people, in two lines by their headings."""
    hits, asked = counted["hits"], counted["provider"]
    of_all = sum(hits.values()) + counted["misses"] + counted["refreshes"].get("force_refresh_or_claims", 0)
    cache = (
        f"{sum(hits.values())} of {of_all} answers from the cache "
        f"({hits['kernel']} in kernels, {hits['memory']} in memory, {hits['store']} in the store)"
    )
    refreshes = f"{sum(counted['refreshes'].values())}"
    if asked["requests"]:
        refreshes += f", {asked['seconds'] / asked['requests']:.2f} s each"
    failures = ", ".join(
        f"{count} {slug}" for slug, count in sorted(counted["failures"].items()) if slug != NOBODY
    )
    return {"Cache": cache, "Refreshes": f"{refreshes}; failed: {failures or 'none'}"}
