"""Results redact or refuse in repr, str, format, pickle, JSON, copy, ``%store``, ``%whos``, ``%debug``, rich.

Here as Python objects; in a kernel, with the magics, in test_s32_kernels.py. The ways to show a thing and to
take it apart are two lists with a line each, which make the file a little longer than others.
"""

import copy
import http.client
import inspect
import io
import json
import logging
import pickle
import pprint
import socket
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from functools import partial
from multiprocessing.reduction import ForkingPickler
from pathlib import Path
from typing import Any

import cloudpickle  # type: ignore[import-untyped]
import dill  # type: ignore[import-untyped]
import joblib  # type: ignore[import-untyped]
import orjson
import pytest
import requests
import rich.console
import rich.pretty
from IPython.core.formatters import DisplayFormatter
from IPython.core.interactiveshell import InteractiveShell
from IPython.lib.pretty import pretty
from pydantic import TypeAdapter, create_model
from pydantic_core import PydanticSerializationError
from rich import inspect as rich_inspect
from traitlets.config import Config

from jupyter_auth.core.secret import Secret
from tests.security.off import switch_off
from tests.unit.core.samples import CANARY, assert_hidden, result, token_data

THINGS: dict[str, Callable[[], Any]] = {
    "secret": lambda: Secret(CANARY),
    "result": result,
    "token data": token_data,
    "nested": lambda: {"tokens": [result(), (Secret(CANARY),)]},
}


@dataclass
class Holder:
    """Somebody's own class that keeps one."""

    what: Any


def logged(it: Any) -> str:
    """All that a log makes of it, with the exception that it is in."""
    try:
        raise ValueError(it)
    except ValueError:
        record = logging.LogRecord("x", 10, "f", 1, "%s %r", (it, it), sys.exc_info())
    return logging.Formatter().format(record)


def pickled(protocol: int, it: Any, out: Any) -> None:
    pickle.dump(it, out, protocol)


def inspected(it: Any) -> str:
    out = io.StringIO()
    console = rich.console.Console(file=out, width=400, color_system=None)
    rich_inspect(it, console=console, all=True, private=True, dunder=True, methods=True)
    return out.getvalue()


def dumped(dump: Callable[[Any, Any], object]) -> Callable[[Any], str]:
    """What a pickler of its own kind writes into a file, up to where it refuses."""

    def show(it: Any) -> str:
        out = io.BytesIO()
        try:
            dump(it, out)
        except TypeError as refused:
            return out.getvalue().decode("latin-1") + str(refused)
        return out.getvalue().decode("latin-1")

    return show


def traceback_with_locals(it: Any) -> str:
    """As debuggers and error reporters take them."""
    try:
        raise ValueError(1)
    except ValueError as problem:
        return "".join(traceback.TracebackException.from_exception(problem, capture_locals=True).format())


def rich_traceback(it: Any) -> str:
    out = io.StringIO()
    console = rich.console.Console(file=out, width=400, color_system=None)
    try:
        raise ValueError(1)
    except ValueError:
        console.print_exception(show_locals=True)
    return out.getvalue()


