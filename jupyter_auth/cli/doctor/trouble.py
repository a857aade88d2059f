"""Where the way to a provider ends."""

from jupyter_auth.cli.doctor.finding import Reason

WAIT = 4.0  # seconds for one step


class Trouble(Exception):
    """Where the way ends, and what to do. ``write`` belongs into the profile."""

    def __init__(
        self,
        reason: Reason,
        message: str,
        advice: str,
        *,
        run: tuple[str, ...] = (),
        write: tuple[str, ...] = (),
    ) -> None:
        super().__init__(message)
        self.reason, self.message, self.advice, self.run, self.write = reason, message, advice, run, write


def words(problem: Exception) -> str:
    """Why a connection failed, shortly."""
    if isinstance(problem, TimeoutError):
        return "it does not answer in time"
    if isinstance(problem, ConnectionRefusedError):
        return "it refuses connections"
    return str(getattr(problem, "reason", "") or getattr(problem, "strerror", "") or type(problem).__name__)[
        :80
    ]
