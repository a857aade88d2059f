"""S17: a kernel has what it was granted, of that profile, those scopes and that account, and nothing else."""

from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import pytest
import requests

from jupyter_auth.cli.demo.jupyter_process import JupyterProcess
from tests.idp import CONFIDENTIAL_CLIENT, CONFIDENTIAL_SECRET, OidcProvider
from tests.integration.cells import APPLICATIONS
from tests.integration.conftest import pending
from tests.security.undefended import undefended
from tests.support import Kernel, Place, place, until
from tests.support.socket_client import Client, key_of

READ, WRITE = ["lake.read"], ["lake.read", "lake.write"]
#: What looks like ``lake.read`` or ``lake.write``, or might be taken for them.
ALIKE = [
    *(
        "Lake.Read",
        "LAKE.WRITE",
        "lake.read.write",
        "lake.*",
        "*",
        ".default",
        "https://lake.example/.default",
    ),
    *("lake.re\u0430d", "lake.wr\u0456te", "lake.read\u200b", "\uff4cake.write", "la\u212ae.write"),
    *("lake.write\u0301", "lake\u2024write", "lake.read\tlake.write", "lake.read\u00a0lake.write"),
]
NAMES = ["pond", "Lake", "LAKE", "lake ", " lake", "l\u0430ke", "\uff4cake", "lake\u200b", "./lake", "lake\0"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """Ada and bob are signed in, ada with more than the kernel may have: ``lake.read``, as ada."""

    home: Place
    server: JupyterProcess
    provider: OidcProvider
    owner: Kernel
    kernel: Kernel
    assertion: str

    @contextmanager
    def connection(self) -> Iterator[Client]:
        """As the kernel, in plain sockets."""
        with closing(Client(self.home.socket)) as client:
            client.prove(key_of(self.home, self.kernel))
            yield client

    def grants(self, kernel: Kernel | None = None, method: str = "GET", **body: Any) -> list[dict[str, Any]]:
        """As a person, over REST."""
        path = f"jupyter_auth/v1/kernels/{(kernel or self.kernel).kernel_id}/grants"
        with requests.Session() as session:
            session.trust_env = False
            session.headers["Authorization"] = f"token {self.server.token}"
            answer = session.request(method, self.server.url + path, json=body or None, timeout=20)
        answer.raise_for_status()
        found: list[dict[str, Any]] = answer.json()
        return found


@contextmanager
def scene(*promises: str) -> Iterator[Scene]:
    with ExitStack() as stack:
        provider = stack.enter_context(OidcProvider())
        provider.set(interval=1)
        home = stack.enter_context(place(provider.issuer))
        with home.toml.open("a", encoding="utf-8") as toml:
            toml.write('kernel_access = "ask"\n')
        home.profile(provider.issuer, name="pond", more='kernel_access = "allow"\n')
        secret = home.root / "secret"
        secret.write_text(CONFIDENTIAL_SECRET)
        with home.toml.open("a", encoding="utf-8") as toml:
            toml.write(
                APPLICATIONS.format(issuer=provider.issuer, client_id=CONFIDENTIAL_CLIENT, secret=secret)
                + '[profiles.other]\nissuer = "https://other.example"\nclient_id = "x"\n'
            )
        home.server_code('c.JupyterAuth.kernel_access = "ask"')
        server = stack.enter_context(undefended(home, *promises) if promises else home.server())
        owner, kernel = (stack.enter_context(closing(Kernel(server))) for _ in range(2))
        made = partial(Scene, home=home, server=server, provider=provider, owner=owner, kernel=kernel)
        bare = made(assertion="")
        for profile in ("lake", "batch"):
            scopes = ["openid", "offline_access", *WRITE] if profile == "lake" else None
            bare.grants(owner, "PUT", profile=profile, scopes=scopes)
        owner.run("import jupyter_auth as ja\nja.acquire_token_for_client('batch')")
        for username in ("bob", "ada"):
            wide = ["openid", "offline_access", *WRITE]
            cell = owner.start(f"tok = ja.acquire_token_by_device_flow('lake', scopes={wide})", "None")
            provider.approve(pending(server)["user_code"], username=username)
            owner.result_of(cell)
        bare.grants(kernel, "PUT", profile="lake", scopes=READ, account="ada")
        kernel.run("import jupyter_auth as ja, os, sys, subprocess")
        yield made(assertion=str(owner.value("tok.reveal()")))


@pytest.fixture(scope="module")
def defended() -> Iterator[Scene]:
    with scene() as made:
        yield made


@pytest.fixture
def at(defended: Scene) -> Iterator[Scene]:
    """The scene, with the kernel's one grant as it was."""
    yield defended
    for waiting in defended.server.get("jupyter_auth/v1/interactions").json():
        defended.server.delete(f"jupyter_auth/v1/interactions/{waiting['id']}")
    defended.grants(method="DELETE")
    defended.grants(method="PUT", profile="lake", scopes=READ, account="ada")


def requests_beyond(at: Scene) -> list[dict[str, Any]]:
    """All that a kernel may say to get more than it was granted."""
    rows = at.server.get("jupyter_auth/v1/accounts").json()
    bob = next(row["home_account_id"] for row in rows if row["username"] == "bob")
    ada = {"profile": "lake", "account": "ada"}
    more: list[Any] = [WRITE, ["lake.write"], " ".join(WRITE), [*WRITE, *WRITE]]
    said: list[dict[str, Any]] = [{**ada, "scopes": scopes} for scopes in more]
    said += [{**ada, "scopes": [*READ, scope]} for scope in ALIKE] + [{**ada, "scopes": [s]} for s in ALIKE]
    said += [
        {**ada, "scopes": WRITE, "force_refresh": True},
        {**ada, "scopes": WRITE, "claims_challenge": "{}"},
    ]
    said += [{**ada, "scopes": READ, "within": WRITE}, {**ada, "scopes": ["openid", "email", "lake.write"]}]
    said += [{"profile": name, "scopes": READ, "account": "ada"} for name in NAMES]
    said += [{"profile": "lake", "scopes": READ, "account": who} for who in ("bob", "BOB", bob, bob.upper())]
    said += [{"profile": "lake", "scopes": READ}, {}, {"profile": "lake"}]
    tokens = [{"op": op, **one} for one in said for op in ("acquire_token_silent", "get_token")]
    application: list[dict[str, Any]] = [
        {"op": "acquire_token_for_client", "profile": "batch"},
        {"op": "acquire_token_for_client", "profile": "behalf", "scopes": READ},
        {"op": "get_token", "profile": "batch"},
        {"op": "acquire_token_on_behalf_of", "profile": "behalf", "user_assertion": at.assertion},
        {
            "op": "initiate_long_running_on_behalf_of",
            "profile": "behalf",
            "user_assertion": at.assertion,
            "session_key": "s",
        },
        {"op": "acquire_token_in_long_running_on_behalf_of", "profile": "behalf", "session_key": "s"},
    ]
    return tokens + application


def given_in(result: dict[str, Any]) -> set[str]:
    return {scope.lower() for scope in result["scopes"]} - {"openid", "profile", "offline_access"}


def is_beyond(result: dict[str, Any]) -> bool:
    account, given = result.get("account") or {}, given_in(result)
    return result["profile"] != "lake" or account.get("username") != "ada" or not given <= set(READ)


def attack(at: Scene) -> list[str]:
    """What tokens it got that are none of its own."""
    got = []
    with at.connection() as client:
        for said in requests_beyond(at):
            for _ in range(2):  # the second may be answered by what is ready
                answer = client.call(**said)
                if "result" in answer and is_beyond(answer["result"]):
                    got.append(f"{said['op']} {said}")
        for said in ({"op": "get_accounts"}, {"op": "list", "resource": "accounts"}):
            if "bob" in str(client.call(**said)):
                got.append(f"the name of an account by {said}")
        if "ok" in client.call(op="switch_account", profile="lake", account="bob"):
            got.append("another account by default")
    return got


def test_a_kernel_gets_nothing_beyond_its_grant(at: Scene) -> None:
    assert attack(at) == []
    with at.connection() as client:  # and all the while it had what it was granted
        own = client.call(op="acquire_token_silent", profile="lake", scopes=READ, account="ada")
    assert given_in(own["result"]) == set(READ) and not is_beyond(own["result"])


def test_without_the_defence_it_gets_all_of_that() -> None:
    with scene("s17") as undefended_scene:
        got = attack(undefended_scene)
    told = "\n".join(got)
    for way in ("lake.write", "'pond'", "'bob'", "for_client", "on_behalf_of", "long_running", "by default"):
        assert way in told, way


def test_what_the_kernel_keeps_itself_counts_no_more(at: Scene) -> None:
    """Its own memory, a ready answer, a process that it starts: all after the grant is taken back."""
    kernel, ask = at.kernel, "ja.acquire_token_silent('lake', scopes=['lake.read'], account='ada')"
    kernel.run(f"tok = {ask}; tok = {ask}")
    assert kernel.value("tok.metadata.cache_level") == "kernel"
    with at.connection() as client:
        said = {"op": "acquire_token_silent", "profile": "lake", "scopes": READ, "account": "ada"}
        assert all("result" in client.call(**said) for _ in range(3))
        child = (
            "import sys; import jupyter_auth as ja\n"
            f"def ask(): return {ask}\n"
            "ask(); ask(); print('first', flush=True); sys.stdin.readline()\n"
            "try: ask(); print('got it')\n"
            "except ja.KernelGrantRequiredError as e: print(e.reason)"
        )
        kernel.run(
            f"child = subprocess.Popen([sys.executable, '-c', {child!r}], stdin=-1, stdout=-1, text=True)\n"
            "first = child.stdout.readline()"
        )
        assert kernel.value("first") == "first\n"
        assert at.grants(method="DELETE") == []
        assert client.call(**said)["reason"] == "grant_required"
        assert "may not use lake" in kernel.fails(ask)
        assert kernel.value("child.communicate('\\n')[0]") == "grant_required\n"


def test_a_process_of_the_kernel_is_held_to_its_grant(at: Scene) -> None:
    ask = "ja.acquire_token_silent('lake', scopes={!r}, account={!r})"
    code = (
        "import jupyter_auth as ja\ntry: print('lake.read' in {}.scopes)\n"
        "except ja.AuthError as e: print(e.reason)"
    )
    said = [(READ, "ada"), (WRITE, "ada"), (READ, "bob")]
    told = [
        at.kernel.value(
            f"subprocess.check_output([sys.executable, '-c', {code.format(ask.format(*one))!r}], text=True)"
        )
        for one in said
    ]
    assert told == ["True\n", "grant_required\n", "grant_required\n"]


def test_no_kernel_answers_its_own_question(at: Scene) -> None:
    cell = at.kernel.start("ja.get_token('lake', scopes=['lake.write'], account='ada')", "None")
    waiting = pending(at.server)
    assert waiting["flow"] == "consent"
    with at.connection() as client:
        for said in (
            {"op": "answer", "id": waiting["id"], "decision": "allow", "remember": "kernel"},
            {"op": "answer", "id": waiting["id"], "flow": "consent"},
            {"op": "answer", "id": waiting["id"], "url": "decision=allow"},
            {"op": "put", "profile": "lake", "decision": "allow"},
            {"op": "POST", "path": f"interactions/{waiting['id']}", "decision": "allow"},
        ):
            assert "error" in client.call(**said)
    assert at.server.get(f"jupyter_auth/v1/interactions/{waiting['id']}").json()["state"] == "pending"
    assert [row["scopes"] for row in at.grants()] == [READ]
    at.server.post(f"jupyter_auth/v1/interactions/{waiting['id']}", {"decision": "deny", "remember": "once"})
    with pytest.raises(Exception, match="did not allow"):
        at.kernel.result_of(cell)


def test_a_person_allows_it_and_the_cell_goes_on(at: Scene) -> None:
    cell = at.kernel.start("tok = ja.get_token('lake', scopes=['lake.write'], account='ada')", "tok.scopes")
    waiting = pending(at.server)
    assert (waiting["account"], waiting["requested_by"]["kernel_id"]) == ("ada", at.kernel.kernel_id)
    at.server.post(f"jupyter_auth/v1/interactions/{waiting['id']}", {"decision": "allow", "remember": "once"})
    assert "lake.write" in at.kernel.result_of(cell)
    assert "may not use lake" in at.kernel.fails(
        "ja.get_token('lake', scopes=['lake.write'], account='ada', interactive=False)"
    )
    assert [row["scopes"] for row in at.grants()] == [READ]


def test_the_stop_button_takes_the_question_away(at: Scene) -> None:
    cell = at.kernel.start("ja.get_token('lake', scopes=['lake.write'], account='ada')", "None")
    waiting = pending(at.server)
    at.kernel.interrupt()
    with pytest.raises(Exception, match="Interrupt"):
        at.kernel.result_of(cell)
    address = f"jupyter_auth/v1/interactions/{waiting['id']}"
    until(lambda: at.server.get(address).json()["state"] == "cancelled")


def test_a_restart_keeps_a_grant_and_a_shutdown_ends_it(defended: Scene) -> None:
    with closing(Kernel(defended.server)) as kernel:
        defended.grants(kernel, "PUT", profile="lake", scopes=READ, account="ada")
        ask = "import jupyter_auth as ja; tok = ja.get_token('lake', scopes='lake.read', account='ada')"
        kernel.run(ask)
        kernel.restart()
        kernel.run(ask)
        gone = kernel.kernel_id
        kernel.shut_down()
    until(lambda: defended.server.get(f"jupyter_auth/v1/kernels/{gone}/grants").status_code == 404)
    assert gone not in str(defended.server.get("jupyter_auth/v1/kernels").json())
