"""A resource that wants more than the token it was shown: asked for once, never in a loop (S42)."""

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
