"""S40: two providers and one callback: no code of the one is ever sent to the other (RFC 9700 §4.4).

``a`` belongs to the attacker, ``h`` is honest; PKCE does not help, since the attacker's request has the very
challenge whose verifier the client would send along. What remains: both have to be profiles here; and where
``h`` takes a redirect URI that was never registered for this client, nothing of ours can help.
"""

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
import requests

from jupyter_auth.broker.signing_in.code_sign_in import CodeSignIn
from jupyter_auth.broker.signing_in.device_sign_in import DeviceSignIn
from jupyter_auth.broker.signing_in.mix_up import MixUps
from jupyter_auth.broker.signing_in.redirects import PATH
from jupyter_auth.cli.demo.jupyter_process import JupyterProcess
from jupyter_auth.core.errors import AuthError, PolicyError
from tests.idp import MisbehavingProvider, Request, faults
from tests.integration.code_flow import CALLBACK, FLOWS, browser, parameters, state_of, visit
from tests.support import Place, place
from tests.unit.broker.bench import Bench
from tests.unit.broker.conftest import MakeBench, own_folders  # noqa: F401 -- used by itself

OWN = "own_callback = true"
BY_CODE = 'flows = ["authorization_code"]'


def names_itself(provider: MisbehavingProvider, named: bool) -> None:
    """Whether it puts ``iss`` into its answers, and announces it (RFC 9207 §3)."""
    right = provider.grants.authorization
    document = {
        "issuer": provider.issuer,
        "jwks_uri": f"{provider.issuer}/jwks",
        "authorization_response_iss_parameter_supported": named,
    }
    ends = {"authorization": "authorize", "token": "token", "device_authorization": "device"}
    document |= {f"{name}_endpoint": f"{provider.issuer}/{path}" for name, path in ends.items()}
    provider.answers["discovery"] = faults.json(200, document)

    def authorization(request: Request) -> faults.Answer:
        status, headers, body = right(request)
        if not named:
            headers = {**headers, "Location": re.sub("&iss=[^&]*", "", headers["Location"])}
        return status, headers, body

    provider.answers["authorization"] = authorization


@pytest.fixture
def a() -> Iterator[MisbehavingProvider]:
    with MisbehavingProvider() as running:
        names_itself(running, False)
        yield running


@pytest.fixture
def h() -> Iterator[MisbehavingProvider]:
    with MisbehavingProvider() as running:
        names_itself(running, False)
        yield running


def led_astray(authorization_uri: str, h: MisbehavingProvider, redirect_uri: str) -> str:
    """The attacker's page sends the browser on to ``h``, with the client's own request; where it ends up."""
    query = {name: values[0] for name, values in parse_qs(urlsplit(authorization_uri).query).items()}
    query["redirect_uri"] = redirect_uri  # that of ``h``, who knows no other
    answer = requests.get(f"{h.issuer}/authorize?{urlencode(query)}", allow_redirects=False, timeout=10)
    return str(answer.headers["Location"])


async def attack(bench: Bench, h: MisbehavingProvider) -> str:
    """A person signs in to ``a``, who passes them on to ``h``; how that ended."""
    try:
        interaction = await bench.ask("a", flow="authorization_code")
    except PolicyError as refused:
        return refused.reason
    sign_in = interaction.sign_in
    assert isinstance(sign_in, CodeSignIn)
    own = bench.broker.configuration.profile("h").own_callback
    registered = f"http://127.0.0.1/{PATH}{'/h' if own else ''}"
    arrived = urlsplit(led_astray(sign_in.shown()["authorization_uri"], h, registered))
    answer = {name: values[0] for name, values in parse_qs(arrived.query).items()}
    place = arrived.path.removeprefix(f"/{PATH}").removeprefix("/")
    await bench.broker.answers.take(answer, place)
    problem = interaction.outcome.exception() if interaction.outcome.done() else None
    return problem.reason if isinstance(problem, AuthError) else interaction.state


def two(make_bench: MakeBench, a: MisbehavingProvider, h: MisbehavingProvider, *own: str) -> Bench:
    bench = make_bench(a)
    for name, provider in (("a", a), ("h", h)):
        more = (BY_CODE, OWN) if name in own else (BY_CODE,)
        bench.profile(name, *more, issuer=provider.issuer, client_id="nb")
    return bench


@pytest.mark.parametrize(
    ("own", "h_names_itself", "ended"),
    [
        ("", False, "shared_callback"),
        ("a", False, "issuer_mismatch"),
        ("h", False, "issuer_mismatch"),
        ("ah", False, "issuer_mismatch"),
        ("", True, "issuer_mismatch"),
    ],
    ids=["neither", "a has its own", "h has its own", "both", "h names itself"],
)
async def test_no_code_of_the_one_goes_to_the_other(
    a: MisbehavingProvider,
    h: MisbehavingProvider,
    make_bench: MakeBench,
    *,
    own: str,
    h_names_itself: bool,
    ended: str,
) -> None:
    names_itself(h, h_names_itself)
    bench = two(make_bench, a, h, *own)
    assert await attack(bench, h) == ended
    assert a.count("token") == h.count("token") == 0
    assert bench.broker.cache is None or bench.broker.cache.all_accounts() == ()


