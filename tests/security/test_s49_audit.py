"""S49: every decision is written down, for whom and by whom, and no record can hold a secret.

Attacked by secrets in every field, by names that would forge lines, by what is put at the log's path, and by
a disk that takes nothing; and a real server's life is read back from its log.
"""

import asyncio
import json
import os
import pwd
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from jupyter_auth.broker.auditing.file import AuditFile
from jupyter_auth.core import frames, sockets
from jupyter_auth.core.audit import (
    AuditRecord,
    Decision,
    Id,
    Name,
    Scope,
    Slug,
    Source,
    UserSource,
    Via,
    rfc3339,
    scopes_of,
)
from jupyter_auth.core.secret import Secret
from tests.idp import CONFIDENTIAL_CLIENT, CONFIDENTIAL_SECRET, OidcProvider
from tests.integration.cells import APPLICATIONS
from tests.integration.conftest import pending
from tests.support import EventPage, Kernel, Place, Script, place, until
from tests.support.socket_client import Client, key_of, mac

JWT = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhZGEifQ.c2lnbmF0dXJl"
TEXTS = (Id, Slug, Scope, Name)
#: Refuses one resource of ours.
AUTHORIZER = """
from jupyter_server.auth import Authorizer
class ButOne(Authorizer):
    def is_authorized(self, handler, user, action, resource):
        return not handler.request.path.endswith("/accounts/of-the-test")
c.ServerApp.authorizer_class = ButOne
"""


def record(**about: Any) -> AuditRecord:
    return AuditRecord(at=1_790_000_000_123, decision=Decision.FIRST_USE, **about)


class Sly(str):
    """Text that shows itself otherwise when nobody looks."""

    __slots__ = ()

    def __str__(self) -> str:
        return "canary-of-a-sly-string"


# -- by type -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", TEXTS)
@pytest.mark.parametrize("value", [Secret("canary"), Sly("a"), b"canary", 5, None, ["canary"]])
def test_no_text_is_made_of_anything_but_plain_text(kind: Any, value: Any) -> None:
    for make in (kind, kind.of):
        if value is None and make != kind:
            continue  # what is not there is not told
        with pytest.raises(TypeError) as caught:
            make(value)
        assert "canary" not in str(caught.value)


@pytest.mark.parametrize("kind", TEXTS)
@pytest.mark.parametrize("value", ["", "a\nb", "a\x00", "a\u2028b", "a\u202eb", "x" * 500, JWT])
def test_no_text_is_unclean_too_long_or_a_token(kind: Any, value: str) -> None:
    with pytest.raises(ValueError, match=r"^(this is )?no |^a Name") as caught:
        kind(value)
    assert not value or value not in str(caught.value)


@pytest.mark.parametrize("name", [field.name for field in fields(AuditRecord)])
@pytest.mark.parametrize("value", [Secret("canary"), "canary", Sly("canary"), (Secret("canary"),), True, 1.5])
def test_no_field_takes_a_secret_or_any_text(name: str, value: Any) -> None:
    given = {"at": 1, "decision": Decision.HITS, name: value}
    with pytest.raises(TypeError) as caught:
        AuditRecord(**given)
    assert "canary" not in str(caught.value)


def test_nothing_is_put_in_afterwards() -> None:
    made = record()
    with pytest.raises(AttributeError):
        made.notebook = "canary"  # type: ignore[misc, assignment]
    with pytest.raises((AttributeError, TypeError)):
        made.token = "canary"  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        (
            'a.ipynb"}\n{"decision":"signed_in","user":"root"',
            'a.ipynb"} {"decision":"signed_in","user":"root"',
        ),
        ("a\r\n\x1b[2Kb\u2028c\u202ed", "a [2Kb cd".replace("b c", "bc")),
        (f"run {JWT}.ipynb", "run •••ipynb".replace("•••ipynb", "•••")),
        ("x" * 1000, "x" * 159 + "…"),
    ],
)
def test_a_name_forges_no_line(name: str, shown: str) -> None:
    line = record(notebook=Name.of(name), kernel_name=Name.of(name), user=Name.of(name)).to_line()
    assert line.isascii() and line.isprintable() and len(line.splitlines()) == 1
    told = json.loads(line)
    assert told["notebook"] == told["kernel_name"] == told["user"] == shown
    assert told["decision"] == "first_use"


