"""Closing the server's process to other processes of the same user, as far as the system can.

On Linux a process that is not "dumpable" (prctl(2), PR_SET_DUMPABLE) leaves no core file, cannot be traced,
and its memory, environment and open files in /proc belong to root. What it starts, kernels above all, is as
usual again: execve(2) sets the mark anew.
"""

import ctypes
import os
import sys

_GET, _SET = 3, 4  # PR_GET_DUMPABLE, PR_SET_DUMPABLE

HARDENED = "hardened"


def harden() -> str:
    """Close this process to others. Returns ``"hardened"``, or why it is not: to be shown to people."""
    if not sys.platform.startswith("linux"):
        return f"not hardened: {sys.platform} has no way for it"
    if _prctl(_SET, 0) != 0 or _prctl(_GET) != 0:
        return "not hardened: the system refused it"
    if os.geteuid() == 0:
        return "not hardened: the server runs as root, from whom nothing is closed"
    return HARDENED


def _prctl(option: int, value: int = 0) -> int:
    libc = ctypes.CDLL(None, use_errno=True)
    return int(libc.prctl(option, ctypes.c_ulong(value), 0, 0, 0))
