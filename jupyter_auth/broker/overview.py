"""What a kernel may see of the broker: the REST resources' rows, of requests and kernels only its own.

Never a token. A code is in a request's row only while it is of use, and only for the kernel that asked.
"""

import json
from typing import Any

from jupyter_auth.broker import listing
from jupyter_auth.broker.broker import Broker
from jupyter_auth.broker.grants.seen import Seen
from jupyter_auth.broker.signing_in.interactions import Interaction, Requester
from jupyter_auth.core.errors import ProfileError

Row = dict[str, Any]

RESOURCES = ("accounts", "cache", "interactions", "kernels", "profiles")
PAGE = 48 * 1024  # bytes of rows in one answer, so that it fits into a frame


async def rows(broker: Broker, seen: Seen, resource: str, requester: Requester, use: Row) -> list[Row]:
    """All rows of a resource that the kernel may see; raises ``ProfileError`` for an unknown one."""
    kernel_id = use["kernel_id"]
    match resource:
        case "accounts":
            return await seen.rows(await broker.account_states())
        case "cache":
            return await seen.rows(await broker.entries())
        case "interactions":
            return [known.to_wire() for known in broker.interactions.all() if is_of(known, kernel_id)]
        case "kernels":
            about = {"kernel_name": requester.kernel_name, "notebook": requester.notebook}
            return [use | about | {"grants": await seen.granted()}]
        case "profiles":
            return listing.profiles(broker.configuration, broker.sign_ins.flows)
    raise ProfileError(
        f"There is no resource {resource[:40]!r}.",
        reason="unknown_resource",
        hint=f"There are: {', '.join(RESOURCES)}.",
    )


def page(found: list[Row], start: object) -> Row:
    """As many rows from ``start`` on as fit into one frame, and where the rest begins."""
    first = start if isinstance(start, int) and not isinstance(start, bool) and start >= 0 else 0
    size, end = 0, first
    while end < len(found):
        size += len(json.dumps(found[end]))
        if size > PAGE and end > first:
            break
        end += 1
    return {"ok": True, "rows": found[first:end], "next": end if end < len(found) else None}


def is_of(interaction: Interaction, kernel_id: str) -> bool:
    """Whether that kernel asked for it, or waits for it."""
    askers = {getattr(waiter, "kernel_id", None) for waiter in interaction.waiters}
    return (interaction.requester.kernel_id or "") == kernel_id or kernel_id in askers