def test_a_reason_or_scope_that_somebody_invents_is_no_place_for_a_token() -> None:
    assert Slug.of("No such thing: " + JWT) == "other" and Slug.of("access_denied") == "access_denied"
    assert scopes_of(["lake.read", JWT, "x" * 300, "a b"]) == ("lake.read",)
    assert len(scopes_of(f"s{n}" for n in range(1000))) == 100
    assert Id.of(f"../{JWT}") is None


def test_the_event_has_ids_and_states_only() -> None:
    told = record(
        user=Name("ada"), kernel_name=Name("Python 3"), notebook=Name("a.ipynb"), kernel_id=Id("k1")
    )
    assert set(told.to_wire()) - set(told.to_event()) == {"user", "user_source", "kernel_name", "notebook"}
    assert told.to_event()["at"] == rfc3339(1_790_000_000_123) == "2026-09-21T14:13:20.123Z"
    assert Source("store") in Source and Via("rest") in Via and UserSource("system") in UserSource


# -- the file ----------------------------------------------------------------------------------------------


@pytest.fixture
def opened() -> Iterator[Callable[[Path], AuditFile]]:
    made: list[AuditFile] = []

    def open_at(path: Path) -> AuditFile:
        made.append(AuditFile(path))
        return made[-1]

    yield open_at
    for file in made:
        file.close()


def written(file: AuditFile, count: int = 1) -> None:
    """Have records written, or refused."""
    for n in range(count):
        file(record(count=n + 1))
    until(lambda: not file._waiting)


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="ascii").splitlines()]


def test_the_file_is_closed_to_others_whatever_the_umask(
    tmp_path: Path, opened: Callable[[Path], AuditFile]
) -> None:
    path, made_before = tmp_path / "audit.jsonl", tmp_path / "before.jsonl"
    made_before.write_text("")
    made_before.chmod(0o666)
    mask = os.umask(0)
    try:
        written(opened(path))
        written(opened(made_before))
    finally:
        os.umask(mask)
    for file in (path, made_before):
        assert stat.S_IMODE(file.stat().st_mode) == 0o600 and len(lines(file)) == 1


@pytest.mark.parametrize("trap", ["symlink", "dangling", "hard link", "fifo", "folder", "no folder"])
def test_what_is_put_at_its_path_is_not_written_to(
    tmp_path: Path, opened: Callable[[Path], AuditFile], trap: str, caplog: pytest.LogCaptureFixture
) -> None:
    path, victim = tmp_path / "audit.jsonl", tmp_path / "victim"
    victim.write_text("precious")
    traps: dict[str, Callable[[], None]] = {
        "symlink": lambda: path.symlink_to(victim),
        "dangling": lambda: path.symlink_to(tmp_path / "new"),
        "hard link": lambda: path.hardlink_to(victim),
        "fifo": lambda: os.mkfifo(path),
        "folder": path.mkdir,
        "no folder": lambda: None,
    }
    traps[trap]()
    file = opened(path if trap != "no folder" else tmp_path / "missing" / "audit.jsonl")
    started = time.monotonic()
    written(file, 5)
    assert time.monotonic() - started < 5, "it hangs"
    assert victim.read_text() == "precious" and not (tmp_path / "new").exists()
    assert file.problem is not None and file.lost == 5
    told = [r for r in caplog.records if r.levelname == "ERROR"]
    assert len(told) == 1 and "given out all the same" in told[0].getMessage()


def test_a_log_that_was_moved_is_begun_anew(tmp_path: Path, opened: Callable[[Path], AuditFile]) -> None:
    path, moved = tmp_path / "audit.jsonl", tmp_path / "audit.jsonl.1"
    file = opened(path)
    written(file, 2)
    path.rename(moved)
    written(file)
    path.unlink()
    written(file)
    assert [len(lines(p)) for p in (moved, path)] == [2, 1]


