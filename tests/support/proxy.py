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
        self._ends: list[asyncio.StreamWriter] = []
        self._has_ended = False
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listening.getsockname()[1])

    async def serve(self, is_listening: threading.Event, end: asyncio.Event) -> None:
        """Until ``end``; connections that are open then are closed."""
        server = await asyncio.start_server(self._begin, sock=self._listening)
        is_listening.set()
        await end.wait()
        server.close()
        self._has_ended = True
        known = -1
        while self._joined or known != len(self._ends):  # what was just being accepted comes later
            known = len(self._ends)
            self._abort()
            if self._joined:  # not cancelled: one that is about to connect would leave its socket behind
                await asyncio.wait(self._joined)
            await asyncio.sleep(0.05)
        self._abort()  # also what is closed already, but waits for somebody to read it
        await asyncio.gather(*(one.wait_closed() for one in self._ends), return_exceptions=True)

    def _abort(self) -> None:
        for one in self._ends:
            one.transport.abort()

    def _begin(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._ends.append(writer)
        joined = asyncio.ensure_future(self._join(reader, writer))
        self._joined.add(joined)
        joined.add_done_callback(self._joined.discard)

    async def _join(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            there, to_there = await asyncio.open_connection("127.0.0.1", self.to)
        except OSError:
            writer.transport.abort()
            return
        self._ends.append(to_there)
        if self._has_ended:
            to_there.transport.abort()
            return
        ways = [asyncio.ensure_future(_pass(reader, to_there)), asyncio.ensure_future(_pass(there, writer))]
        await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        for end in (writer, to_there):
            end.close()
        for way in ways:
            way.cancel()
        await asyncio.wait(ways)


async def _pass(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):  # whoever hung up
        while data := await reader.read(CHUNK):
            writer.write(data)
            await writer.drain()


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
        assert is_listening.wait(10)
        yield running
    finally:
        loop.call_soon_threadsafe(end.set)
        thread.join(10)
