"""S49: whoever is refused over HTTP is in the audit, whoever of us, Jupyter or Tornado refused it, and why.

Attacked by every refusal there is, by hostile words in all that is sent, and by very many of them.
"""

import http.client
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
import requests

from jupyter_auth.cli.demo.jupyter_process import JupyterProcess
from tests.idp import OidcProvider
from tests.integration.code_flow import CALLBACK, FLOWS, browser, visit
from tests.security.audit_log import lines
from tests.security.signed_in import asking
from tests.security.test_s22_routes import HANDSHAKE
from tests.support import place

#: Refuses who asks to be refused.
AUTHORIZER = """
from jupyter_server.auth import Authorizer
class OnRequest(Authorizer):
    def is_authorized(self, handler, user, action, resource):
        return "X-Refuse-Me" not in handler.request.headers
c.ServerApp.authorizer_class = OnRequest
"""
CANARY = "canary-c0ffee"
EVIL = f"https://{CANARY}.example"
REFUSE = {"X-Refuse-Me": CANARY}
V1 = "jupyter_auth/v1"
MANY = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """A request that is refused: who sends what, what is answered, and the reason that is written down."""

    who: str
    method: str = "GET"
    path: str
    headers: dict[str, str] = field(default_factory=dict)
    data: bytes = b""
    status: int = 403
    reason: str


