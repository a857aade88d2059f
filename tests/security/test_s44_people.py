"""S44: on a server for many people each has their own sign-ins, and who cannot be told apart gets none.

Attacked by one person over REST, from a kernel, by the way back of the other's sign-in, and with the server's
own token, which tells nobody apart. It is longer than other files, for its attacks share two people's server,
which takes long to come to where they begin.
"""

import copy
import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
import requests
import websocket

from jupyter_auth.broker.config.settings import Settings
from jupyter_auth.broker.storage import open_store
from jupyter_auth.cli.demo.jupyter_process import JupyterProcess
from jupyter_auth.testing.store_contract import keys, make_row, put
from tests.idp import OidcProvider
from tests.integration.code_flow import CALLBACK, parameters
from tests.integration.conftest import pending
from tests.support import EventPage, Kernel, Place, Script, place, until
from tests.support.redis_server import RedisServer

#: A login that knows people by their names. The server's own token is anonymous in it, as it always is.
LOGIN = """
from jupyter_server.auth.identity import IdentityProvider, User

class Named(IdentityProvider):
    async def get_user(self, handler):
        token = self.get_token(handler)
        if token in ("ada-of-the-test", "bob-of-the-test"):
            handler._token_authenticated = True
            return User(token[:3])
        return await self._get_user(handler)

c.ServerApp.identity_provider_class = Named
"""
SILENT = "jupyter_auth.acquire_token_silent('lake')"
PREFIX = "jupyter_auth/v1/"


@pytest.fixture(scope="module")
def idp() -> Iterator[OidcProvider]:
    with OidcProvider() as running:
        running.set(interval=1)
        yield running


@contextmanager
def shared_server(idp: OidcProvider, people: str) -> Iterator[tuple[Place, JupyterProcess]]:
    with place(idp.issuer) as made:
        log = f"c.JupyterAuth.audit_file = {str(made.root / 'audit.jsonl')!r}\n"
        made.server_code(f"{LOGIN}{log}c.JupyterAuth.people = {people!r}\n")
        with made.server() as server:
            yield made, server


@pytest.fixture(scope="module")
def many(idp: OidcProvider) -> Iterator[tuple[Place, JupyterProcess]]:
    with shared_server(idp, "many") as running:
        yield running


def as_person(server: JupyterProcess, name: str) -> JupyterProcess:
    """The server as that person has it."""
    theirs = copy.copy(server)
    theirs.token = f"{name}-of-the-test"
    return theirs


def sign_in(kernel: Kernel, idp: OidcProvider, name: str) -> str:
    """By code, at the provider as the person of that name; gives who that is."""
    kernel.run("import jupyter_auth")
    cell = kernel.start("tok = jupyter_auth.get_token('lake')", "tok.account.home_account_id")
    idp.approve(pending(kernel.server)["user_code"], username=name)
    return str(kernel.result_of(cell))


@pytest.fixture
def two(
    many: tuple[Place, JupyterProcess], idp: OidcProvider
) -> Iterator[tuple[tuple[JupyterProcess, Kernel, str], tuple[JupyterProcess, Kernel, str]]]:
    """Ada and Bob, each with a kernel and signed in."""
    found = []
    for name in ("ada", "bob"):
        server = as_person(many[1], name)
        kernel = Kernel(server)
        found.append((server, kernel, sign_in(kernel, idp, name)))
    yield found[0], found[1]
    for server, kernel, _ in found:
        kernel.close()
        server.delete(PREFIX + "cache").raise_for_status()
        server.delete(f"api/kernels/{kernel.kernel_id}")


def seen(server: JupyterProcess, who: str) -> dict[str, Any]:
    """What somebody gets of the account ``who``, and of anybody's requests and kernels."""
    return {
        "accounts": [row for row in server.get(PREFIX + "accounts").json() if row["home_account_id"] == who],
        "account": server.get(PREFIX + f"accounts/{who}").ok,
        "cache": [row for row in server.get(PREFIX + "cache").json() if row["home_account_id"] == who],
        "kernels": server.get(PREFIX + "kernels").json(),
        "interactions": server.get(PREFIX + "interactions").json(),
        "sign-out": server.delete(PREFIX + f"accounts/{who}").ok,
    }


def test_one_sees_and_ends_nothing_of_the_other(two: Any) -> None:
    (ada, of_ada, who), (bob, of_bob, _) = two
    got = seen(bob, who)
    assert {row["kernel_id"] for row in got.pop("kernels")} == {of_bob.kernel_id}
    assert all(row["requested_by"]["kernel_id"] == of_bob.kernel_id for row in got.pop("interactions"))
    assert not any(got.values()), got
    assert of_ada.value(f"{SILENT}.account.username") == "ada"
    assert of_bob.value(f"{SILENT}.account.username") == "bob"
    assert "InteractionRequiredError" in of_bob.fails(
        "jupyter_auth.acquire_token_silent('lake', account='ada')"
    )
    assert [row["username"] for row in ada.get(PREFIX + "accounts").json()] == ["ada"]


