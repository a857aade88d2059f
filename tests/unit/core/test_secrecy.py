"""No way of showing, saving or copying a result or a secret gives its token away."""

import copy
import http.client
import inspect
import io
import json
import logging
import pickle
import pprint
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
import requests
import rich.console
import rich.pretty
from IPython.core.formatters import DisplayFormatter
from IPython.core.interactiveshell import InteractiveShell
from IPython.lib.pretty import pretty
from rich import inspect as rich_inspect
from traitlets.config import Config

from jupyter_auth.core.secret import Secret
from tests.unit.core.samples import CANARY, assert_hidden, result, token_data

THINGS: dict[str, Callable[[], Any]] = {
    "secret": lambda: Secret(CANARY),
    "result": result,
    "token data": token_data,
    "nested": lambda: {"tokens": [result(), (Secret(CANARY),)]},
}

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
    "pprint": pprint.pformat,
    "IPython pretty": pretty,
    "IPython display": lambda it: str(DisplayFormatter().format(it)),  # type: ignore[no-untyped-call]
    "rich pretty": lambda it: rich.pretty.pretty_repr(it, max_depth=None, expand_all=True),
    "logging": lambda it: logging.LogRecord("x", 10, "f", 1, "%s %r", (it, it), None).getMessage(),
    "exception": lambda it: repr(ValueError(it)) + str(ValueError(it)),
}


@pytest.fixture(params=THINGS)
def thing(request: pytest.FixtureRequest) -> Any:
    return THINGS[request.param]()


@pytest.mark.parametrize("show", SHOWN.values(), ids=SHOWN)
def test_whatever_shows_it_redacts_it(thing: Any, show: Callable[[Any], str]) -> None:
    assert_hidden(show(thing))


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


@pytest.mark.parametrize("make", [copy.copy, copy.deepcopy, json.dumps, vars, asdict, bytes, len, iter, list])
@pytest.mark.parametrize("only", [Secret(CANARY), result()], ids=["secret", "result"])
def test_it_is_neither_copied_nor_taken_apart(only: Any, make: Callable[[Any], Any]) -> None:
    with pytest.raises(TypeError) as caught:
        make(only)
    assert_hidden(str(caught.value))


def test_a_walk_through_all_attributes_finds_no_text(thing: Any) -> None:
    assert_hidden(str(inspect.getmembers(thing)))
    assert_hidden("\n".join(_walk(thing, 4)))


def _walk(it: Any, depth: int) -> Iterator[str]:
    """What an inspector shows that opens every attribute of every attribute, private ones too."""
    yield repr(it)
    if depth and not isinstance(it, str | int | float | type | type(None)):
        for name in dir(it):
            if not name.startswith("__"):
                yield from _walk(getattr(it, name), depth - 1)


def test_rich_inspect_finds_no_text(thing: Any) -> None:
    out = io.StringIO()
    console = rich.console.Console(file=out, width=400, color_system=None)
    rich_inspect(thing, console=console, all=True, private=True, dunder=True, methods=True)
    assert_hidden(out.getvalue())


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