JSON = {"Content-Type": "application/json"}
REFUSED = [
    Sent(who="program", path=f"{V1}/accounts", headers=REFUSE, reason="not_authorized"),
    Sent(who="page", path=f"{V1}/accounts", headers=REFUSE, reason="not_authorized"),
    Sent(who="page", path=f"{V1}/frontend", headers=HANDSHAKE | REFUSE, reason="not_authorized"),
    Sent(who="page", path=f"{CALLBACK}?code={CANARY}&state=x", headers=REFUSE, reason="not_authorized"),
    Sent(who="page", path=f"{CALLBACK}/lake", headers=REFUSE, reason="not_authorized"),
    Sent(who="stranger", path=f"{V1}/accounts?token={CANARY}", reason="not_logged_in"),
    Sent(who="stranger", path=f"{V1}/frontend", headers=HANDSHAKE, reason="not_logged_in"),
    Sent(who="stranger", method="DELETE", path=f"{V1}/cache", reason="xsrf"),
    Sent(who="page", path=f"{V1}/accounts", headers={"Sec-Fetch-Site": "cross-site"}, reason="cross_site"),
    Sent(who="page", path=f"{V1}/accounts", headers={"Referer": f"{EVIL}/"}, reason="cross_site"),
    Sent(who="page", path=f"{V1}/accounts", headers={"Origin": EVIL}, status=404, reason="cross_site"),
    Sent(
        who="page",
        method="POST",
        path=f"{V1}/interactions",
        headers={"Origin": EVIL},
        status=404,
        reason="cross_site",
    ),
    Sent(who="page", path=f"{V1}/frontend", headers=HANDSHAKE | {"Origin": EVIL}, reason="cross_site"),
    Sent(
        who="page",
        path=f"{V1}/frontend",
        headers=HANDSHAKE | {"Sec-Fetch-Site": "cross-site"},
        reason="cross_site",
    ),
    Sent(
        who="page",
        method="OPTIONS",
        path=f"{V1}/cache",
        headers={"Origin": EVIL, "Access-Control-Request-Method": "DELETE"},
        status=405,
        reason="cross_site",
    ),
    Sent(who="page", method="DELETE", path=f"{V1}/cache", reason="xsrf"),
    Sent(who="page", method="DELETE", path=f"{V1}/cache?_xsrf={CANARY}", reason="xsrf"),
    Sent(who="program", path=f"{V1}/accounts", headers={"Host": f"{CANARY}.example"}, reason="foreign_host"),
    Sent(who="page", path=CALLBACK, headers={"Host": f"{CANARY}.example"}, reason="foreign_host"),
    Sent(
        who="program",
        method="POST",
        path=f"{V1}/interactions",
        headers={"Content-Type": "text/plain"},
        data=CANARY.encode(),
        status=415,
        reason="not_json",
    ),
    Sent(
        who="program",
        method="POST",
        path=f"{V1}/interactions",
        headers=JSON,
        data=b" " * 70_000,
        status=413,
        reason="body_too_large",
    ),
    Sent(who="page", path=f"{CALLBACK}?code={CANARY}&state=guess", status=404, reason="unknown_state"),
    Sent(who="page", path=f"{CALLBACK}?back={CANARY}", status=404, reason="unknown_state"),
    Sent(
        who="program",
        method="POST",
        path=f"{V1}/interactions",
        headers=JSON,
        data=b"[]",
        status=400,
        reason="bad_body",
    ),
]
#: What is answered with a status of those, or much like it, and refuses nobody.
NOT_REFUSED = [
    Sent(who="program", path=f"{V1}/accounts/nobody", status=404, reason=""),
    Sent(who="program", path=f"{V1}/nothing", status=404, reason=""),
    Sent(who="program", method="PUT", path=f"{V1}/cache", headers=JSON, data=b"{}", status=405, reason=""),
    Sent(who="stranger", path=f"{CALLBACK}?code=x&state=y", status=302, reason=""),
    Sent(who="page", path=f"{V1}/frontend", headers=HANDSHAKE, status=101, reason=""),
    Sent(who="page", path=f"{V1}/frontend", status=400, reason=""),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What came of it: the answers, the records, and all that the server has counted."""

    statuses: list[tuple[Sent, int]]
    records: list[dict[str, Any]]
    metrics: str
    text: str


def ask(server: JupyterProcess, session: requests.Session, sent: Sent) -> int:
    with session.request(
        sent.method,
        server.url + sent.path,
        headers=sent.headers,
        data=sent.data,
        timeout=20,
        allow_redirects=False,
        stream=True,
    ) as answer:
        return answer.status_code


def flood(server: JupyterProcess) -> None:
    """A stranger asks very often, and never the same."""
    host, _, port = server.url.removeprefix("http://").rstrip("/").partition(":")
    channel = http.client.HTTPConnection(host, int(port), timeout=20)
    for n in range(MANY):
        headers = {"X-Forwarded-For": f"10.0.{n // 256}.{n % 256}", "User-Agent": f"{CANARY}{n}"}
        channel.request("GET", f"/{V1}/accounts/a{n}?token={CANARY}{n}", headers=headers)
        answer = channel.getresponse()
        answer.read()
        assert answer.status == 403
    channel.close()


def declined(server: JupyterProcess, page: requests.Session) -> None:
    """A provider's no, whose page has the status of a refusal of ours."""
    waiting = server.post(f"{V1}/interactions", {"profile": "lake"}).json()
    state = dict(pair.split("=", 1) for pair in waiting["authorization_uri"].split("?")[1].split("&"))[
        "state"
    ]
    query = urlencode({"error": "access_denied", "state": state})
    assert visit(page, f"{server.url}{CALLBACK}?{query}").status_code == 403


@pytest.fixture(scope="module")
def told() -> Iterator[Told]:
    with OidcProvider() as idp, place() as made:
        made.profile(idp.issuer, "lake", more=FLOWS)
        log: Path = made.root / "audit.jsonl"
        made.server_code(f"{AUTHORIZER}c.JupyterAuth.audit_file = {str(log)!r}\n")
        with made.server() as server, browser(server) as page, asking(server) as program:
            with asking(server, token=False) as stranger:
                by = {"page": page, "program": program, "stranger": stranger}
                statuses = [(sent, ask(server, by[sent.who], sent)) for sent in (*REFUSED, *NOT_REFUSED)]
            declined(server, page)
            flood(server)
            metrics = server.get("metrics").text
        yield Told(statuses=statuses, records=lines(log), metrics=metrics, text=log.read_text())


def test_each_refusal_is_counted_by_its_reason(told: Told) -> None:
    assert [(sent, status) for sent, status in told.statuses if status != sent.status] == []
    wanted = Counter(sent.reason for sent in REFUSED) + Counter(not_logged_in=MANY)
    counted: Counter[str] = Counter()
    for record in told.records:
        if record["decision"] == "denied":
            counted[record["reason"]] += record["count"]
            assert (record["via"], record["kernel_id"]) == ("rest", None)
    assert counted == wanted
    for reason, count in wanted.items():
        assert f'jupyter_auth_denials_total{{reason="{reason}"}} {float(count)}' in told.metrics


def test_very_many_fill_no_log(told: Told) -> None:
    """One record at once, and one for all that followed in the minute."""
    reasons = Counter(record["reason"] for record in told.records if record["decision"] == "denied")
    minutes = 1 + reasons["not_logged_in"] // 2  # that the test took, should it have taken longer
    assert max(reasons.values()) <= 2 * minutes < 20, reasons


def test_nothing_that_was_sent_is_in_a_record(told: Told) -> None:
    assert CANARY not in told.text and "10.0." not in told.text
