"""Logging (all levels, chained exceptions, access logs) carries no secret, in whatever form.

Somebody else's code logs what it was given, in every way that Python has, to every kind of handler. What the
product itself logs in a whole life, at DEBUG, is searched by test_canaries.py. The ways to log are one list,
and whoever adds one should see them all: so the file is longer than others.
"""

import asyncio
import base64
import http.server
import io
import logging
import logging.handlers
import queue
import secrets
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import requests
from tornado.log import LogFormatter
from traitlets.log import get_logger

from jupyter_auth.core import known, log_filter, redaction
from jupyter_auth.core.log_filter import filter_logs
from jupyter_auth.core.secret import Secret
from tests.security.off import switch_off

Log = logging.Logger


@pytest.fixture
def secret() -> Iterator[str]:
    """One that this process has in hand, with signs in it that look otherwise in a URL."""
    known.forget_all()
    filter_logs()
    yield Secret(f"{secrets.token_urlsafe(24)}.~+/={secrets.token_urlsafe(8)}").reveal()
    known.forget_all()


FORMS: dict[str, Callable[[str], str]] = {
    "raw": str,
    "header": lambda it: f"Authorization: Bearer {it}",
    "base64": lambda it: base64.b64encode(f"client:{it}".encode()).decode(),
    "base64url": lambda it: base64.urlsafe_b64encode(f"c:{it}".encode()).decode(),
    "URL-encoded": lambda it: f"https://api.example/?access_token={quote(it, safe='')}",
    "first 8 characters": lambda it: f"{it[:8]}…",
}


def _chained(log: Log, text: str) -> None:
    try:
        try:
            raise ValueError(text)
        except ValueError as inner:
            raise RuntimeError("outside") from inner
    except RuntimeError:
        log.exception("it failed")


def _context(log: Log, text: str) -> None:
    try:
        try:
            raise KeyError(text)
        except KeyError:
            raise RuntimeError("outside")  # noqa: B904 -- the other was not meant to be its cause
    except RuntimeError as problem:
        log.error("it failed: %s", problem, exc_info=problem)


def _group(log: Log, text: str) -> None:
    try:
        raise ExceptionGroup("several", [ValueError(text), KeyError(1)])
    except ExceptionGroup:
        log.warning("they failed", exc_info=True, stack_info=True)


WAYS: dict[str, Callable[[Log, str], None]] = {
    "text": lambda log, text: log.debug(f"sent {text}"),
    "argument": lambda log, text: log.info("sent %s to %d", text, 5),
    "repr": lambda log, text: log.warning("sent %r", {"headers": {"Authorization": text}}),
    "bytes": lambda log, text: log.warning("sent %s", text.encode("utf-8")),
    "mapping": lambda log, text: log.error("sent %(what)s", {"what": text}),
    "object": lambda log, text: log.critical(ValueError(text)),
    "halves that meet": lambda log, text: log.info("%s%s", text[:5], text[5:]),
    "wrong format": lambda log, text: log.info("%d sent", text),
    "chained exception": _chained,
    "exception's context": _context,
    "exception group": _group,
    "adapter": lambda log, text: logging.LoggerAdapter(log, {"user": text}).info("sent"),
    "extra": lambda log, text: log.info("sent", extra={"user": [text]}),
    "level of its own": lambda log, text: log.log(3, text),
}
FORMAT = "%(levelname)s %(name)s %(message)s %(user)s"


class Json(logging.Formatter):
    """As formatters for machines do it, which take the whole record."""

    def format(self, record: logging.LogRecord) -> str:
        return repr({k: v for k, v in record.__dict__.items() if k != "exc_info"}) + super().format(record)


