"""How much the cache may hold, in memory and in the store."""

from dataclasses import dataclass

MIB = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryLimits:
    """Of the first level. ``entries``: accounts and applications whose tokens are kept, and lists of
    accounts; ``size``: bytes; ``absolute_expiration``: seconds after which an entry is read from the store
    again."""

    entries: int = 4096
    size: int = 16 * MIB
    absolute_expiration: int = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreLimits:
    """Of the store: ``entries`` are records, ``size`` is in bytes."""

    entries: int = 200_000
    size: int = 512 * MIB

    @property
    def low(self) -> "StoreLimits":
        """How far it is emptied once it is over: so much less that this is not for every write."""
        return StoreLimits(entries=self.entries - self.entries // 50, size=self.size - self.size // 50)

    def exceeded(self, entries: int, size: int) -> bool:
        """Whether so much is too much."""
        return entries > self.entries or size > self.size


#: What is told where even that does not help.
FULL = "The token store holds more than its limits allow. What is left are sign-ins, and they stay."