def test_events_name_nobody_s_account(two: Any) -> None:
    """Jupyter sends them to all: that something changed is all that is in them."""
    (_, of_ada, who), (bob, _, _) = two
    with closing(EventPage(bob)) as page:
        of_ada.run("import jupyter_auth; t = jupyter_auth.get_token('lake', force_refresh=True)")
        of_ada.run("jupyter_auth.sign_out('lake')")
        heard = page.next(1)
        while heard[-1].get("action") != "signed_out":
            heard += page.next(1)
    assert {"topic": "cache", "action": "refreshed", "profile": "lake", "home_account_id": ""} in heard
    assert who not in page.text and "jupyter_auth/audit" not in page.text


def test_nobody_decides_for_another_s_kernel(two: Any) -> None:
    (ada, of_ada, _), (bob, of_bob, _) = two
    path = PREFIX + f"kernels/{of_ada.kernel_id}/grants"
    said = {"profile": "lake", "decision": "deny", "remember": "kernel"}
    assert bob.get(path).status_code == bob.delete(path).status_code == 404
    assert bob._ask("PUT", path, said).status_code == 404
    assert of_ada.value(f"{SILENT}.account.username") == "ada" and ada.get(path).json() == []
    mine = PREFIX + f"kernels/{of_bob.kernel_id}/grants"
    bob._ask("PUT", mine, said).raise_for_status()
    assert "KernelGrantRequiredError" in of_bob.fails(SILENT)
    bob.delete(mine).raise_for_status()


def test_without_the_defence_one_sees_and_ends_the_other_s(idp: OidcProvider) -> None:
    """The same at a server that is set up for one: what ``people = "many"`` is for."""
    with shared_server(idp, "one") as (_, server):
        ada, bob = as_person(server, "ada"), as_person(server, "bob")
        kernel = Kernel(ada)
        who = sign_in(kernel, idp, "ada")
        assert all(seen(bob, who).values())
        kernel.close()


def test_a_clear_is_one_s_own_and_reaches_one_s_kernels_at_once(two: Any) -> None:
    (ada, of_ada, _), (bob, of_bob, _) = two
    for kernel in (of_ada, of_bob):
        kernel.run(SILENT)
    bob.delete(PREFIX + "cache").raise_for_status()
    assert "InteractionRequiredError" in of_bob.fails(SILENT)
    assert of_ada.value(f"{SILENT}.metadata.cache_level") == "kernel"
    ada.delete(PREFIX + "cache").raise_for_status()
    assert "InteractionRequiredError" in of_ada.fails(SILENT)


def test_nobody_answers_or_cancels_another_s_request(
    many: tuple[Place, JupyterProcess], idp: OidcProvider
) -> None:
    ada, bob = as_person(many[1], "ada"), as_person(many[1], "bob")
    asked = ada.post(PREFIX + "interactions", {"profile": "lake"}).json()
    path = PREFIX + f"interactions/{asked['id']}"
    assert bob.get(path).status_code == bob.delete(path).status_code == 404
    assert bob.post(path, {"flow": "device_code"}).status_code == 404
    own = bob.post(PREFIX + "interactions", {"profile": "lake"})
    assert own.status_code == 201 and own.json()["id"] != asked["id"], "nor joins it"
    assert ada.get(path).json()["state"] == "pending"
    for server, waiting in ((ada, asked), (bob, own.json())):
        server.delete(PREFIX + f"interactions/{waiting['id']}").raise_for_status()


def brought_back(server: JupyterProcess, asked: dict[str, Any], idp: OidcProvider) -> int:
    """The provider's answer to that request, in the browser of whoever ``server`` is for."""
    state = parameters(asked["authorization_uri"])["state"]
    answer = urlencode({"state": state, "error": "access_denied", "iss": idp.issuer})
    with requests.Session() as session:
        session.trust_env = False
        session.headers["Authorization"] = f"token {server.token}"
        found = session.get(f"{server.url}{CALLBACK}?{answer}", allow_redirects=False, timeout=20)
        return found.status_code


def test_the_way_back_is_open_to_who_began_alone(
    many: tuple[Place, JupyterProcess], idp: OidcProvider
) -> None:
    ada, bob = as_person(many[1], "ada"), as_person(many[1], "bob")
    asked = ada.post(PREFIX + "interactions", {"profile": "lake", "flow": "authorization_code"}).json()
    path = PREFIX + f"interactions/{asked['id']}"
    for other in (bob, many[1]):
        assert brought_back(other, asked, idp) >= 400
        assert ada.get(path).json()["state"] == "pending"
    brought_back(ada, asked, idp)
    assert ada.get(path).json()["state"] == "declined"