async def test_an_attacker_who_lies_about_it_gains_nothing(
    a: MisbehavingProvider, h: MisbehavingProvider, make_bench: MakeBench
) -> None:
    names_itself(a, True)
    assert await attack(two(make_bench, a, h), h) == "issuer_mismatch"
    assert a.count("token") == 0


async def test_without_the_defence_the_attacker_gets_the_code_and_its_verifier(
    a: MisbehavingProvider, h: MisbehavingProvider, make_bench: MakeBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(MixUps, "check", lambda *_: None)
    await attack(two(make_bench, a, h), h)
    (got,) = [seen.form for seen in a.requests if seen.endpoint == "token"]
    redeemed = requests.post(f"{h.issuer}/token", data=got, timeout=10).json()
    assert redeemed["access_token"], "which is good at the honest one"


async def test_what_it_does_not_concern_goes_on(
    a: MisbehavingProvider, h: MisbehavingProvider, make_bench: MakeBench
) -> None:
    """One provider alone, another of its clients beside it, one that is for device codes or for nobody."""
    bench = make_bench(a)
    bench.profile("a", BY_CODE, issuer=a.issuer, client_id="nb")
    bench.profile("again", BY_CODE, issuer=a.issuer, client_id="another")
    bench.profile("device", 'flows = ["device_code"]', issuer=h.issuer, client_id="nb")
    bench.profile(
        "batch", 'provider = "client_credentials"', 'client_secret_env = "X"', issuer=h.issuer, client_id="nb"
    )
    assert (await bench.ask("a", flow="authorization_code")).state == "pending"


async def test_where_a_code_can_be_had_that_way_is_taken(
    a: MisbehavingProvider, h: MisbehavingProvider, make_bench: MakeBench
) -> None:
    bench = make_bench(a)
    bench.profile("a", 'flows = ["authorization_code", "device_code"]', issuer=a.issuer, client_id="nb")
    bench.profile("h", BY_CODE, issuer=h.issuer, client_id="nb")
    assert isinstance((await bench.ask("a")).sign_in, DeviceSignIn)


async def test_a_provider_that_cannot_be_asked_counts_as_one_that_does_not_say(
    a: MisbehavingProvider, h: MisbehavingProvider, make_bench: MakeBench
) -> None:
    h.answers["discovery"] = faults.html(503)
    bench = two(make_bench, a, h)
    with pytest.raises(PolicyError) as caught:
        await bench.ask("a", flow="authorization_code")
    assert caught.value.reason == "shared_callback"
    for word in ("own_callback = true", "'a'", "/a at its end"):
        assert word in caught.value.hint


# -- at a real server ----------------------------------------------------------------------------------------


@pytest.fixture
def server(a: MisbehavingProvider, h: MisbehavingProvider) -> Iterator[JupyterProcess]:
    with place() as made:
        write(made, a, h)
        with made.server() as running:
            yield running


def write(made: Place, a: MisbehavingProvider, h: MisbehavingProvider) -> None:
    made.profile(a.issuer, "a", more=FLOWS + OWN + "\n")
    made.profile(h.issuer, "h", more=FLOWS)


def begin(server: JupyterProcess, profile: str) -> dict[str, Any]:
    answer = server.post("jupyter_auth/v1/interactions", {"profile": profile})
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def test_an_answer_is_taken_at_its_own_place_only(
    server: JupyterProcess, a: MisbehavingProvider, h: MisbehavingProvider
) -> None:
    with browser(server) as person:
        for place_of_it in ("", "/h", "/A"):
            waiting = begin(server, "a")
            back = led_astray(waiting["authorization_uri"], h, f"{server.url}{CALLBACK}{place_of_it}")
            page = visit(person, back)
            assert page.status_code in (403, 404), place_of_it
            assert parameters(back)["code"] not in page.text
            assert state_of(server, waiting) in ("failed", "pending")
            server.delete(f"jupyter_auth/v1/interactions/{waiting['id']}")
        assert a.count("token") == 0
        waiting = begin(server, "a")
        there = parameters(waiting["authorization_uri"])["redirect_uri"]
        assert there == f"{server.url}{CALLBACK}/a"
        answer = requests.get(waiting["authorization_uri"], allow_redirects=False, timeout=10)
        assert visit(person, answer.headers["Location"]).status_code == 200
        assert state_of(server, waiting) == "succeeded"


def test_over_jupyter_s_login_it_is_the_same_place(server: JupyterProcess, h: MisbehavingProvider) -> None:
    waiting = begin(server, "a")
    back = led_astray(waiting["authorization_uri"], h, f"{server.url}{CALLBACK}")
    with browser(server, is_logged_in=False) as visitor:
        away = visit(visitor, back)
        assert away.status_code == 302
        opaque = parse_qs(urlsplit(away.headers["Location"]).query)["next"][0]
    with browser(server) as person:
        root = server.url.rstrip("/")
        assert visit(person, root + opaque.replace(CALLBACK, f"{CALLBACK}/a")).status_code == 403
    assert state_of(server, waiting) == "failed"
