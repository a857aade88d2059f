"""The canaries of another life: of a redirect, of applications, of keys, and of a Redis; at DEBUG, unmasked.

test_canaries.py has the sign-ins by code, and shows that this search finds what there is.
"""

import base64
import re
import secrets
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from jupyter_auth.cli.demo.jupyter_process import JupyterProcess
from tests.idp import MisbehavingProvider
from tests.integration.code_flow import FLOWS, browser, parameters, state_of, visit
from tests.security import evidence as at
from tests.security.canaries import Canaries
from tests.security.evidence import PLACES, Evidence
from tests.security.life import SERVER_CONFIG, configure, echo
from tests.security.looking import (
    add_answer,
    look_at_answers,
    look_at_files,
    look_at_memory,
    look_at_objects,
    look_at_processes,
)
from tests.security.recording import SocketTap
from tests.support import EventPage, Kernel, Place, place, until
from tests.support.redis_server import PASSWORD, RedisServer

pytestmark = pytest.mark.timeout(400)  # a whole life comes before the first of them

REDIS = """
c.JupyterAuth.store = "redis"
c.JupyterAuth.redis_url_file = {file!r}
"""
LEFT_BEHIND = (at.PROCESSES, at.EVENTS, at.LOGS)
#: Where a secret must never be seen; in a kernel's objects and memory is its own key, and what a cell gives.
FORBIDDEN = {
    "code": PLACES,
    "code_verifier": PLACES,
    "client_secret": PLACES,
    "client_assertion": PLACES,
    "refresh_token": PLACES,
    "id_token": PLACES,
    "sealing_key": PLACES,
    "redis_password": PLACES,
    "state": (
        *LEFT_BEHIND,
        at.OBJECTS,
        at.MEMORY,
        at.FRAMES,
        at.CHANNELS,
        at.FILES,
    ),  # a page has the address
    "nonce": (*LEFT_BEHIND, at.CHANNELS, at.FILES),  # spent, it is a claim like others
    "connection_key": (*LEFT_BEHIND, at.HTTP, at.CHANNELS, at.FRAMES, at.FILES),
    "subject_token": (*LEFT_BEHIND, at.HTTP, at.CHANNELS, at.FILES),
    "session_key": (*LEFT_BEHIND, at.HTTP, at.CHANNELS, at.FILES),
    "access_token": (*LEFT_BEHIND, at.HTTP, at.CHANNELS, at.FILES),
}
IN_KERNELS = tuple(kind for kind, places in FORBIDDEN.items() if at.OBJECTS in places)

APPLICATIONS = """
import jupyter_auth as ja
from pathlib import Path
assertion = Path({assertion!r}).read_text()
for profile in ("vault", "signed"):
    tok = ja.acquire_token_for_client(profile, force_refresh=True)
    tok = ja.acquire_token_on_behalf_of(profile, user_assertion=assertion, scopes="lake.read")
begun = ja.initiate_long_running_on_behalf_of("vault", user_assertion=assertion, scopes="lake.read")
tok = ja.acquire_token_in_long_running_on_behalf_of("vault", session_key=begun.session_key)
begun, tok, ja.get_accounts()
"""
REFUSED = """
from tests.security.life import INSPECT
for work in (
    lambda: ja.acquire_token_for_client("signed", force_refresh=True),
    lambda: ja.acquire_token_on_behalf_of("vault", user_assertion=assertion, force_refresh=True),
    lambda: ja.acquire_token_in_long_running_on_behalf_of(
        "vault", session_key=begun.session_key, force_refresh=True),
):
    try:
        for _ in range(2): work()  # the first may find what another has just got
    except ja.AuthError as problem: print(repr(problem), problem.args, vars(problem))
    else: raise AssertionError
"""


