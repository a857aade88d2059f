"""What a kernel shows, with the live tokens in it masked, as CI systems do it. A seat-belt, and no more.

In a kernel everything that is shown leaves through its session: streams (of the processes that a cell starts,
too), displays, results, errors, replies, and what widgets say. In a terminal it is written.
"""

from __future__ import annotations

import os
import sys
import threading
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any

from jupyter_auth.core import known, redaction
from jupyter_auth.core.log_filter import filter_logs
from jupyter_auth.kernel import own

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

HINT = (
    f"jupyter_auth: a token in this output is shown as {redaction.REDACTED}. "
    "To see tokens in the output of this kernel: jupyter_auth.output_guard(False)\n"
)
SHOWN = frozenset({"stream", "display_data", "update_display_data", "execute_result", "error"})


class StreamText:
    """One of the two streams, whose texts are what was printed since the last one: a token may be cut."""

    def __init__(self) -> None:
        self.held = ""  # the beginning of what may be a token
        self.is_masked = False  # the last text that was given out
        self._tail = ""  # what was sent last, too short to be known as a beginning

    def next(self, text: str) -> str:
        """What may be sent of ``text`` and of what was held back."""
        joined, at = self._tail + self.held + text, len(self._tail)
        if not redaction.near(joined):
            self.held, self.is_masked, self._tail = "", False, joined[1 - known.ANCHOR :]
            return joined[at:]
        found = redaction.spans(joined)
        whole = max((end for _, end in found), default=0)
        begun = whole + redaction.open_end(joined[whole:])
        cut, shown = max(begun, at), []
        for start, end in found:
            if end > at:
                shown += [joined[at : max(at, start)], redaction.REDACTED]
                at = end
        self.is_masked = bool(shown)
        shown.append(joined[at:cut])
        self._tail = joined[max(whole, min(begun, cut + 1 - known.ANCHOR)) : cut]
        self.held = joined[cut:]
        return "".join(shown)

    def rest(self) -> str:
        """What was held back: it was no token, or will not become one."""
        held, self.held, self._tail = self.held, "", ""
        return held


class SessionGuard:
    """Stands before ``Session.send`` of a kernel (jupyter_client)."""

    def __init__(self, session: Any) -> None:
        self._send = session.send
        self._renew_lock()
        os.register_at_fork(after_in_child=self._renew_lock)
        self._streams: dict[str, StreamText] = {}
        self._held: dict[str, Callable[[str], object]] = {}  # how to send what a stream holds back
        self._has_told = False
        session.send = self.send

    def _renew_lock(self) -> None:
        """Reentrant: what the collector frees while texts are masked may send that it is gone."""
        self._lock, self._is_masking = threading.RLock(), False

    def send(
        self,
        stream: Any,
        msg_or_type: Any,
        content: Any = None,
        parent: Any = None,
        *args: Any,
        **kwargs: Any,
    ) -> Any:
        """``Session.send``. A guard that fails must not take the output with it."""
        if not redaction.knows_any() and not self._held:
            return self._send(stream, msg_or_type, content, parent, *args, **kwargs)
        is_message = isinstance(msg_or_type, dict)
        kind = msg_or_type.get("msg_type") if is_message else msg_or_type
        before = msg_or_type.get("content") if is_message else content
        after, is_masked = before, False
        held: list[Callable[[], object]] = []
        say = partial(self._say, stream, msg_or_type.get("parent_header") if is_message else parent)
        with suppress(Exception), self._lock:
            if self._is_masking:  # of the streams nothing is touched while they are being looked at
                after = redaction.masked_in(before) if _is_on else before
            else:
                self._is_masking = True
                try:
                    after, is_masked = self._masked(kind, before, say, held)
                finally:
                    self._is_masking = False
        for send in held:
            send()
        sent = None
        if after is before:
            sent = self._send(stream, msg_or_type, content, parent, *args, **kwargs)
        elif is_message:
            sent = self._send(stream, {**msg_or_type, "content": after}, content, parent, *args, **kwargs)
        else:
            sent = self._send(stream, kind, after, parent, *args, **kwargs)
        if is_masked and kind in SHOWN and not self._has_told:
            self._has_told = True
            say("stderr", HINT)
        return sent

    def _masked(
        self,
        kind: object,
        content: Any,
        say: Callable[[str, str], object],
        held: list[Callable[[], object]],
    ) -> tuple[Any, bool]:
        """What to send in place of ``content``, which is itself where that may be sent as it is; and whether
        something in it is masked. ``held`` gets what is to be sent before it, without the lock."""
        if not _is_on or kind != "stream":
            held += [partial(send, self._streams[name].rest()) for name, send in self._held.items()]
            self._held.clear()
            shown = redaction.masked_in(content) if _is_on and kind != "status" else content
            return shown, shown is not content
        name, text = content["name"], content["text"]
        one = self._streams.setdefault(name, StreamText())
        shown = one.next(text)
        self._held.pop(name, None)
        if one.held:
            self._held[name] = partial(say, name)
        return content if shown == text else {**content, "text": shown}, one.is_masked

    def _say(self, stream: Any, parent: Any, name: str, text: str) -> None:
        content = {"name": name, "text": text}
        self._send(stream, "stream", content, parent or None, f"stream.{name}".encode())


class TerminalText:
    """A terminal's stream; each text is looked at by itself. Another object, and not another method of
    the same: IPython exchanges and restores that while a cell runs."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def write(self, text: str) -> Any:
        """Write it masked; what is no text is the stream's to refuse."""
        return self._stream.write(redaction.masked(text) if _is_on and isinstance(text, str) else text)

    def writelines(self, lines: Iterable[str]) -> None:
        """Write each masked."""
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


_is_on = True
_has_begun = False


def begin() -> None:
    """Guard what this process shows and logs from here on. A program without IPython shows what it likes."""
    global _has_begun  # noqa: PLW0603 -- one a process
    filter_logs()
    running = own.shell()
    if _has_begun or running is None:
        return
    _has_begun = True
    kernel = getattr(running, "kernel", None)
    if kernel is not None:
        SessionGuard(kernel.session)
        return
    for name in ("stdout", "stderr"):
        if hasattr(stream := getattr(sys, name), "write"):  # there may be none, as in pythonw
            setattr(sys, name, TerminalText(stream))


def output_guard(on: bool) -> None:
    """Mask live tokens in what this kernel shows (True, as it is from the start), or show them (False).

    It is a seat-belt against showing a token by accident, not a wall: what is written to files, sent over
    networks, drawn as a picture or shown in pieces is not looked at. Logs stay masked.

    :param on: what holds from here on, for the whole kernel; what was printed before is shown as before.
    """
    global _is_on  # noqa: PLW0603 -- one a process
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "flush"):
            stream.flush()
    _is_on = bool(on)
