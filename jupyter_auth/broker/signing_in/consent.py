"""The question whether a kernel may use something: what a person sees of it, and what they may answer.

It stands where a sign-in stands in an interaction, and asks no provider anything.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from jupyter_auth.cache.records import AccountRecord
from jupyter_auth.core.errors import InteractionCancelledError, InteractionExpiredError

EXPIRES_IN = 600  # seconds: who comes back later than that does not know any more what was asked
LOOK = 1.0  # seconds between two looks whether the kernel still lives


@dataclass(slots=True, kw_only=True, eq=False)
class Consent:
    """One question. ``username`` is whom it is about, as people call them, or as the kernel does;
    ``lifetime`` (seconds) that of the token there is; ``answered`` what the answer gave, for who asked."""

    flow: ClassVar[str] = "consent"
    slowed_down: ClassVar[bool] = False
    is_adopted: ClassVar[bool] = False
    expires_in: ClassVar[int] = EXPIRES_IN
    wait: ClassVar[float] = LOOK

    scopes: tuple[str, ...]
    key: tuple[str, str, str | None]  # kernel, profile, account: there is one question at a time for each
    lives: Callable[[], bool]
    username: str | None = None
    lifetime: int | None = None
    about: Any = None
    notebook: str | None = None
    answered: Any = None
    is_decided: bool = False
    adopts: bool = field(default=False)

    def look(self) -> AccountRecord | None:
        """Nobody has answered; raises ``InteractionCancelledError`` where nobody need any more."""
        if not self.lives():
            raise InteractionCancelledError("This kernel has been shut down.", reason="kernel_gone")
        return None

    def shown(self) -> Mapping[str, Any]:
        """There is no code and no address."""
        return {}

    def expired(self) -> InteractionExpiredError:
        """The error where nobody has answered."""
        return InteractionExpiredError(
            "Nobody answered in time.", reason="consent_expired", hint="Run the cell again to be asked again."
        )

    def cancelled(self, reason: str) -> InteractionCancelledError:
        """The error where the question was taken back."""
        return InteractionCancelledError(
            "The request was cancelled. Nothing was allowed.",
            reason=reason,
            hint="Run the cell again to be asked again.",
        )

    def abandon(self) -> None:
        """Nobody waits any more."""

    def close(self) -> None:
        """Nobody is expected any more."""
