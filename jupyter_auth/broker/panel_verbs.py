"""The verbs of a kernel for what people look at: what there is of the broker, and when that changes."""

from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any

from jupyter_auth.broker import overview
from jupyter_auth.broker.arguments import count, seconds
from jupyter_auth.broker.auditing.actors import Actor
from jupyter_auth.broker.grants.seen import Seen
from jupyter_auth.broker.usage import KernelUse

if TYPE_CHECKING:
    from jupyter_auth.broker.operations import Operations

Message = dict[str, Any]


class PanelVerbs:
    """The verbs of one connection."""

    def __init__(self, operations: "Operations", seen: Seen, use: KernelUse, actor: Actor) -> None:
        self._operations = operations
        self._seen = seen
        self._use = use
        self._actor = actor
        self.table: dict[str, Callable[[Message], Coroutine[Any, Any, Message]]] = {
            "status": self._status,
            "list": self._list,
            "watch": self._watch,
            "count_hits": self._count_hits,
        }

    async def _status(self, message: Message) -> Message:
        return {"ok": True, "status": await self._operations.status()}

    async def _count_hits(self, message: Message) -> Message:
        """So many answers came from the kernel's own memory since it last said so."""
        self._operations.broker.audit.hits_of_kernel(self._actor, count(message))
        return {"ok": True}

    async def _list(self, message: Message) -> Message:
        """Rows of a REST resource; of requests and kernels only this kernel's own."""
        requester = await self._operations.kernels.describe(self._use.kernel_id)
        asked = str(message.get("resource")), requester, self._use.to_wire()
        rows = await overview.rows(self._operations.broker, self._seen, *asked)
        return overview.page(rows, message.get("start"))

    async def _watch(self, message: Message) -> Message:
        """Wait until something has changed since ``seen``."""
        seen = await self._operations.changed.wait(message.get("seen"), seconds(message))
        return {"ok": True, "seen": seen}