@pytest.mark.parametrize(
    "resource", ["status", "profiles", "accounts", "cache", "kernels", "interactions", "interactions/x"]
)
def test_who_cannot_be_told_apart_gets_nothing(many: tuple[Place, JupyterProcess], resource: str) -> None:
    answer = many[1].get(PREFIX + resource)
    assert answer.status_code == 403 and answer.json()["reason"] == "people_unknown"
    if resource == "interactions":
        assert many[1].post(PREFIX + resource, {"profile": "lake"}).status_code == 403


def test_nor_does_their_kernel_nor_a_page(many: tuple[Place, JupyterProcess]) -> None:
    server = many[1]
    kernel = Kernel(server)
    kernel.run("import jupyter_auth")
    said = kernel.fails("jupyter_auth.get_token('lake', interactive=False)")
    assert "PolicyError" in said and "Nobody knows who has started this kernel" in said
    kernel.close()
    with pytest.raises(websocket.WebSocketBadStatusException):
        page(server)


def page(server: JupyterProcess) -> websocket.WebSocket:
    url = f"{server.url.replace('http', 'ws', 1)}{PREFIX}frontend"
    header = [f"Authorization: token {server.token}"]
    return websocket.create_connection(url, timeout=10, header=header, http_no_proxy=["127.0.0.1"])


def test_a_page_of_one_shows_nothing_of_another_s_kernel(two: Any) -> None:
    (ada, _, _), (bob, _, _) = two

    def count(server: JupyterProcess) -> int:
        return int(server.get(PREFIX + "status").json()["broker"]["front_ends"])

    with closing(page(bob)):
        until(lambda: count(bob) == 1)
        assert count(ada) == 0
    until(lambda: count(bob) == 0)


def test_stores_are_apart_and_name_nobody(two: Any, many: tuple[Place, JupyterProcess]) -> None:
    people = many[0].store / "people"
    folders = sorted(people.iterdir())
    assert len(folders) == 2 and not any(name in str(folders) for name in ("ada", "bob"))
    assert {folder.stat().st_mode & 0o777 for folder in (people, *folders)} == {0o700}
    assert not list(many[0].store.glob("*.db"))


NAMES = [("ada", "bob"), ("ada", "Ada"), ("ada", "ada/person:bob"), ("a", "a\udc80"), ("..", ".")]


@pytest.mark.parametrize("names", NAMES)
def test_no_name_opens_another_s_store(
    redis_server: RedisServer, tmp_path: Path, names: tuple[str, str]
) -> None:
    """On disk and in Redis, with one sealing key for all."""
    key = tmp_path / "seal.key"
    key.write_text("ab" * 32)
    key.chmod(0o600)
    for kind in ("sqlite", "redis"):
        settings = Settings(
            store=kind,
            store_path=str(tmp_path / "store"),
            seal_key_file=str(key),
            redis_url_file=str(redis_server.url_file(tmp_path)),
        )
        one, other = (open_store(replace(settings, person=name)) for name in names)
        try:
            put(one, make_row("k"))
            assert one.describe().name == other.describe().name == kind
            assert keys(one) == ["k"] and keys(other) == []
            other.clear()
            assert keys(one) == ["k"]
        finally:
            one.close()
            other.close()


def test_the_audit_says_who_it_was(two: Any, many: tuple[Place, JupyterProcess]) -> None:
    (_, of_ada, _), (_, of_bob, _) = two
    log = many[0].root / "audit.jsonl"

    def users() -> set[tuple[str, str, str]]:
        told = [json.loads(line) for line in log.read_text().splitlines()]
        return {(t["kernel_id"], t["user"], t["user_source"]) for t in told if t["decision"] == "first_use"}

    until(lambda: len([u for u in users() if u[0] in (of_ada.kernel_id, of_bob.kernel_id)]) == 2)
    assert (of_ada.kernel_id, "ada", "jupyter") in users()
    assert (of_bob.kernel_id, "bob", "jupyter") in users()


EXTENSION = """
def _jupyter_server_extension_points():
    return [{"module": "jupyter_server_ydoc"}]
def _load_jupyter_server_extension(app):
    pass
"""


@pytest.mark.parametrize(("setting", "warns"), [("", True), ("c.JupyterAuth.people = 'one'\n", False)])
def test_collaboration_without_a_word_about_people_is_warned_of(
    idp: OidcProvider, tmp_path: Path, setting: str, warns: bool
) -> None:
    (tmp_path / "jupyter_server_ydoc.py").write_text(EXTENSION)
    with place(idp.issuer) as made:
        made.variables(PYTHONPATH=str(tmp_path))
        made.server_code(setting)
        with made.server("--ServerApp.jpserver_extensions=jupyter_server_ydoc=True") as server:
            told = server.get(PREFIX + "status").json()["broker"]["problem"] or ""
        assert ("would share its sign-ins" in told) is warns
        assert ("would share its sign-ins" in made.log.read_text()) is warns


def test_a_script_beside_it_has_no_store_of_anybody_s(many: tuple[Place, JupyterProcess]) -> None:
    told = pytest.raises(AssertionError, match=r"PolicyError.*no server of it says whose")
    with Script(many[0]) as script, told:
        script.run("ja.get_accounts()")