def test_a_disk_that_is_full_costs_records_and_says_how_many(
    tmp_path: Path, opened: Callable[[Path], AuditFile], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half a line is all that it takes; the next one begins on a line of its own."""
    path, real = tmp_path / "audit.jsonl", os.write
    file = opened(path)
    written(file)
    monkeypatch.setattr(os, "write", lambda fd, data: real(fd, data[: len(data) // 2]))
    written(file, 3)
    assert file.problem is not None and file.lost == 3
    monkeypatch.setattr(os, "write", real)
    written(file)
    assert file.problem is None and file.lost == 0
    good = [json.loads(line) for line in path.read_text().splitlines() if line.endswith("}")]
    assert [(r["decision"], r["count"]) for r in good] == [
        ("first_use", 1),
        ("records_lost", 3),
        ("first_use", 1),
    ]


def test_several_processes_share_a_log(tmp_path: Path) -> None:
    path = tmp_path / "audit.jsonl"
    children = []
    for _ in range(4):
        if (child := os.fork()) == 0:
            mine = AuditFile(path)
            for _ in range(200):
                mine(record(scopes=scopes_of(f"scope{n}" for n in range(100))))
            mine.close()
            os._exit(0)
        children.append(child)
    assert all(os.waitpid(child, 0)[1] == 0 for child in children)
    assert len(lines(path)) == 800


# -- a server's life ---------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def idp() -> Iterator[OidcProvider]:
    with OidcProvider() as running:
        running.set(interval=1)
        yield running


def sign_in(kernel: Kernel, idp: OidcProvider, code: str = "tok = ja.get_token('lake')") -> dict[str, Any]:
    cell = kernel.start(code, "tok.account.home_account_id")
    waiting = pending(kernel.server)
    idp.approve(waiting["user_code"], username="ada")
    return {**waiting, "who": kernel.result_of(cell)}


def stranger(made: Place) -> None:
    """A process of this user that is no kernel of that server."""
    with closing(sockets.connect(made.socket, timeout=5)) as channel, channel.makefile("rwb") as stream:
        for said in ({"op": "hello", "v": 1}, {"op": "prove", "mac": "0" * 64}):
            stream.write(frames.encode(said))
            stream.flush()
            length = frames.body_length(stream.read(frames.HEADER))
            answer = frames.decode(stream.read(length))
        assert answer["error"] == "kernel_grant_required"


def bad_handle(made: Place, kernel: Kernel) -> None:
    """A worker of that kernel with a handle that names nothing."""
    with closing(Client(made.socket)) as worker:
        hello = worker.call(op="hello", v=1)
        proof = mac(key_of(made, kernel), hello["broker_id"], hello["nonce"])
        assert worker.call(op="prove", mac=proof, worker={})["reason"] == "bad_argument"


def life(made: Place, idp: OidcProvider) -> dict[str, Any]:
    """All that is decided in a server's life. Gives what its records must hold."""
    with made.server() as server, closing(EventPage(server)) as page:
        path = "a\u202e notebook.ipynb"
        (made.notebooks / path).write_text('{"cells":[],"metadata":{},"nbformat":4,"nbformat_minor":5}')
        kernel = Kernel(server)
        session = {"path": path, "name": path, "type": "notebook", "kernel": {"id": kernel.kernel_id}}
        server.post("api/sessions", session).raise_for_status()
        kernel.run("import jupyter_auth as ja")
        first = sign_in(kernel, idp)
        for _ in range(4):
            kernel.run("tok = ja.acquire_token_silent('lake')")
        kernel.run("tok = ja.get_token('lake', force_refresh=True, interactive=False)")
        kernel.run("tok = ja.get_token('lake', force_refresh=True, interactive=False)")
        secrets = [kernel.value("tok.reveal()")]
        for _ in range(3):
            kernel.fails("ja.get_token('nowhere')")
        kernel.fails("ja.get_token('lake', account='nobody@example.org', interactive=False)")
        cell = kernel.start("ja.acquire_token_by_device_flow('lake', scopes='lake.write')", "None")
        waiting = pending(server)
        server.delete(f"jupyter_auth/v1/interactions/{waiting['id']}").raise_for_status()
        with pytest.raises(Exception, match="cancelled"):
            kernel.result_of(cell)
        server.post("jupyter_auth/v1/interactions", {"profile": "nowhere"})
        stranger(made)
        bad_handle(made, kernel)
        assert server.delete("jupyter_auth/v1/accounts/of-the-test").status_code == 403
        kernel.run("handle = ja.worker_handle('lake', scopes='lake.read')")
        kernel.fails("handle.get_token(scopes='lake.write')")
        grants = f"jupyter_auth/v1/kernels/{kernel.kernel_id}/grants"
        for decision in ("deny", "allow"):
            said = {"profile": "lake", "decision": decision, "remember": "kernel"}
            server._ask("PUT", grants, said).raise_for_status()
        server.delete(grants).raise_for_status()
        kernel.run("ja.sign_out('lake')")
        again = sign_in(kernel, idp)
        server.delete("jupyter_auth/v1/cache").raise_for_status()
        metrics = server.get("metrics").text
        status = server.get("jupyter_auth/v1/status").json()["audit"]
        events = page.next(5, audit=True)
        kernel.close()
    return {
        "kernel": kernel.kernel_id,
        "first": first,
        "again": again,
        "cancelled": waiting["id"],
        "secrets": [*secrets, first["user_code"], again["user_code"]],
        "metrics": metrics,
        "status": status,
        "events": events,
    }


@pytest.fixture(scope="module")
def lived(idp: OidcProvider) -> Iterator[tuple[dict[str, Any], Path, str]]:
    with place(idp.issuer) as made:
        log = made.root / "audit.jsonl"
        made.server_code(f"{AUTHORIZER}c.JupyterAuth.audit_file = {str(log)!r}\n")
        known = life(made, idp)
        yield known, log, made.log.read_text(encoding="utf-8")


def test_every_decision_of_a_life_is_there(lived: tuple[dict[str, Any], Path, str]) -> None:
    known, log, _ = lived
    told = lines(log)
    short = [(r["decision"], r["via"], r["reason"]) for r in told if r["decision"] != "hits"]
    expected = [
        ("prompt_started", "kernel", None),
        ("signed_in", "kernel", None),
        ("prompt_ended", "kernel", "succeeded"),
        ("first_use", "kernel", None),
        ("refreshed", "kernel", "force_refresh_or_claims"),
        ("denied", "kernel", "unknown_profile"),
        ("denied", "kernel", "no_account"),
        ("prompt_started", "kernel", None),
        ("prompt_ended", "rest", "cancelled"),
        ("denied", "rest", "unknown_profile"),
        ("denied", "kernel", "proof_failed"),
        ("denied", "worker", "bad_argument"),
        ("denied", "rest", "not_authorized"),
        ("denied", "worker", "worker_limits"),
        ("grant_refused", "rest", "kernel"),
        ("grant_given", "rest", "kernel"),
        ("grant_revoked", "rest", "kernel"),
        ("signed_out", "kernel", None),
        ("revocation", "kernel", "revoked"),
        ("prompt_started", "kernel", None),
        ("signed_in", "kernel", None),
        ("prompt_ended", "kernel", "succeeded"),
        ("removed", "rest", None),
        ("cleared", "rest", None),
        ("denied", "kernel", "unknown_profile"),  # the two more of it, told at the end
    ]
    for wanted in expected:
        assert wanted in short, (wanted, short)
    grants = [r for r in told if r["decision"].startswith("grant")]
    assert {(r["kernel_id"], r["profile"]) for r in grants} == {(known["kernel"], "lake")}
    assert [r for r in told if r["reason"] == "unknown_profile" and r["via"] == "kernel"][-1]["count"] == 2
    hits = [r for r in told if r["decision"] == "hits"]
    assert sum(r["count"] for r in hits) >= 4 and len(hits) < 6, hits
    assert {r["source"] for r in hits} <= {"kernel", "memory", "store"}


def test_each_record_says_who_where_what_and_when(lived: tuple[dict[str, Any], Path, str]) -> None:
    known, log, _ = lived
    me = pwd.getpwuid(os.geteuid()).pw_name
    for told in lines(log):
        assert (told["user"], told["user_source"]) == (me, "system")
        assert told["at"].endswith("Z") and told["at"] > "2020"
        if told["reason"] == "proof_failed":
            assert told["kernel_id"] is None
        elif told["via"] in ("kernel", "worker"):
            assert told["kernel_id"] == known["kernel"] and told["notebook"] == "a notebook.ipynb", told
            assert told["kernel_name"].startswith("Python 3")
    by_decision = {told["decision"]: told for told in lines(log)}
    for decision in ("first_use", "refreshed", "signed_in", "signed_out", "revocation", "removed"):
        assert by_decision[decision]["home_account_id"] == known["first"]["who"], decision
        assert by_decision[decision]["profile"] == "lake"
    for decision in ("first_use", "refreshed", "prompt_started"):
        assert "lake.read" in by_decision[decision]["scopes"]
    started = [told for told in lines(log) if told["decision"] == "prompt_started"]
    assert [s["interaction"] for s in started] == [
        known["first"]["id"],
        known["cancelled"],
        known["again"]["id"],
    ]
    assert {s["flow"] for s in started} == {"device_code"} and by_decision["refreshed"]["source"]


def test_the_same_is_told_as_events_and_counted(lived: tuple[dict[str, Any], Path, str]) -> None:
    known, log, _ = lived
    seen = [{"topic": "audit", **{k: v for k, v in r.items() if k in known["events"][0]}} for r in lines(log)]
    assert known["events"] == seen[:5]
    assert 'jupyter_auth_decisions_total{decision="signed_in"} 2.0' in known["metrics"]
    assert 'jupyter_auth_denials_total{reason="unknown_profile"} 4.0' in known["metrics"]
    assert 'jupyter_auth_prompts_ended_total{state="cancelled"} 1.0' in known["metrics"]
    assert known["status"] == {"file": str(log), "problem": None, "lost": 0}
    assert stat.S_IMODE(log.stat().st_mode) == 0o600


def test_no_secret_of_that_life_is_in_it(lived: tuple[dict[str, Any], Path, str]) -> None:
    known, log, said = lived
    text = log.read_text() + json.dumps(known["events"])
    for canary in known["secrets"]:
        assert len(canary) > 6 and canary not in text and canary[:12] not in text and canary not in said


def test_a_log_that_cannot_be_written_stops_no_token(idp: OidcProvider) -> None:
    with place(idp.issuer) as made:
        made.server_code(f"c.JupyterAuth.audit_file = {str(made.root / 'missing' / 'audit.jsonl')!r}\n")
        with made.server() as server:
            kernel = Kernel(server)
            kernel.run("import jupyter_auth as ja")
            sign_in(kernel, idp)
            assert kernel.value("len(ja.get_token('lake').reveal()) > 8") is True
            told = server.get("jupyter_auth/v1/status").json()["audit"]
            assert "No such file" in told["problem"] and told["lost"] > 2
            kernel.run("%load_ext jupyter_auth\n%auth status")
            assert "Audit records are not written" in kernel.text()
            kernel.close()
        assert made.log.read_text().count("Audit records are not written") == 1


def test_without_a_server_and_for_no_account_it_is_written_too(idp: OidcProvider) -> None:
    with place(idp.issuer) as made:
        log, secret = made.root / "audit.jsonl", made.root / "secret"
        secret.write_text(CONFIDENTIAL_SECRET)
        secret.chmod(0o600)
        made.server_code(f"c.JupyterAuth.audit_file = {str(log)!r}\n")
        with made.toml.open("a") as file:
            file.write(APPLICATIONS.format(issuer=idp.issuer, client_id=CONFIDENTIAL_CLIENT, secret=secret))
        with Script(made) as script:
            for _ in range(3):
                script.run("ja.acquire_token_for_client('batch', force_refresh=True)")
            script.run("ja.acquire_token_for_client('batch')")
        told = lines(log)
    assert {(t["via"], t["kernel_id"], t["home_account_id"]) for t in told} == {("process", None, None)}
    assert [t["decision"] for t in told][:2] == ["refreshed", "first_use"]
    assert all(t["profile"] == "batch" and t["kernel_name"].startswith("Python 3") for t in told[:2])


async def test_a_kernel_that_is_refused_all_the_time_fills_no_log(tmp_path: Path) -> None:
    from jupyter_auth.broker.auditing.actors import Actor
    from jupyter_auth.broker.auditing.audit import Audit
    from jupyter_auth.broker.clock import Clock
    from jupyter_auth.core.errors import ProfileError
    from jupyter_auth.core.statistics import Statistics

    statistics, told = Statistics(), list[AuditRecord]()
    audit = Audit(Clock(), statistics, lambda _: None)
    audit.delivery.sinks.append(told.append)
    kernel = Actor(via=Via.KERNEL, kernel_id="k")
    for n in range(10_000):
        audit.denied(ProfileError("no", reason="unknown_profile"), profile=f"p{n}", by=kernel)
    await asyncio.sleep(0)
    await audit.close()
    assert len(told) < 70 and sum(r.count for r in told) == 10_000
    assert statistics.denials == {"unknown_profile": 10_000}
