"""What came of the inputs of a target."""

from dataclasses import asdict, dataclass, field
from typing import Any

SHOWN = 400  # characters of an input that a report shows
FOUND = 20  # finds that a report keeps; the numbers count all


class CrashError(AssertionError):
    """What came of an input is neither right nor one of the product's own errors."""


class HangError(AssertionError):
    """An input took longer than it may."""


class LeakError(AssertionError):
    """A secret stands where it may not."""


@dataclass(slots=True, kw_only=True)
class Tally:
    """The figures of one target; ``slowest`` and ``seconds`` in seconds."""

    target: str
    seed: int
    inputs: int = 0
    crashes: int = 0
    hangs: int = 0
    leaks: int = 0
    slowest: float = 0.0
    seconds: float = 0.0
    found: list[str] = field(default_factory=list)

    @property
    def is_clean(self) -> bool:
        """Whether inputs were tried, and nothing was found."""
        return self.inputs > 0 and not (self.crashes or self.hangs or self.leaks)

    def note(self, problem: BaseException, value: object) -> None:
        """Count what was found, and keep the first ones with their input."""
        match problem:
            case LeakError():
                self.leaks += 1
            case HangError():
                self.hangs += 1
            case _:
                self.crashes += 1
        if len(self.found) < FOUND:
            told = f"{type(problem).__name__}: {problem}"
            self.found.append(f"{told[: 2 * SHOWN]}\n    input: {repr(value)[:SHOWN]}")

    def to_json(self) -> dict[str, Any]:
        """The figures, without the finds, which are mended before they are written down."""
        kept = asdict(self)
        del kept["found"]
        return kept | {"slowest": round(self.slowest, 2), "seconds": round(self.seconds)}
