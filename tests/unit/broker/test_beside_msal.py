"""Side by side with msal, at one provider: whose token is whose, and whether the provider is asked at all."""

import re
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import msal
import pytest
import requests

from tests.idp import CONFIDENTIAL_CLIENT, CONFIDENTIAL_SECRET, MisbehavingProvider, faults
from tests.unit.broker.apps import ASSERTION, CLIENT, EXCHANGE, AppBench, add_profiles, posts
from tests.unit.broker.bench import Bench

SCOPES = ["lake.read"]


class _Answer:
    """What msal reads of an answer."""

    def __init__(self, answer: requests.Response) -> None:
        self.status_code, self.headers = answer.status_code, answer.headers
        self.text = answer.text.replace("http://", "https://")

    def raise_for_status(self) -> None:
        """Raise what requests would."""
        assert self.status_code < 400


class Loopback:
    """msal takes no http, not even on loopback: here its https is the test provider's http."""

    def __init__(self) -> None:
        self._session = requests.Session()
        self._session.trust_env = False

    def get(self, url: str, **more: Any) -> _Answer:
        """GET."""
        return _Answer(self._session.get(url.replace("https://", "http://"), **_plain(more)))

    def post(self, url: str, **more: Any) -> _Answer:
        """POST."""
        return _Answer(self._session.post(url.replace("https://", "http://"), **_plain(more)))

    def close(self) -> None:
        """Close the connections."""
        self._session.close()


def _plain(more: dict[str, Any]) -> dict[str, Any]:
    return {name: more[name] for name in ("params", "data", "headers") if name in more}


def msal_app(issuer: str, cache: msal.TokenCache) -> Any:
    """msal's confidential client at a provider of the tests."""
    return msal.ConfidentialClientApplication(
        CONFIDENTIAL_CLIENT,
        client_credential=CONFIDENTIAL_SECRET,
        oidc_authority=issuer.replace("http://", "https://"),
        http_client=Loopback(),
        token_cache=cache,
    )


def sign_in(app: Any) -> dict[str, Any]:
    """Sign ada in by authorization code."""
    flow = app.initiate_auth_code_flow(
        SCOPES, redirect_uri="http://127.0.0.1/callback", response_mode="form_post"
    )
    with requests.Session() as browser:
        browser.trust_env = False
        back = browser.get(flow["auth_uri"].replace("https://", "http://", 1), allow_redirects=False)
    query = dict(parse_qsl(urlsplit(back.headers["Location"]).query))
    query.pop("iss")
    found: dict[str, Any] = app.acquire_token_by_auth_code_flow(flow, query)
    return found


def without_id_token(right: faults.Responder) -> faults.Responder:
    """A refresh answer that OpenID Connect Core §12.2 allows."""

    def respond(request: faults.Request) -> Any:
        answer = right(request)
        assert answer is not None
        status, headers, body = answer
        return status, headers, re.sub(rb', "id_token": "[^"]+"', b"", body)

    return respond


async def test_after_a_refresh_without_an_id_token_an_application_gets_its_own(
    idp: MisbehavingProvider, fresh: Bench
) -> None:
    """msal has lost whose token that is, and gives it to the application."""
    theirs = msal_app(idp.realm("A"), msal.TokenCache())
    sign_in(theirs)
    (account,) = theirs.get_accounts()
    token = "/realms/A/token"
    idp.answers[token] = without_id_token(idp.realms["/realms/A"].token)
    hers = theirs.acquire_token_silent(SCOPES, account, force_refresh=True)
    del idp.answers[token]
    assert theirs.acquire_token_for_client(SCOPES)["access_token"] == hers["access_token"]
    assert posts(idp, CLIENT) == 0

    ours = add_profiles(fresh)
    await fresh.sign_in("behalf")
    right, idp.answers["token"] = idp.answers["token"], without_id_token(idp.answers["token"])
    adas = await fresh.refresh("behalf")
    idp.answers["token"] = right
    own = await ours.client("behalf")
    assert own.reveal() != adas.reveal() and posts(idp, CLIENT) == 1
    still = await fresh.get("behalf")
    assert still.reveal() == adas.reveal() and still.account is not None and own.account is None


@pytest.mark.parametrize("where", ["realm", "port"])
async def test_two_issuers_of_one_host_are_two(idp: MisbehavingProvider, fresh: Bench, where: str) -> None:
    """msal tells hosts apart, and the first part of a path."""
    with MisbehavingProvider() as elsewhere:
        first = idp.realm("A")
        second = idp.realm("B") if where == "realm" else elsewhere.realm("A")
        cache = msal.TokenCache()
        tokens = [
            msal_app(issuer, cache).acquire_token_for_client(SCOPES)["access_token"]
            for issuer in (first, second)
        ]
        assert tokens[0] == tokens[1]

        ours = add_profiles(fresh, first)
        more = f'client_secret_file = "{fresh.folder / "secret"}"'
        kind = 'provider = "client_credentials"'
        fresh.profile("other", kind, more, issuer=second, client_id=CONFIDENTIAL_CLIENT, scopes=tuple(SCOPES))
        found = [await ours.client("batch"), await ours.client("other")]
        assert found[0].reveal() != found[1].reveal()
        assert (await ours.client("batch")).reveal() == found[0].reveal()
        report = await fresh.broker.clear("other")
        assert report.access_tokens == 1
        assert (await ours.client("batch")).reveal() == found[0].reveal()


async def test_the_same_assertion_twice_is_one_post(idp: MisbehavingProvider, fresh: Bench) -> None:
    """msal never reads its cache for it."""
    theirs = msal_app(idp.realm("A"), msal.TokenCache())
    tokens = [theirs.acquire_token_on_behalf_of(ASSERTION, SCOPES)["access_token"] for _ in range(2)]
    assert tokens[0] != tokens[1]
    ours: AppBench = add_profiles(fresh)
    assert (await ours.behalf()).reveal() == (await ours.behalf()).reveal()
    assert posts(idp, EXCHANGE) == 1
