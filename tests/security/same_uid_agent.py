"""The part of ``same_uid`` that is about the agent: a broker that knows callers by user and process only."""

from __future__ import annotations

import json
from contextlib import closing, suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jupyter_auth.core import frames, sockets
from tests.support.agent import agent_command

if TYPE_CHECKING:
    from tests.security.same_uid import Intruder

VERBS = ("get_token", "get_accounts", "list", "status", "get_refresh_token", "export", "dump", "eval")
SECRETS = ("refresh_token", "device_code", "client_secret")


def agent(intruder: Intruder) -> None:
    """Ada has started one; its store is that of her server."""
    with agent_command(intruder.made) as command:
        pid, path = command.start(), command.sockets[0]
        intruder.tries(
            "the agent's environment, memory or open files",
            partial(looked_into, pid),
            got="read from /proc",
            refused="it is closed as a server is",
        )
        intruder.tries(
            "an access token of the agent",
            lambda: intruder.tokens_in(asked(path, {"op": "get_token", "profile": "lake"}), "access_token"),
            got="every process of this user does: it is known by user and process only",
            refused="it does not know the process",
        )
        intruder.tries(
            "a refresh token, device code or client secret of the agent",
            lambda: by_any_verb(intruder, path),
            got="in an answer",
            refused="no frame has a field for one",
        )


def looked_into(pid: int) -> list[str]:
    """What of the process opens."""
    opened = []
    for part in ("environ", "mem", "maps"):
        with suppress(OSError), Path(f"/proc/{pid}/{part}").open("rb"):
            opened.append(part)
    with suppress(OSError):
        opened += [str(path.readlink()) for path in Path(f"/proc/{pid}/fd").iterdir()]
    return opened


def asked(path: Path, *requests_made: dict[str, Any]) -> bytes:
    """What it answers to who has said hello."""
    heard = b""
    with closing(sockets.connect(path, 10)) as line:
        before: tuple[dict[str, Any], ...] = ({"op": "hello", "v": frames.PROTOCOL_VERSION}, {"op": "prove"})
        for request in (*before, *requests_made):
            line.sendall(frames.encode(request))
            heard += json.dumps(frames.read_frame(line)).encode()
    return heard


def by_any_verb(intruder: Intruder, path: Path) -> list[str]:
    """Ask for what stays in it, in every way there is a word for."""
    heard = b""
    for verb in VERBS:
        for more in ({}, {"include": "refresh_token"}, {"fields": ["refresh_token", "device_code"]}):
            with suppress(OSError, frames.FrameError):
                heard += asked(path, {"op": verb, "profile": "lake", "interactive": False, **more})
    return [found for kind in SECRETS for found in intruder.tokens_in(heard, kind)]
