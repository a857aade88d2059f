"""S49: every decision is written down, for whom and by whom: a server's life is read back from its log."""

import json
import os
import pwd
import stat
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from jupyter_auth.core import frames, sockets
from tests.idp import CONFIDENTIAL_CLIENT, CONFIDENTIAL_SECRET, OidcProvider
from tests.integration.cells import APPLICATIONS
from tests.integration.conftest import pending
from tests.security.audit_log import lines
from tests.support import EventPage, Kernel, Place, Script, place
from tests.support.socket_client import Client, key_of, mac

#: Refuses one resource of ours.
AUTHORIZER = """
from jupyter_server.auth import Authorizer
class ButOne(Authorizer):
    def is_authorized(self, handler, user, action, resource):
        return not handler.request.path.endswith("/accounts/of-the-test")
c.ServerApp.authorizer_class = ButOne
"""


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
