"""A reverse proxy as small as can be: it passes bytes on, websockets among them, and changes none."""

import asyncio
import contextlib
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

CHUNK = 64 * 1024  # bytes


class Proxy:
    """Listens at once; ``to`` is the port on this machine that it passes on to."""

    def __init__(self) -> None:
        self.to = 0
        self._joined: set[asyncio.Task[None]] = set()
        self._ends: list[socket.socket] = []
        self._listening = self._own(socket.create_server(("127.0.0.1", 0)))
        self.port = int(self._listening.getsockname()[1])

    async def serve(self, is_listening: threading.Event, end: asyncio.Event) -> None:
        """Until ``end``; connections that are open then are closed."""
        loop = asyncio.get_running_loop()
        loop.add_reader(self._listening, self._accept)
        is_listening.set()
        await end.wait()
        loop.remove_reader(self._listening)
        for joined in self._joined:
            joined.cancel()
        await asyncio.gather(*self._joined, return_exceptions=True)
        for one in self._ends:  # also of what was cancelled before it began
            one.close()

    def _own(self, one: socket.socket) -> socket.socket:
        one.setblocking(False)
        self._ends.append(one)
        return one

    def _accept(self) -> None:
        with contextlib.suppress(BlockingIOError, ConnectionAbortedError):
            joined = asyncio.ensure_future(self._join(self._own(self._listening.accept()[0])))
            self._joined.add(joined)
            joined.add_done_callback(self._joined.discard)

    async def _join(self, here: socket.socket) -> None:
        with here, self._own(socket.socket()) as there:
            try:
                await asyncio.get_running_loop().sock_connect(there, ("127.0.0.1", self.to))
            except OSError:
                return
            ways = [asyncio.ensure_future(_pass(here, there)), asyncio.ensure_future(_pass(there, here))]
            try:
                await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for way in ways:
                    way.cancel()
                await asyncio.wait(ways)


async def _pass(here: socket.socket, there: socket.socket) -> None:
    loop = asyncio.get_running_loop()
    with contextlib.suppress(OSError):  # whoever hung up
        while data := await loop.sock_recv(here, CHUNK):
            await loop.sock_sendall(there, data)


@contextmanager
def proxy() -> Iterator[Proxy]:
    """A proxy that runs, on a loop in a thread of its own."""
    running, is_listening, end = Proxy(), threading.Event(), asyncio.Event()
    loop = asyncio.new_event_loop()

    def serve() -> None:
        with asyncio.Runner(loop_factory=lambda: loop) as runner:
            runner.run(running.serve(is_listening, end))

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        assert is_listening.wait(60)
        yield running
    finally:
        loop.call_soon_threadsafe(end.set)
        thread.join(60)
