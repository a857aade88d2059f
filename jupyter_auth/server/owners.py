"""Who started which kernel, on a server that several people use."""

from typing import Any

from jupyter_server import CallContext

from jupyter_auth.server.people import person_of


class Owners:
    """Notes it where kernels are started. A restart keeps a kernel's id, and its owner."""

    def __init__(self, kernel_manager: Any) -> None:
        self._manager = kernel_manager
        self._started: dict[str, str] = {}
        start = kernel_manager.start_kernel

        async def noted(*args: Any, **more: Any) -> str:
            ran = more.get("kernel_id") in self._manager  # then this starts nothing
            kernel_id: str = await start(*args, **more)
            if not ran:
                self._note(kernel_id)
            return kernel_id

        kernel_manager.start_kernel = noted

    def _note(self, kernel_id: str) -> None:
        """Who has started it owns it. Nobody does where the request does not say who makes it: it may be a
        program with the server's token, or a kernel."""
        self._started = {known: who for known, who in self._started.items() if known in self._manager}
        handler = CallContext.get(CallContext.JUPYTER_HANDLER)
        person = None if handler is None else person_of(handler)
        self._started.pop(kernel_id, None)  # of another kernel of that id, which has been shut down
        if person is not None:
            self._started[kernel_id] = person

    def has_kernels(self, person: str) -> bool:
        """True while a kernel of that person's lives."""
        return any(who == person and known in self._manager for known, who in self._started.items())

    def of(self, kernel_id: str) -> str | None:
        """The person, or None."""
        return self._started.get(kernel_id)
