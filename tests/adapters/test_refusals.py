"""What a resource's 401 costs: one more request with one new token, or none at all where that cannot be."""

import base64
import json

import pytest

from tests.adapters.cells import cell
from tests.adapters.desk import Desk
from tests.adapters.drivers import DRIVERS
from tests.security.test_s42_challenges import CLAIMS, WITH_CLAIMS
from tests.support.resource import Resource

NO_GOOD = 'Bearer error="invalid_token"'
AZURE = ("azure-core", "azure-core, async")
GOOGLE = ("google-auth", "google-auth, async")
OURS = tuple(name for name in DRIVERS if name not in {*AZURE, *GOOGLE})
#: How often google-auth sends a request that is refused for ever: its asynchronous session cannot be told.
SENT = {"google-auth, async": 3}


def refused_once(desk: Desk, api: Resource, client: str, challenge: str) -> None:
    api.challenge, api.refusals = challenge, 1
    assert desk.sends(client, api.url, api.url) == [200, 200]
    first, *more = api.tokens
    assert len(more) == 2 and set(more) == {desk.token} and first not in more
    assert desk.refreshes == 1


def refused_for_ever(desk: Desk, api: Resource, client: str, challenge: str) -> None:
    api.challenge, api.refusals = challenge, 10**6
    assert desk.sends(client, api.url) == [401]
    assert len(api.tokens) == SENT.get(client, 2) and len(set(api.tokens)) == 2
    assert desk.refreshes == 1


@cell(
    "401",
    *OURS,
    *GOOGLE,
    says="once more, with a new token",
    google_auth__async="with one new token; google-auth sends it twice",
)
def test_a_refused_token_is_replaced_once(desk: Desk, api: Resource, client: str) -> None:
    refused_once(desk, api, client, NO_GOOD)


@pytest.mark.parametrize("client", [*OURS, *GOOGLE])
def test_a_resource_that_always_refuses_costs_one_token(desk: Desk, api: Resource, client: str) -> None:
    refused_for_ever(desk, api, client, NO_GOOD)


@cell("claims challenge", *OURS, *AZURE, says="once more, with the claims")
def test_the_claims_of_a_challenge_are_asked_for_once(desk: Desk, api: Resource, client: str) -> None:
    refused_once(desk, api, client, WITH_CLAIMS)
    asked = [entry["claims"] for entry in desk.provider.log() if entry["grant_type"] == "refresh_token"]
    assert [json.loads(one or "{}") for one in asked] == [json.loads(base64.b64decode(CLAIMS))]


@pytest.mark.parametrize("client", [*OURS, *AZURE])
def test_claims_that_are_never_met_cost_one_token(desk: Desk, api: Resource, client: str) -> None:
    refused_for_ever(desk, api, client, WITH_CLAIMS)


@pytest.mark.parametrize("client", AZURE)
def test_azure_core_itself_leaves_other_refusals_alone(desk: Desk, api: Resource, client: str) -> None:
    api.challenge, api.refusals = NO_GOOD, 10**6
    assert desk.sends(client, api.url) == [401]
    assert api.tokens == [desk.token] and desk.refreshes == 0


@pytest.mark.parametrize("client", list(DRIVERS))
def test_a_body_of_bytes_is_sent_again_whole(desk: Desk, api: Resource, client: str) -> None:
    api.challenge, api.refusals = WITH_CLAIMS, 1
    desk.run(f"d = driver({client!r})")
    assert desk.run("", f"d.send({api.url!r}, b'measured')") == 200
    assert api.bodies == [b"measured"] * 2


@pytest.mark.parametrize("client", ["requests", "httpx", "httpx, async"])
def test_a_body_that_is_gone_is_not_sent_again(desk: Desk, api: Resource, client: str) -> None:
    api.challenge, api.refusals = WITH_CLAIMS, 1
    desk.run(f"d = driver({client!r})")
    assert desk.run("", f"d.stream({api.url!r})") == 401
    assert api.bodies == [b"ab"] and desk.refreshes == 0


@pytest.mark.parametrize("client", list(DRIVERS))
@pytest.mark.parametrize("refusals", [0, 10**6], ids=["it answers", "it demands claims"])
def test_another_host_never_sees_the_token(
    desk: Desk, api: Resource, other_api: Resource, client: str, refusals: int
) -> None:
    api.elsewhere = other_api.url
    other_api.challenge, other_api.refusals = WITH_CLAIMS, refusals
    desk.sends(client, f"{api.url}elsewhere")
    assert api.tokens and set(other_api.tokens) == {""}
    asks_all_the_same = refusals > 0 and client in {*AZURE, *GOOGLE}  # they do not look who has answered
    assert desk.refreshes == int(asks_all_the_same)


@pytest.mark.parametrize("client", OURS)
@pytest.mark.parametrize("whence", ["the address", "netrc"])
def test_nor_does_one_for_which_the_client_has_a_password_of_its_own(
    desk: Desk, api: Resource, other_api: Resource, client: str, whence: str
) -> None:
    """Then a request to it carries an ``Authorization``, which is none of ours."""
    netrc = desk.place.root / "netrc"
    netrc.write_text("default login eve password p" if whence == "netrc" else "")
    netrc.chmod(0o600)
    desk.run(f"os.environ['NETRC'] = {str(netrc)!r}")
    api.elsewhere = other_api.url.replace("://", "://eve:p@") if whence == "the address" else other_api.url
    other_api.challenge, other_api.refusals = WITH_CLAIMS, 10**6
    desk.sends(client, f"{api.url}elsewhere")
    desk.run("del os.environ['NETRC']")
    assert api.tokens and other_api.tokens
    assert {token.partition(" ")[0] for token in other_api.tokens} <= {"", "Basic"}
    assert desk.refreshes == 0


@pytest.mark.parametrize("client", list(DRIVERS))
def test_a_token_is_not_sent_in_the_clear(desk: Desk, client: str) -> None:
    desk.run(f"d = driver({client!r})")
    told = desk.kernel.fails("d.send('http://lake.example.test/levels')")
    assert "over plain http" in told if client not in AZURE else "non-TLS protected" in told
