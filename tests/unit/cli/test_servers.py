"""What answers at a server's port need not be that server any more: nothing that it says does harm."""

import json
import os
import threading
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import MappingProxyType

import pytest

from jupyter_auth.cli import servers
from jupyter_auth.cli.main import main
from jupyter_auth.core.errors import AuthError
from jupyter_auth.core.statistics import Statistics

HOSTILE = "eve\x1b[2J\x1b]0;x\x07\u202eada"


class Liar(ThreadingHTTPServer):
    """Answers everything with ``body``, or with what ``bodies`` has for a resource."""

    daemon_threads = True
    status = 200
    body = b""
    bodies: Mapping[str, bytes] = MappingProxyType({})


class _Handler(BaseHTTPRequestHandler):
    server: Liar

    def do_GET(self) -> None:
        self.send_response(self.server.status)
        if self.server.status == 302:
            self.send_header("Location", "/stolen")
        body = self.server.bodies.get(self.path.rpartition("/")[2], self.server.body)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_DELETE = do_GET

    def log_message(self, format: str, *args: object) -> None:
        """Nothing."""


@pytest.fixture
def liar(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Liar]:
    """The only server that runs, it seems."""
    for name in ("config", "data", "runtime"):
        monkeypatch.setenv(f"JUPYTER_{name.upper()}_DIR", str(tmp_path / name))
    (tmp_path / "runtime").mkdir()
    with Liar(("127.0.0.1", 0), _Handler) as running:
        info = {"url": f"http://127.0.0.1:{running.server_address[1]}/", "pid": os.getpid(), "token": "t"}
        (tmp_path / "runtime" / "jpserver-1.json").write_text(json.dumps(info), encoding="utf-8")
        threading.Thread(target=running.serve_forever, args=(0.02,), daemon=True).start()
        yield running
        running.shutdown()


@pytest.mark.parametrize(
    ("status", "body", "reason"),
    [
        (200, b"<html>", "bad_answer"),
        (200, b"{}", "bad_answer"),
        (200, b"[1]", "bad_answer"),
        (200, b"[" * 100_000, "bad_answer"),
        (302, b"", "not_let_in"),
        (401, b"", "not_let_in"),
        (403, b'{"message": "no"}', "not_let_in"),
        (403, b'{"error": "policy", "message": "no", "reason": "people_unknown"}', "people_unknown"),
        (404, b"", "no_extension"),
        (500, b'{"error": 5}', "no_extension"),
    ],
)
def test_what_it_answers_becomes_a_typed_error(liar: Liar, status: int, body: bytes, reason: str) -> None:
    liar.status, liar.body = status, body
    (server,) = servers.running()
    with pytest.raises(AuthError) as refused:
        servers.accounts(server)
    assert refused.value.reason == reason


def test_what_it_says_moves_no_cursor(
    liar: Liar, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jupyter_auth.get_accounts", lambda profile: [], raising=False)
    row = {"username": HOSTILE, "profile": "lake", "home_account_id": "x", "state": "signed_in"}
    liar.body = json.dumps([row]).encode()
    assert main(["accounts"]) == 0
    out = capsys.readouterr().out
    assert "eve" in out and out.replace("\n", "").isprintable() and "\u202e" not in out
    liar.status, liar.body = 403, json.dumps({"error": "policy", "message": HOSTILE}).encode()
    assert main(["accounts"]) == 0
    err = capsys.readouterr().err
    assert "eve" in err and err.replace("\n", "").isprintable() and "\u202e" not in err


def test_an_account_without_anything_is_no_fault_of_ours(
    liar: Liar, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jupyter_auth.get_accounts", lambda profile: [], raising=False)
    liar.body = b"[{}]"
    assert main(["accounts", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)[0]["username"] == ""


STATUS = {
    "store": {"name": HOSTILE, "location": HOSTILE, "notes": [HOSTILE], "key_sources": [HOSTILE]},
    "statistics": Statistics(since=0).to_wire(),
    "configuration": {"faults": [HOSTILE]},
    "audit": {"problem": HOSTILE},
}
ACCOUNT = {"username": HOSTILE, "profile": HOSTILE, "state": HOSTILE, "home_account_id": HOSTILE}
GRANT = {
    "profile": HOSTILE,
    "decision": "allow",
    "account": HOSTILE,
    "scopes": [HOSTILE],
    "remember": "kernel",
}
ASKS = {
    "state": "pending",
    "flow": "consent",
    "profile": HOSTILE,
    "account": HOSTILE,
    "scopes": [HOSTILE],
    "requested_by": {"kernel_id": HOSTILE},
}
KERNEL = {"kernel_id": HOSTILE, "notebook": HOSTILE, "kernel_name": HOSTILE, "grants": [GRANT]}
BODIES = {"status": STATUS, "accounts": [ACCOUNT], "interactions": [ASKS], "kernels": [KERNEL]}


@pytest.mark.parametrize("words", [["status"], ["grants", "list"]])
def test_nor_does_it_where_everything_is_printed(
    liar: Liar, capsys: pytest.CaptureFixture[str], words: list[str]
) -> None:
    liar.bodies = {name: json.dumps(body).encode() for name, body in BODIES.items()}
    assert main(words) == 0
    out = capsys.readouterr().out
    assert (
        out.count("eve") > 4 and "\n  " in out and out.replace("\n", "").isprintable() and "\u202e" not in out
    )
    assert main([*words, "--json"]) == 0
    assert "eve" in json.dumps(json.loads(capsys.readouterr().out))


@pytest.mark.parametrize("body", [b"7", b"null", b"[7]", b"{}", b'{"store": 7}', b'[{"state": "pending"}]'])
@pytest.mark.parametrize("words", [["status"], ["grants", "list"]])
def test_what_has_another_shape_is_told_in_words(
    liar: Liar, capsys: pytest.CaptureFixture[str], words: list[str], body: bytes
) -> None:
    liar.body = body
    for more in ([], ["--json"]):
        main([*words, *more])
        told = capsys.readouterr()
        assert "fault of its own" not in told.err
    assert isinstance(json.loads(told.out), list)


def test_what_goes_wrong_with_files_is_json_too(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    in_the_way = tmp_path / "file"
    in_the_way.touch()
    monkeypatch.setenv("JUPYTER_CONFIG_DIR", str(in_the_way / "below"))
    said = ["profiles", "add", "lake", "--offline", "--issuer", "https://idp.example", "--client-id", "x"]
    assert main([*said, "--json"]) == 1
    told = json.loads(capsys.readouterr().err)
    assert told["reason"] == "system" and str(in_the_way) in told["message"]
