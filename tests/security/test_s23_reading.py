"""S23: no answer to a browser holds a token, and to read changes nothing, whoever makes a browser read."""

from collections.abc import Iterator
from typing import Any

import pytest
import requests

from tests.integration.code_flow import browser
from tests.security.looking import JUPYTERS
from tests.security.signed_in import Scene, asking, scene
from tests.support import until

EVIL = "https://evil.example/"
#: What a browser sends for a page of another origin that shows, includes or links to ours.
FOREIGN: list[dict[str, str]] = [
    {"Referer": EVIL},
    {"Referer": "http://127.0.0.1:1/"},
    {"Referer": "http://localhost.evil.example/"},
    {"Referer": "null"},
    {"Referer": EVIL, "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"},
    {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Dest": "script", "Sec-Fetch-Mode": "no-cors"},
    {"Sec-Fetch-Site": "same-site", "Sec-Fetch-Dest": "image"},
]
OVERRIDES = dict.fromkeys(("X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"), "DELETE")
#: Words that change something where they are heeded.
WORDS = (
    "_method=DELETE",
    "revoke=true&profile=lake",
    "default=true",
    "flow=device_code&profile=lake",
    "op=clear_cache",
)


@pytest.fixture(scope="module")
def signed_in() -> Iterator[Scene]:
    with scene() as made:
        yield made


def addresses(scene: Scene) -> list[str]:
    return sorted({path for route in scene.routes for path in scene.ids(route)})


def all_answers(scene: Scene) -> Iterator[requests.Response]:
    """What a page reads with a cookie, and a program with the token: of ours, and what Jupyter shows."""
    with browser(scene.server) as page, asking(scene.server) as program:
        for session in (page, program):
            for path in (*addresses(scene), *JUPYTERS):
                for method in ("GET", "HEAD", "OPTIONS"):
                    yield session.request(method, scene.server.url + path, timeout=20, allow_redirects=False)


def read_from_elsewhere(scene: Scene) -> list[str]:
    """What a page of another origin has a browser that is logged in read: addresses that were answered."""
    got = []
    with browser(scene.server) as page:
        for path in addresses(scene):
            for headers in FOREIGN:
                answer = page.get(scene.server.url + path, headers=headers, timeout=20, allow_redirects=False)
                is_closed = path.endswith(("/frontend", "/callback", "/nothing/here"))
                if answer.status_code not in {403, 404} and not is_closed:
                    got.append(path)
    return got


def state(scene: Scene) -> Any:
    """All that there is, but for when something was last used."""
    kinds = ("accounts", "cache", "interactions", "profiles", "kernels")
    rows = {kind: scene.server.get(f"jupyter_auth/v1/{kind}").json() for kind in kinds}
    left_out = {"last_used", "source", "renewing"}
    return {
        kind: [{k: v for k, v in row.items() if k not in left_out} for row in rows[kind]] for kind in rows
    }


def tokens_seen(scene: Scene) -> set[str]:
    return {kind for answer in all_answers(scene) for kind in scene.tokens_in(answer)}


def test_no_answer_holds_a_token(signed_in: Scene) -> None:
    assert {"access_token", "refresh_token", "id_token"} <= set(signed_in.canaries.used)
    waiting = signed_in.server.post("jupyter_auth/v1/interactions", {"profile": "lake", "scopes": "more"})
    assert waiting.status_code == 201  # so that there is something in mid-flow as well
    assert tokens_seen(signed_in) == set()
    signed_in.provider.approve()
    until(lambda: signed_in.server.get("jupyter_auth/v1/interactions").json()[-1]["state"] == "succeeded")
    assert tokens_seen(signed_in) == set()


def test_a_page_of_another_origin_reads_nothing(signed_in: Scene) -> None:
    assert read_from_elsewhere(signed_in) == []


def test_without_the_defence_tokens_are_read_from_elsewhere() -> None:
    with scene("s23") as undefended:
        assert tokens_seen(undefended) == {"access_token"}
        assert "jupyter_auth/v1/cache" in read_from_elsewhere(undefended)


@pytest.mark.parametrize("headers", [{}, {"Sec-Fetch-Site": "same-origin"}, {"Sec-Fetch-Site": "none"}])
def test_ones_own_page_reads(signed_in: Scene, headers: dict[str, str]) -> None:
    own = {**headers, "Referer": f"{signed_in.server.url}lab"}
    with browser(signed_in.server) as page:
        for sent in (headers, own):
            answer = page.get(f"{signed_in.server.url}jupyter_auth/v1/status", headers=sent, timeout=20)
            assert answer.status_code == 200


def test_to_read_changes_nothing(signed_in: Scene) -> None:
    before, asked = state(signed_in), len(signed_in.provider.requests)
    with browser(signed_in.server) as page, asking(signed_in.server) as program:
        for session in (page, program):
            for path in addresses(signed_in):
                for words in ("", *WORDS):
                    for headers in ({}, OVERRIDES, FOREIGN[0]):
                        for method in ("GET", "HEAD"):
                            url = f"{signed_in.server.url}{path}?{words}"
                            session.request(method, url, headers=headers, timeout=20, allow_redirects=False)
    assert state(signed_in) == before and before["accounts"]
    assert len(signed_in.provider.requests) == asked
    assert signed_in.kernel.run("tok = ja.acquire_token_silent('lake')", "tok.account.username") == "ada"


def test_a_stranger_s_answer_to_the_callback_changes_nothing(signed_in: Scene) -> None:
    """The one address that is read and does something: for the ``state`` of a request alone (S27)."""
    before = state(signed_in)
    with browser(signed_in.server) as page:
        for query in ("code=x&state=guess", "error=access_denied&state=guess", "back=guess", "state="):
            url = f"{signed_in.server.url}jupyter_auth/v1/callback?{query}"
            assert page.get(url, headers={"Referer": EVIL}, timeout=20).status_code == 404
    assert state(signed_in) == before


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS", "PATCH", "TRACE", "CONNECT", "PROPFIND"])
def test_no_other_method_does_anything(signed_in: Scene, method: str) -> None:
    with asking(signed_in.server) as program:
        for path in addresses(signed_in):
            answer = program.request(method, signed_in.server.url + path, headers=OVERRIDES, timeout=20)
            assert answer.status_code == 405, (method, path)