class Other:
    """Who takes part, and what was seen."""

    def __init__(self, made: Place, provider: MisbehavingProvider, folder: Path) -> None:
        self.place, self.provider, self.folder = made, provider, folder
        self.canaries = Canaries()
        self.evidence = Evidence(self.canaries)
        self.canaries.watch(provider)
        self.canaries.used["redis_password"].add(PASSWORD)

    def configure(self, redis: RedisServer) -> None:
        """A profile for the redirect, applications with a secret and an assertion; the store in Redis."""
        issuer = self.provider.issuer
        secret, assertion, subject = (self.folder / name for name in ("secret", "assertion", "subject"))
        secret.write_text(self.canaries.make("client_secret"), encoding="utf-8")
        assertion.write_text(secrets.token_urlsafe(40), encoding="utf-8")
        subject.write_text(secrets.token_urlsafe(40), encoding="utf-8")
        configure(self.place, self.provider, secret)
        self.place.profile(issuer, "web", more=FLOWS)
        self.place.profile(issuer, "signed", "nb-signed", f'client_assertion_file = "{assertion}"')
        text = SERVER_CONFIG + REDIS.format(file=str(redis.url_file(self.folder, "tls")))
        (self.place.config / "jupyter_server_config.py").write_text(text, encoding="utf-8")

    def by_redirect(self, server: JupyterProcess) -> None:
        """A sign-in in the browser, its refusal, and a replay."""
        for is_good in (True, False):
            answer = server.post("jupyter_auth/v1/interactions", {"profile": "web"})
            add_answer(self.evidence, answer)
            waiting = answer.json()
            asked = parameters(waiting["authorization_uri"])
            self.canaries.used["state"].add(asked["state"])
            self.canaries.used["nonce"].add(asked["nonce"])
            before = self.provider.answers["token"]
            with browser(server) as person:
                back = visit(person, waiting["authorization_uri"]).headers["Location"]
                if not is_good:
                    self.provider.answers["token"] = self.canaries.watched(echo(400, "invalid_grant"))
                for _ in range(2):
                    add_answer(self.evidence, visit(person, back))
            self.provider.answers["token"] = before
            assert state_of(server, waiting) == ("succeeded" if is_good else "failed")

    def applications(self, kernel: Kernel) -> None:
        """Their tokens, and what they are refused."""
        kernel.run(APPLICATIONS.format(assertion=str(self.folder / "subject")))
        self.canaries.used["session_key"].add(kernel.value("begun.session_key.reveal()"))
        before = self.provider.answers["token"]
        self.provider.answers["token"] = self.canaries.watched(echo(400, "invalid_grant"))
        kernel.run(REFUSED)
        self.provider.answers["token"] = before

    def keys(self) -> list[Path]:
        """Note the keys that there are; the files that hold them."""
        files = [path for path in self.place.root.rglob("*") if path.is_file()]
        holding = [path for path in files if path.name.startswith("kernel-") and path.suffix == ".json"]
        for path in holding:
            found = re.search(r'"key": "([^"]+)"', path.read_text())
            assert found
            self.canaries.used["connection_key"].add(found.group(1))
        for path in files:
            text = path.read_bytes().strip()
            if re.fullmatch(rb"[0-9a-f]{64}", text):
                raw = bytes.fromhex(text.decode())
                self.canaries.used["sealing_key"] |= {raw.hex(), base64.b64encode(raw).decode()}
                holding.append(path)
        return holding


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Evidence]:
    with ExitStack() as stack:
        provider = stack.enter_context(MisbehavingProvider())
        redis, made = stack.enter_context(RedisServer()), stack.enter_context(place())
        other = Other(made, provider, tmp_path_factory.mktemp("outside"))
        other.configure(redis)
        live(other)
        yield other.evidence


def live(other: Other) -> None:
    evidence, made = other.evidence, other.place
    with made.server("--debug") as server, ExitStack() as ears:
        until(lambda: any(made.runtime.glob("jupyter_auth-*.sock")))
        tap = ears.enter_context(closing(SocketTap(made.socket)))
        events = ears.enter_context(closing(EventPage(server)))
        kernel = ears.enter_context(closing(Kernel(server)))
        kernel.run("%load_ext jupyter_auth\n%auth status\n%xmode Verbose")
        other.by_redirect(server)
        other.applications(kernel)
        kernel.run("tok = ja.get_token('web', interactive=False)\nja.get_token('web', force_refresh=True)")
        look_at_answers(evidence, server)
        holding = other.keys()
        assert server.get("jupyter_auth/v1/status").json()["store"]["name"] == "redis"
        look_at_objects(evidence, kernel, other.folder, IN_KERNELS)
        look_at_memory(evidence, server, IN_KERNELS)
        look_at_processes(evidence, server)
        last = ears.enter_context(closing(Kernel(server)))  # the other was not listened to for long
        last.run("import jupyter_auth as ja\nprint(ja.sign_out('web'), ja.clear_cache(revoke=True))")
        look_at_answers(evidence, server, ("POST", "DELETE"))
        look_at_files(evidence, made, but=[made.log, *holding])
        evidence.add(at.CHANNELS, "channels", kernel.text() + last.text())
        evidence.add(at.EVENTS, "a listener", events.text)
    evidence.add(at.LOGS, "output of the server", made.log.read_bytes())
    for heard in (*tap.to_kernels, *tap.to_broker):
        evidence.add(at.FRAMES, "frames", bytes(heard))


@pytest.mark.parametrize(("kind", "where"), [(k, p) for k, places in FORBIDDEN.items() for p in places])
def test_a_secret_is_not_seen(lived: Evidence, kind: str, where: str) -> None:
    assert lived.canaries.used[kind], f"there was no {kind} in this life"
    assert lived.found(where, kind) == []


@pytest.mark.parametrize(
    ("kind", "where"), [("access_token", at.FRAMES), ("subject_token", at.FRAMES), ("state", at.HTTP)]
)
def test_it_is_seen_where_it_belongs(lived: Evidence, kind: str, where: str) -> None:
    """So that the test above can fail."""
    assert lived.found(where, kind)
