"""A resource that wants more than the token it was shown: asked for once, never in a loop (S42)."""

import base64
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests.idp import Provider
from tests.integration.conftest import pending
from tests.support import Kernel

CLAIMS = base64.b64encode(b'{"access_token": {"nbf": {"essential": true, "value": "1"}}}').decode()
STRONGER = 'Bearer error="insufficient_user_authentication", acr_values="mfa", max_age="600"'
WITH_CLAIMS = f'Bearer realm="", error="insufficient_claims", claims="{CLAIMS}"'


class Resource(ThreadingHTTPServer):
    """Answers 401 with ``challenge`` to the first ``refusals`` requests; ``tokens`` are what it saw."""

    daemon_threads = True
    challenge = ""
    refusals = 1

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.tokens: list[str] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/"


class _Handler(BaseHTTPRequestHandler):
    server: Resource

    def do_GET(self) -> None:
        self.server.tokens.append(self.headers["Authorization"].removeprefix("Bearer "))
        is_refused = len(self.server.tokens) <= self.server.refusals
        self.send_response(401 if is_refused else 200)
        if is_refused:
            self.send_header("WWW-Authenticate", self.server.challenge)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Nothing."""


@pytest.fixture
def resource() -> Iterator[Resource]:
    with Resource() as running:
        threading.Thread(target=running.serve_forever, args=(0.05,), daemon=True).start()
        yield running
        running.shutdown()


def get(resource: Resource) -> str:
    return f"import requests; answer = requests.get({resource.url!r}, auth=ja.BearerAuth('lake'), timeout=50)"


@pytest.mark.parametrize("refusals", [1, 99])
def test_claims_are_passed_on_and_asked_for_once(
    kernel: Kernel, provider: Provider, sign_in: Callable[..., str], resource: Resource, refusals: int
) -> None:
    sign_in(kernel)
    resource.challenge, resource.refusals = WITH_CLAIMS, refusals
    assert kernel.run(get(resource), "answer.status_code") == (200 if refusals == 1 else 401)
    assert len(resource.tokens) == 2 == len(set(resource.tokens))
    assert provider.token_responses("refresh_token") == 1


def test_a_stronger_sign_in_is_asked_of_the_person(
    kernel: Kernel, provider: Provider, sign_in: Callable[..., str], resource: Resource
) -> None:
    sign_in(kernel)
    resource.challenge, resource.refusals = STRONGER, 99
    cell = kernel.start(get(resource), "answer.status_code")
    provider.approve(pending(kernel.server)["user_code"])
    assert kernel.result_of(cell) == 401  # it says no for ever, and is asked no third time
    assert len(resource.tokens) == 2 == len(set(resource.tokens))


def test_where_nobody_can_be_asked_the_demand_is_an_error(
    kernel: Kernel, sign_in: Callable[..., str], resource: Resource
) -> None:
    sign_in(kernel)
    resource.challenge = STRONGER
    told = kernel.fails(get(resource).replace("'lake'", "'lake', interactive=False"))
    assert "InteractionRequiredError" in told and "sign-in was asked for" in told
    assert len(resource.tokens) == 1