def written(way: Callable[[Log, str], None], text: str) -> dict[str, str]:
    """What handlers of every kind wrote, and what went to stderr."""
    root, own = logging.getLogger(), logging.getLogger("somebody.else")
    streams = {
        name: io.StringIO() for name in ("root", "propagates not", "tornado", "JSON", "queue", "memory")
    }
    made: dict[str, logging.Handler] = {n: logging.StreamHandler(stream) for n, stream in streams.items()}
    for name, handler in made.items():
        formatter: logging.Formatter = logging.Formatter(FORMAT, defaults={"user": ""})
        if name == "tornado":
            formatter = LogFormatter(color=False)
        handler.setFormatter(Json() if name == "JSON" else formatter)
    waiting: queue.Queue[logging.LogRecord] = queue.Queue()
    listener = logging.handlers.QueueListener(waiting, made["queue"])
    to_memory = logging.handlers.MemoryHandler(1000, target=made["memory"])
    on_own = [made[n] for n in ("propagates not", "tornado", "JSON")]
    on_own += [logging.handlers.QueueHandler(waiting), to_memory]
    theirs, root.handlers = root.handlers, [made["root"]]
    before, streams["stderr"] = sys.stderr, io.StringIO()
    sys.stderr = streams["stderr"]
    try:
        listener.start()
        for log, handlers in ((own, on_own), (logging.getLogger("another"), [])):
            log.setLevel(1)
            log.propagate = not handlers
            log.handlers = handlers
            way(log, text)
        listener.stop()
        to_memory.flush()
    finally:
        sys.stderr = before
        root.handlers = theirs
        own.handlers = []
    return {name: stream.getvalue() for name, stream in streams.items()}


