"""Ports for servers that have to be told theirs."""

import random
import socket
from contextlib import ExitStack
from pathlib import Path

#: Where a system gives out ports by itself, if it does not tell (RFC 6335 §6 has them higher up).
USUALLY_GIVEN = 32768
LOWEST = 15000


def free_ports(count: int) -> list[int]:
    """Ports of 127.0.0.1 that nobody listens at.

    They are below those that the system gives out by itself, for any port or for a connection: of those one
    that was free a moment ago may be another's when a server comes to take it.
    """
    found: list[int] = []
    chance = random.SystemRandom()
    with ExitStack() as held:
        while len(found) < count:
            port = chance.randrange(LOWEST, _first_given())
            try:
                held.enter_context(socket.create_server(("127.0.0.1", port)))
            except OSError:
                continue
            found.append(port)
    return found


def _first_given() -> int:
    """The lowest port that the system gives out by itself."""
    try:
        told = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text(encoding="ascii").split()[0])
    except OSError:
        told = USUALLY_GIVEN
    return told if told > LOWEST + 1000 else USUALLY_GIVEN
