"""Notes who wants to reach the metadata service of a cloud's machines, and keeps them from it."""

import ipaddress
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

SERVICE = "169.254.169.254"
_LINK_LOCAL = ipaddress.ip_network("169.254.0.0/16")
#: The addresses that were wanted, whoever caught the error.
wanted: list[str] = []
_hooked = False


def _hook(event: str, args: tuple[Any, ...]) -> None:
    if event == "socket.connect" and isinstance(args[1], tuple):
        host = str(args[1][0])
        try:
            is_there = ipaddress.ip_address(host.removeprefix("::ffff:")) in _LINK_LOCAL
        except ValueError:
            return
        if is_there:
            wanted.append(host)
            raise OSError(f"{host} is out of bounds for tests")


def watch() -> None:
    """Begin, for as long as this process lives (an audit hook stays)."""
    global _hooked  # noqa: PLW0603 -- one a process
    if not _hooked:
        _hooked = True
        sys.addaudithook(_hook)


@contextmanager
def noted() -> Iterator[list[str]]:
    """What is wanted within; it does not count against the run."""
    before = list(wanted)
    wanted.clear()
    try:
        yield wanted
    finally:
        wanted[:] = before
