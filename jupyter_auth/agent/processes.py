"""The processes that call the agent, as far as it knows them: their ids, and what they say of themselves."""

import secrets
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Any

from jupyter_auth.broker.auditing.actors import actor
from jupyter_auth.broker.kernels import Consent
from jupyter_auth.broker.signing_in.interactions import Requester
from jupyter_auth.core.text import clean

MAX_NAME = 120  # characters
#: Seconds for which a process that is connected and asks for no token is taken to need those that it has: a
#: cell or a script that computes for long does, a notebook that somebody has forgotten does not.
COMPUTES_FOR = 24 * 3600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """One process. Its ``pid`` the system has told; the rest is its own word, and shown as such."""

    pid: int | None
    kernel_name: str = ""
    notebook: str = ""
    profile: str = ""  # which it means where it names none
    has_browser: bool = False

    @classmethod
    def read(cls, said: object, pid: int | None) -> "Caller":
        """What a caller says of itself; what is of the wrong kind it has not said."""
        fields: Mapping[str, Any] = said if isinstance(said, Mapping) else {}
        return cls(
            pid=pid,
            kernel_name=clean(_text(fields.get("kernel_name")), MAX_NAME),
            notebook=clean(_text(fields.get("notebook")), MAX_NAME),
            profile=_text(fields.get("profile"))[:MAX_NAME],
            has_browser=fields.get("browser") is True,
        )


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


class Processes:
    """Those that are connected. Used on the agent's event loop."""

    def __init__(self, is_connected: Callable[[str], bool], elapsed: Callable[[], float] = monotonic) -> None:
        """``elapsed``: seconds, by a clock that nobody sets."""
        self._is_connected = is_connected
        self._elapsed = elapsed
        self._known: dict[str, Caller] = {}
        self._asked: dict[str, float] = {}

    def enter(self, caller: Caller) -> str:
        """The id of a process that has connected; the same for all its connections."""
        self._known = {known: one for known, one in self._known.items() if self._is_connected(known)}
        self._asked = {known: when for known, when in self._asked.items() if known in self._known}
        own = f"process-{caller.pid or 0}-{_beginning(caller.pid) or secrets.token_hex(8)}"
        self._known[own] = caller
        return own

    def asks(self, kernel_id: str) -> None:
        """It asks for a token."""
        self._asked[kernel_id] = self._elapsed()

    def default_profile(self, kernel_id: str) -> str:
        """The profile that this process means where it names none; empty where it does not say."""
        caller = self._known.get(kernel_id)
        return caller.profile if caller is not None else ""

    def lives(self, kernel_id: str) -> bool:
        """True while it has a connection."""
        return self._is_connected(kernel_id)

    def runs(self, kernel_id: str) -> bool:
        """Nobody tells here whether a cell runs in it: for a day after it last asked, if it is connected."""
        asked = self._asked.get(kernel_id)
        is_recent = asked is not None and self._elapsed() - asked <= COMPUTES_FOR
        return is_recent and self._is_connected(kernel_id)

    def consent(self) -> Consent:
        """There is no page where a person could be asked, and whose terminal a process has nobody knows."""
        return "unavailable"

    def have_front_end(self) -> bool:
        """False: a page can ask no server about what waits here."""
        return False

    async def describe(self, kernel_id: str) -> Requester:
        """What to call that process before a person."""
        caller = self._known.get(kernel_id, Caller(pid=None))
        name = f"{caller.kernel_name or 'A process of yours'}, process {caller.pid or 'unknown'}"
        return Requester(kernel_id=kernel_id, kernel_name=name, notebook=caller.notebook or None)

    async def path(self, kernel_id: str) -> str | None:
        """None: nobody decides here about notebooks."""
        return None

    def have_browser(self) -> bool:
        """Whether the process for which the agent acts just now says that a browser can reach this machine's
        loopback."""
        caller = self._known.get(actor().kernel_id or "")
        return caller is not None and caller.has_browser


def _beginning(pid: int | None) -> str | None:
    """When that process began, in the system's ticks: an id that is used again is another process's. None
    where nobody tells."""
    if pid is None:
        return None
    with suppress(OSError, IndexError):
        # proc(5): the name, in brackets, may hold spaces and brackets; the 22nd field is the beginning
        ticks = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()[19]
        return ticks.decode() if ticks.isdigit() else None
    return None
