"""The command itself: started as it was written, given the signals that reach us, waited for."""

import os
import signal
from collections.abc import Mapping
from contextlib import suppress
from types import FrameType
from typing import Any, Self

#: What a terminal sends to all processes of its foreground group by itself.
_FROM_TERMINAL = (signal.SIGINT, signal.SIGQUIT)
_FORWARDED = (*_FROM_TERMINAL, signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2)
#: Python ignores these in itself, and what it starts would inherit that.
_AS_USUAL = (signal.SIGPIPE, signal.SIGXFSZ)


class Child:
    """The process, once it is started. As a context it has the signals that end a command go to that, also
    those that come before it is started; those that come when it has ended do not hinder tidying up."""

    def __init__(self) -> None:
        self._pid: int | None = None
        self._early: list[int] = []
        self._before: dict[int, Any] = {}

    def __enter__(self) -> Self:
        before = {number: signal.getsignal(number) for number in _FORWARDED}
        #: but for those that are ignored (nohup, a shell's background)
        self._before = {number: was for number, was in before.items() if was is not signal.SIG_IGN}
        for number in self._before:
            signal.signal(number, self._forward)
        return self

    def __exit__(self, *_: object) -> None:
        for number, was in self._before.items():
            signal.signal(number, was)

    def run(self, words: list[str], environment: Mapping[str, str], descriptors: Mapping[int, int]) -> int:
        """Start it with ``descriptors`` (its number → ours) and wait; its exit code, or 128 and the number of
        the signal that ended it. Raises ``OSError`` where it cannot be started."""
        actions = [(os.POSIX_SPAWN_DUP2, ours, its) for its, ours in descriptors.items()]
        self._pid = os.posix_spawnp(words[0], words, environment, file_actions=actions, setsigdef=_AS_USUAL)
        while self._early:
            self._send(self._early.pop(0))
        os.waitid(os.P_PID, self._pid, os.WEXITED | os.WNOWAIT)
        pid, self._pid = self._pid, None  # from here on its number may become another's
        status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        return status if status >= 0 else 128 - status

    def _forward(self, number: int, frame: FrameType | None) -> None:
        if self._pid is None:
            self._early.append(number)
        elif number not in _FROM_TERMINAL or not _is_in_foreground():
            self._send(number)

    def _send(self, number: int) -> None:
        if self._pid is not None:
            with suppress(ProcessLookupError, PermissionError):
                os.kill(self._pid, number)


def _is_in_foreground() -> bool:
    """Whether a terminal has this process, and so the command, in its foreground."""
    try:
        terminal = os.open("/dev/tty", os.O_RDONLY | os.O_NOCTTY | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        return os.tcgetpgrp(terminal) == os.getpgrp()
    except OSError:
        return False
    finally:
        os.close(terminal)
