"""S42: a resource that says 401 for ever is asked twice, and costs one refresh or one question."""

import base64
from collections.abc import Callable, Iterator

import pytest

from tests.idp import Provider
from tests.integration.conftest import pending
from tests.support import Kernel
from tests.support.resource import Resource
from tests.support.resource import resource as running_resource

CLAIMS = base64.b64encode(b'{"access_token": {"nbf": {"essential": true, "value": "1"}}}').decode()
STRONGER = 'Bearer error="insufficient_user_authentication", acr_values="mfa", max_age="600"'
WITH_CLAIMS = f'Bearer realm="", error="insufficient_claims", claims="{CLAIMS}"'


@pytest.fixture
def resource() -> Iterator[Resource]:
    with running_resource() as running:
        yield running


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


EVERY_WAY = """
import requests
s = ja.session("lake")
s.max_redirects = 5
def ask(method, path="", **more):
    return s.request(method, {url!r} + path, timeout=50, **more).status_code
codes = [ask("GET"), ask("POST", data="x"), ask("PUT", json=dict(a=1)), ask("GET", "again")]
"""


@pytest.mark.parametrize(
    "challenge",
    [
        WITH_CLAIMS,
        f"{WITH_CLAIMS}, {WITH_CLAIMS}",
        'Bearer error="invalid_token"',
        "Bearer",
        "",
        "Basic realm=x",
    ],
    ids=["claims", "claims twice", "invalid_token", "nothing said", "no challenge", "another scheme"],
)
def test_each_request_is_sent_twice_at_most_whatever_the_401_says(
    kernel: Kernel, provider: Provider, sign_in: Callable[..., str], resource: Resource, challenge: str
) -> None:
    sign_in(kernel)
    resource.challenge, resource.refusals = challenge, 10**6
    provider.reset_log()
    assert kernel.run(EVERY_WAY.format(url=resource.url), "codes") == [401] * 4
    assert len(resource.tokens) <= 8
    assert provider.token_responses("refresh_token") <= 4
    asked = kernel.server.get("jupyter_auth/v1/interactions").json()
    assert [one for one in asked if one["state"] == "pending"] == [], "nobody is asked again"


def test_a_redirect_to_itself_is_no_way_around_it(
    kernel: Kernel, provider: Provider, sign_in: Callable[..., str], resource: Resource
) -> None:
    sign_in(kernel)
    resource.challenge, resource.refusals = WITH_CLAIMS, 10**6
    provider.reset_log()
    code = f"""
import requests
try:
    told = requests.get({resource.url!r} + "redirect", auth=ja.BearerAuth("lake"), timeout=50).status_code
except requests.TooManyRedirects:
    told = 0
"""
    kernel.run(code)
    assert provider.token_responses("refresh_token") <= 2 and len(resource.tokens) <= 40