def seen(written: dict[str, str], secret: str) -> list[str]:
    """Where something of the secret stands, in any of its forms."""
    forms = {secret, secret[:8], quote(secret, safe="")}
    for make in (base64.b64encode, base64.urlsafe_b64encode):
        forms |= {make(b"x" * n + secret.encode()).decode()[4:-4] for n in range(3)}
        forms |= {make(f"{head}{secret}".encode()).decode()[8:-4] for head in ("client:", "c:")}
    return [name for name, text in written.items() if any(form in text for form in forms)]


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_no_handler_writes_a_secret(
    secret: str, way: Callable[[Log, str], None], form: Callable[[str], str]
) -> None:
    got = written(way, form(secret))
    assert seen(got, secret) == []
    assert redaction.REDACTED in "".join(got.values())


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_without_the_defence_it_is_written(
    secret: str, way: Callable[[Log, str], None], form: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    switch_off(monkeypatch, "s33")
    assert len(seen(written(way, form(secret)), secret)) >= 1


class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(302)
        self.send_header("Location", f"http://{self.headers['Host']}/?elsewhere")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        logging.getLogger("access").info(format, *args)


def of_libraries(secret: str) -> str:
    """A token in a URL, as some APIs still want it; urllib3, requests and an access log at DEBUG."""
    stream = io.StringIO()
    handler, root = logging.StreamHandler(stream), logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(1)
    try:
        with http.server.HTTPServer(("127.0.0.1", 0), Answer) as server, requests.Session() as session:
            thread = threading.Thread(target=server.handle_request)
            thread.start()
            session.trust_env = False
            url = f"http://127.0.0.1:{server.server_port}/?access_token={quote(secret, safe='')}"
            session.get(url, timeout=10, allow_redirects=False)
            thread.join()
        get_logger().error("traitlets: %s", url)
        asyncio.run(_slow(secret), debug=True)
    finally:
        root.removeHandler(handler)
        root.setLevel(level)
    return stream.getvalue()


async def _slow(secret: str) -> None:
    """What asyncio complains of in its debug mode, with arguments and all."""
    loop = asyncio.get_running_loop()
    loop.slow_callback_duration = 0.0
    loop.call_soon(str, secret)

    def fail() -> None:
        raise ValueError(secret)

    loop.call_soon(fail)
    await asyncio.sleep(0.01)


def test_nor_do_libraries_at_debug(secret: str) -> None:
    text = of_libraries(secret)
    assert "urllib3" not in seen({"urllib3": text}, secret)
    for words in ("GET /?access_token=•••", "Executing <Handle", "Exception in callback"):
        assert words in text


def test_without_the_defence_libraries_write_it(secret: str, monkeypatch: pytest.MonkeyPatch) -> None:
    switch_off(monkeypatch, "s33")
    assert of_libraries(secret).count(quote(secret, safe="")) >= 2


PROCESS = """
import logging, sys, warnings
from jupyter_auth.core.log_filter import filter_logs
from jupyter_auth.core.secret import Secret
filter_logs()
filter_logs()
secret = Secret("a-secret-of-this-process").reveal()
logging.getLogger("nobody listens").error("sent %s", secret)
warnings.warn(f"warned of {secret}")
logging.basicConfig(level=1, handlers=[logging.StreamHandler(sys.stdout)], format="%(message)s")
logging.captureWarnings(True)
warnings.warn(f"logged of {secret}")
"""


def of_a_process(*before: str) -> list[str]:
    """What is left to the handler of last resort, and warnings."""
    command = [sys.executable, *before, "-c", PROCESS] if not before else [sys.executable, *before]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    return [
        line.rpartition(": ")[2]
        for line in (done.stderr + done.stdout).splitlines()
        if " of " in line or "sent" in line
    ]


def test_nor_do_warnings_or_the_handler_of_last_resort() -> None:
    assert of_a_process() == ["sent •••", "warned of •••", "logged of •••"]


def test_without_the_defence_warnings_do(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(PROCESS)
    shown = of_a_process("-m", "tests.security.off", "s33", "--", str(script))
    assert [line.partition("a-secret-of-this-process")[1] != "" for line in shown if "{" not in line] == [
        True
    ] * 3


class Odd:
    def __str__(self) -> str:
        raise OSError("no text")


@pytest.mark.parametrize(
    "args", [(Odd(),), ("%s", Odd()), ("%d", "x"), ("%s %s", 1), (None,), ("%(a)s", {"b": 1})]
)
def test_what_cannot_be_logged_is_complained_of_as_ever(secret: str, args: tuple[object, ...]) -> None:
    """The filter never raises, and takes no record away."""

    class Kept(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            got.append(record)

    got: list[logging.LogRecord] = []
    log = logging.getLogger("odd")
    log.handlers, log.propagate = [Kept()], False
    log.warning(*args)
    assert len(got) == 1


def test_arguments_stay_what_they_are(secret: str) -> None:
    record = logging.LogRecord("x", 10, "f", 1, "%s %s %d %s", ("GET", secret, 200, None), None)
    log_filter.mask(record)
    assert record.args == ("GET", "•••", 200, None) and record.getMessage() == "GET ••• 200 None"


def test_a_request_for_what_looks_like_tokens_holds_nobody_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Jupyter logs the path of a request that it refuses, before it knows who asks."""
    redaction_end, closely = redaction._end, []

    def counted(text: str, *more: Any) -> int:
        closely.append(len(text))
        return redaction_end(text, *more)

    known.forget_all()
    for number in range(30):
        Secret(f"eyJhbGciOiJSUzI1NiJ9.{'x' * 20 * number}.{secrets.token_urlsafe(64)}")
    monkeypatch.setattr(redaction, "_end", counted)
    path = "eyJhbGci'" * 20_000
    record = logging.LogRecord("x", 30, "f", 1, "%d GET /%s", (404, path), None)
    log_filter.mask(record)
    known.forget_all()
    assert len(closely) <= redaction.LOOKS and "eyJhbGci" not in record.getMessage()
    assert len(record.getMessage()) < log_filter.LONGEST


def test_what_a_handlers_filter_adds_is_masked(secret: str) -> None:
    stream, log = io.StringIO(), logging.getLogger("filtered")
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logging.Formatter("%(user)s"))

    def add_user(record: logging.LogRecord) -> bool:
        record.__dict__["user"] = secret
        return True

    handler.addFilter(add_user)
    log.handlers, log.propagate = [handler], False
    log.warning("sent")
    assert stream.getvalue() == "•••\n"
