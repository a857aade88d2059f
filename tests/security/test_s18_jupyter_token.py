"""S18: the Jupyter server's token alone yields no access token."""

from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest
import requests

from tests.security.enumerating import METHODS
from tests.security.signed_in import TOKENS, Scene, asking, scene
from tests.support import EventPage
from tests.support.socket_client import Client, key_of, mac

#: What a request may have beside it to be taken for another.
TRICKS: list[dict[str, Any]] = [
    {},
    {"headers": {"X-HTTP-Method-Override": "POST", "X-HTTP-Method": "POST", "X-Method-Override": "POST"}},
    {"headers": {"Accept": "application/jwt, application/octet-stream, */*"}},
    {"params": {"op": "get_token", "profile": "lake", "include": "access_token", "fields": "*"}},
]
#: What might be a way to a token, and is not there.
MADE_UP = ("/kernel", "/kernel/", "/kernels/x/token", "/token", "/tokens", "/get_token")
MORE = (*MADE_UP, "/../v1/kernel", "/%2e%2e/v1/kernel")


@pytest.fixture(scope="module")
def signed_in() -> Iterator[Scene]:
    with scene() as made:
        yield made


def verbs(signed_in: Scene) -> list[str]:
    """All that a kernel may say, as the server itself tells a kernel."""
    with closing(Client(signed_in.home.socket)) as client:
        client.prove(key_of(signed_in.home, signed_in.kernel))
        hint = client.call(op="fly")["hint"]
    return str(hint).partition("It knows: ")[2].partition(". ")[0].split(", ")


def bodies(signed_in: Scene) -> list[dict[str, Any]]:
    more = {"profile": "lake", "kernel_id": signed_in.kernel.kernel_id}
    said = [{"op": verb, "profile": "lake"} for verb in verbs(signed_in)]
    return [*said, {"op": "get_token", **more}, {"op": "prove", "mac": signed_in.server.token}]


def attack(signed_in: Scene, methods: tuple[str, ...]) -> list[requests.Response]:
    """Every answer of every route to everything that a kernel may say, with the Jupyter token only."""
    paths = [path for route in signed_in.routes for path in signed_in.ids(route)]
    paths += [f"jupyter_auth/v1{path}" for path in MORE]
    asked: list[tuple[str, str, dict[str, Any] | None, dict[str, Any]]] = []
    for method in methods:
        said = bodies(signed_in) if method in {"POST", "PUT"} else []
        asked += [(method, path, None, trick) for path in paths for trick in TRICKS]
        asked += [(method, path, body, {}) for path in paths for body in said]
    with asking(signed_in.server) as session:
        return [
            session.request(
                method, signed_in.server.url + path, json=body, timeout=30, allow_redirects=False, **trick
            )
            for method, path, body, trick in asked
        ]


def test_no_answer_holds_a_token(signed_in: Scene) -> None:
    assert len(verbs(signed_in)) > 15 and signed_in.canaries.used["access_token"]
    answers = attack(signed_in, tuple(method for method in METHODS if method != "DELETE"))
    assert signed_in.server.get("jupyter_auth/v1/accounts").json()  # there was something to be had
    answers += attack(signed_in, ("DELETE",))
    assert len(answers) > 500
    assert [(a.request.method, a.url) for a in answers if signed_in.tokens_in(a)] == []
    given = {a.status_code for a in answers}
    assert given <= {200, 201, 400, 403, 404, 405, 415}, given
    beyond = {a.status_code for a in answers if (a.url or "").partition("?")[0].endswith(MADE_UP)}
    assert beyond and beyond <= {403, 404, 405, 415}


def test_without_the_defence_the_token_is_enough() -> None:
    with scene("s18") as undefended:
        answers = attack(undefended, ("POST",))
        got = {kind for answer in answers for kind in undefended.tokens_in(answer)}
    assert "access_token" in got


def test_nor_does_the_socket_take_it_for_a_proof(signed_in: Scene) -> None:
    for key in (signed_in.server.token, f"token {signed_in.server.token}", signed_in.kernel.kernel_id):
        with closing(Client(signed_in.home.socket)) as client:
            hello = client.call(op="hello", v=1)
            proof = mac(key, hello["broker_id"], hello["nonce"])
            refused = client.call(op="prove", mac=proof, token=key, kernel_id=signed_in.kernel.kernel_id)
            assert refused["reason"] == "proof_failed"


def test_nor_are_events_a_way(signed_in: Scene) -> None:
    with closing(EventPage(signed_in.server)) as events:
        signed_in.server.delete("jupyter_auth/v1/cache")
        signed_in.sign_in()
        signed_in.kernel.run("tok = ja.get_token('lake', force_refresh=True)")
        assert events.next(4)
        seen = events.text.encode()
    found = [kind for kind in TOKENS for needle in signed_in.canaries.needles(kind) if needle in seen]
    assert found == []