SHOWN: dict[str, Callable[[Any], str]] = {
    "repr": repr,
    "str": str,
    "ascii": ascii,
    "%s": lambda it: "%s" % (it,),  # noqa: UP031 -- the form that is tested
    "%r": lambda it: "%r" % (it,),  # noqa: UP031
    "!r": lambda it: f"{it!r}",
    "!s": lambda it: f"{it!s}",
    "json with default=str": lambda it: json.dumps(it, default=str),
    "json with default=repr": lambda it: json.dumps(it, default=repr),
    "orjson with default=str": lambda it: orjson.dumps(it, default=str).decode(),
    "pydantic": lambda it: TypeAdapter(Any).dump_json(it, fallback=str).decode(),
    "pydantic model": lambda it: repr(create_model("M", it=(Any, ...))(it=it)),
    "pprint": pprint.pformat,
    "IPython pretty": pretty,
    "IPython display": lambda it: str(DisplayFormatter().format(it)),  # type: ignore[no-untyped-call]
    "rich pretty": lambda it: rich.pretty.pretty_repr(it, max_depth=None, expand_all=True),
    "rich inspect": inspected,
    "rich traceback": rich_traceback,
    "logging": logged,
    "exception": lambda it: repr(ValueError(it)) + str(ValueError(it)),
    "dataclass": lambda it: repr(Holder(it)),
    "members": lambda it: str(inspect.getmembers(it)),
    "traceback with locals": traceback_with_locals,
    **{f"pickle {n}": dumped(partial(pickled, n)) for n in range(2, pickle.HIGHEST_PROTOCOL + 1)},
    "cloudpickle": dumped(lambda it, out: out.write(cloudpickle.dumps(it))),
    "dill": dumped(lambda it, out: out.write(dill.dumps(it))),
    "joblib": dumped(joblib.dump),
    "shelve's": dumped(lambda it, out: pickle.Pickler(out, 4).dump({"a": it})),
    "marshalled by multiprocessing": dumped(lambda it, out: out.write(bytes(ForkingPickler.dumps(it)))),
}


@pytest.fixture(params=THINGS)
def thing(request: pytest.FixtureRequest) -> Any:
    return THINGS[request.param]()


@pytest.mark.parametrize("show", SHOWN.values(), ids=SHOWN)
def test_whatever_shows_it_redacts_it(thing: Any, show: Callable[[Any], str]) -> None:
    assert_hidden(show(thing))


@pytest.mark.parametrize("show", SHOWN.values(), ids=SHOWN)
@pytest.mark.parametrize("make", [THINGS["secret"], THINGS["result"]])
def test_without_the_defence_it_is_shown(
    make: Callable[[], Any], show: Callable[[Any], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    switch_off(monkeypatch, "s32")
    assert CANARY in show(make())


@pytest.mark.parametrize("only", [Secret(CANARY), result()], ids=["secret", "result"])
@pytest.mark.parametrize("spec", ["", "s", ">40", "{}"])
def test_formatting_it_is_refused_and_says_what_to_call(only: Any, spec: str) -> None:
    with pytest.raises(TypeError, match=r"\.reveal\(\)") as caught:
        format(only, spec)
    assert_hidden(str(caught.value))
    with pytest.raises(TypeError):
        "{}".format(only)  # noqa: UP032 -- the form that is tested
    with pytest.raises(TypeError):
        f"{only}"


def test_the_refusal_of_a_result_names_both_ways() -> None:
    with pytest.raises(TypeError, match=r"\.headers\(\).*\.reveal\(\)"):
        f"Bearer {result()}"


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_it_is_never_pickled(thing: Any, protocol: int) -> None:
    out = io.BytesIO()
    with pytest.raises(TypeError) as caught:
        pickle.dump(thing, out, protocol)
    assert_hidden(str(caught.value))
    assert_hidden(out.getvalue().decode("latin-1"))


@pytest.mark.parametrize("only", [Secret(CANARY), result()], ids=["secret", "result"])
@pytest.mark.parametrize("method", ["__getstate__", "__reduce__"])
def test_its_state_is_not_given_to_those_who_ask_for_it_directly(only: Any, method: str) -> None:
    with pytest.raises(TypeError):
        getattr(only, method)()


TAKES_APART: list[Callable[[Any], Any]] = [
    copy.copy,
    copy.deepcopy,
    json.dumps,
    orjson.dumps,
    TypeAdapter(Any).dump_json,
    vars,
    asdict,
    lambda it: asdict(Holder(it)),
    bytes,
    len,
    iter,
    list,
]


@pytest.mark.parametrize("make", TAKES_APART)
@pytest.mark.parametrize("only", [Secret(CANARY), result()], ids=["secret", "result"])
def test_it_is_neither_copied_nor_taken_apart(only: Any, make: Callable[[Any], Any]) -> None:
    with pytest.raises((TypeError, PydanticSerializationError)) as caught:
        make(only)
    assert_hidden(str(caught.value))


@pytest.mark.parametrize("make", [copy.copy, copy.deepcopy])
def test_without_the_defence_it_is_copied(
    make: Callable[[Any], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    switch_off(monkeypatch, "s32")
    assert make(Secret(CANARY)).reveal() == make(result()).reveal() == CANARY


def test_a_walk_through_all_attributes_finds_no_text(thing: Any) -> None:
    assert_hidden("\n".join(_walk(thing, 4)))


def _walk(it: Any, depth: int) -> Iterator[str]:
    """What an inspector shows that opens every attribute of every attribute, private ones too."""
    yield repr(it)
    if depth and not isinstance(it, str | int | float | type | type(None)):
        for name in dir(it):
            if not name.startswith("__"):
                yield from _walk(getattr(it, name), depth - 1)


def test_ipython_shows_no_token_in_variables_help_or_tracebacks(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path))
    shell: Any = InteractiveShell.instance(config=Config({"HistoryManager": {"enabled": False}}))
    try:
        shell.push({"tok": result(), "sec": Secret(CANARY)})
        for line in ("whos", "pinfo tok", "pinfo2 sec", "xmode Verbose"):
            shell.run_line_magic(*line.partition(" ")[::2])
        shell.run_cell("tok")
        shell.run_cell("sec")
        shell.run_cell("def f(a, b):\n    c = a.headers\n    return f'{a}'\nf(tok, sec)")
        shell.run_cell("b'x' + sec")
        out = "".join(capsys.readouterr())
        assert "TypeError" in out and "AuthenticationResult" in out
        assert_hidden(out)
    finally:
        InteractiveShell.clear_instance()


class TestHttp:
    """A redacted text cannot travel in a header: it fails here instead of being sent."""

    @pytest.fixture
    def url(self) -> Iterator[str]:
        """A server that would take anything, and must be sent nothing."""
        with socket.create_server(("127.0.0.1", 0)) as server:
            self.received = b""
            server.settimeout(0.5)
            listener = threading.Thread(target=self._listen, args=(server,))
            listener.start()
            yield f"http://127.0.0.1:{server.getsockname()[1]}/"
            listener.join()
        assert "•".encode() not in self.received and b"Authorization" not in self.received

    def _listen(self, server: socket.socket) -> None:
        try:
            connection, _ = server.accept()
        except TimeoutError:
            return
        with connection:
            connection.settimeout(0.2)
            try:
                self.received += connection.recv(65536)
            except TimeoutError:
                return

    @pytest.mark.parametrize("only", [Secret(CANARY), result()], ids=["secret", "result"])
    def test_requests_refuses_it(self, url: str, only: Any) -> None:
        with pytest.raises((UnicodeEncodeError, requests.exceptions.InvalidHeader)) as caught:
            requests.get(url, headers={"Authorization": "Bearer " + str(only)}, timeout=5)
        assert_hidden(str(caught.value))
        with pytest.raises(requests.exceptions.InvalidHeader) as refused:
            requests.get(url, headers={"Authorization": only}, timeout=5)
        assert_hidden(str(refused.value))

    @pytest.mark.parametrize("only", [Secret(CANARY), result()], ids=["secret", "result"])
    def test_http_client_refuses_it(self, url: str, only: Any) -> None:
        connection = http.client.HTTPConnection(url.split("/")[2], timeout=5)
        try:
            with pytest.raises(UnicodeEncodeError):
                connection.request("GET", "/", headers={"Authorization": f"Bearer {only!s}"})
        finally:
            connection.close()

    def test_the_redacted_text_holds_the_bullet(self) -> None:
        assert "\u2022" in str(result()) and "\u2022" in str(Secret(CANARY))
