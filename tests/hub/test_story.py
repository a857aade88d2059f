"""One login at the Hub: two people, two servers, silent tokens, one callback address, and nothing left after
logging out; and in between, what goes wrong at a Hub. The tests go on from one another, in this order.

Longer than other files: a second one would need a second Hub.
"""

import signal
import sqlite3
from contextlib import closing
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

import psutil
import pytest
import redis
import requests

from tests.hub.hub import SERVICE, Hub
from tests.hub.leftovers import Held, given_to, held_by, is_alive, is_jwt, lingering, reachable
from tests.hub.looks import (
    FORCED,
    audited,
    begun,
    end_sign_in,
    examined,
    forged,
    grants,
    of_redis,
    redis_server_value,
    renewed,
    states,
    told,
)
from tests.hub.person import HubPerson, at_provider, log_in
from tests.idp import OidcProvider
from tests.security.looking import memory_of
from tests.support import until
from tests.support.redis_server import RedisServer

pytestmark = pytest.mark.timeout(500)  # the first test waits for a Hub and two servers
People = dict[str, HubPerson]
DOWNSTREAM = "https://downstream.example/"


def test_each_has_tokens_of_their_own_without_another_sign_in(provider: OidcProvider, people: People) -> None:
    before = len(grants(provider))
    for name, person in people.items():
        token = person.get_token()
        assert provider.userinfo(token)["sub"] == name
        assert person.get_token() == token
        assert person.told() == [name, "cache"]
    assert grants(provider)[before:] == ["refresh_token", "refresh_token"]


def test_the_doctor_is_content_and_names_a_missing_scope(
    hub: Hub, provider: OidcProvider, people: People
) -> None:
    before = len(grants(provider))
    assert examined(people["ada"]) == dict.fromkeys(("lake", "downstream", "other"), "ok")
    wanted = {"scopes": ["read:users:name!user=ada"]}
    other = hub.ask("POST", "hub/api/users/ada/tokens", hub.token, json=wanted).json()["token"]
    found = examined(people["ada"], JUPYTERHUB_API_TOKEN=other)
    assert (found["lake"], found["other"]) == ("hub_scope_missing", "ok")
    assert len(grants(provider)) == before


def test_a_token_for_another_audience_is_exchanged(provider: OidcProvider, people: People) -> None:
    token = people["ada"].get_token("downstream")
    assert token.count(".") == 2
    assert people["ada"].get_token("downstream") == token
    assert grants(provider)[-1] == "urn:ietf:params:oauth:grant-type:token-exchange"


def test_the_service_gives_a_person_s_own_and_no_other_s(
    hub: Hub, provider: OidcProvider, people: People
) -> None:
    ask = f"{SERVICE}/token"
    for name, person in people.items():
        answer = hub.ask("POST", ask, person.api_token(), json={})
        assert answer.status_code == 200 and provider.userinfo(answer.json()["access_token"])["sub"] == name
        assert "refresh_token" not in answer.text and answer.headers["Cache-Control"] == "no-store"
    ada = people["ada"].api_token()
    for asked in ({"user": "bob"}, {"account": "bob"}, {"name": "bob"}):
        assert hub.ask("POST", ask, ada, json=asked).json()["reason"] == "bad_argument"
    assert hub.ask("POST", f"{ask}?user=bob", ada, json={}).json()["claims"]["sub"] == "ada"
    assert hub.ask("GET", ask, ada).status_code == 405
    access_token = people["bob"].get_token()
    for token in ("", "nobody's", access_token, hub.token):  # the last is a service's, which is nobody
        assert hub.ask("POST", ask, token, json={}).status_code == 403
    made = hub.ask(
        "POST", "hub/api/users/ada/tokens", hub.token, json={"scopes": ["access:servers!user=ada"]}
    ).json()
    assert hub.ask("POST", ask, made["token"], json={}).json()["reason"] == "hub_scope_missing"
    page = people["ada"].page
    answered = page.request.post(hub.url + ask, data={})  # with her cookies alone
    assert answered.status == 403


def test_no_refresh_token_is_within_a_kernel_s_reach(
    hub: Hub, provider: OidcProvider, redis_server: RedisServer, people: People
) -> None:
    """Not in its memory, its server's, its variables or files; not by what its Hub token opens."""
    ada = people["ada"]
    access_token = ada.get_token()
    needles = [token[:16].encode() for token in provider.issued()["refresh_token"]]
    assert len(needles) >= 4
    server = hub.find("singleuser", "ada") or hub.find("jupyterhub-singleuser")
    kernel = psutil.Process(int(ada.kernel.value("__import__('os').getpid()")))
    seen = False
    for process in (kernel, kernel.parent()):
        assert process is not None and server
        for chunk in memory_of(process.pid):
            seen |= access_token[:16].encode() in chunk
            assert not any(needle in chunk for needle in needles)
    assert seen  # the search does find what is there
    told = ada.kernel.value("dict(__import__('os').environ)")
    told = str(told) + "".join(
        hub.get(f"hub/api/{path}", ada.api_token()).text
        for path in ("user", "users", "users/ada", "users/bob", "users/ada/tokens", "services", "info")
    )
    files = [path for folder in (hub.home("ada"), hub.folder / "redis_users") for path in folder.rglob("*")]
    with redis_server.client() as client:
        kept = [redis_server_value(client, key) for key in client.scan_iter()]
    for where in (told.encode(), *(path.read_bytes() for path in files if path.is_file()), *kept):
        assert not any(needle in where for needle in needles)
    assert "auth_state" not in told


def test_in_redis_each_has_a_part_of_their_own(hub: Hub, redis_server: RedisServer, people: People) -> None:
    assert all(of_redis(redis_server, name) for name in people)
    folders = {name: Path(person.kernel.value("__import__('os').environ['JUPYTER_AUTH_FILES']"))
               for name, person in people.items()}  # fmt: skip
    assert len({(folder / "seal.key").read_text() for folder in folders.values()}) == 2
    for name, folder in folders.items():
        assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}
        with redis.Redis.from_url((folder / "redis.url").read_text().strip()) as own:
            for other in people:
                key = of_redis(redis_server, other)[0]
                if other == name:
                    assert own.exists(key)
                    continue
                with pytest.raises(redis.exceptions.NoPermissionError):
                    own.exists(key)
            with pytest.raises(redis.exceptions.NoPermissionError):
                own.execute_command("ACL", "LIST")
    status = people["ada"].server.get("jupyter_auth/v1/status").json()
    assert "redis" in str(status["store"]).lower() and not status["broker"]["problem"]


def test_a_code_flow_comes_back_by_the_one_registered_address(hub: Hub, people: People) -> None:
    ada, bob = people["ada"], people["bob"]
    ada.kernel.run("import jupyter_auth as ja")
    cell, waiting = begun(ada)
    query = parse_qs(urlsplit(waiting["authorization_uri"]).query)
    assert query["redirect_uri"] == [f"{hub.url}{SERVICE}/callback"]
    state = query["state"][0]
    for page, answer in (
        (bob.page, {"code": "canary-code-of-bob-123", "state": state}),  # another's state
        (ada.page, {"code": "canary-code-of-ada-123", "state": forged(state, "/user/bob/")}),
        (ada.page, {"code": "canary-code-of-ada-123", "state": forged(state, "https://evil.example/")}),
        (ada.page, {"code": "canary-code-of-ada-123", "state": forged(state, "//evil.example/")}),
        (ada.page, {"code": "canary-code-of-ada-123", "state": forged(state, "/user/ada/../bob/")}),
        (ada.page, {"code": "canary-code-of-ada-123", "state": state.partition(".")[0]}),
        (ada.page, {"code": "canary-code-of-ada-123"}),
    ):
        shown = page.goto(f"{hub.url}{SERVICE}/callback?{urlencode(answer)}")
        assert shown is not None and shown.status == 404 and shown.url.startswith(hub.url), answer
    visited: list[str] = []
    ada.page.on("request", lambda request: visited.append(request.url))
    ada.page.goto(waiting["authorization_uri"])
    at_provider(ada.page, "ada")
    ada.page.wait_for_url(f"{hub.url}user/ada/jupyter_auth/v1/callback**")
    assert ada.kernel.result_of(cell) == "ada"
    came = next(url for url in visited if url.startswith(f"{hub.url}{SERVICE}/callback"))
    code = parse_qs(urlsplit(came).query)["code"][0]
    log = hub.log.read_text()
    for secret in (code, state.partition(".")[0], "canary-code"):
        assert secret[:12] not in log


def test_a_forced_refresh_gives_another_one(provider: OidcProvider, people: People) -> None:
    ada = people["ada"]
    first, before = ada.get_token(), len(grants(provider))
    renewed(ada, first)
    assert provider.userinfo(ada.get_token())["sub"] == "ada"
    assert set(grants(provider)[before:]) == {"refresh_token"}


def test_a_sign_in_that_the_provider_has_ended_is_told_and_a_login_mends_it(
    hub: Hub, provider: OidcProvider, people: People
) -> None:
    """Without a logout, which ends the person's servers."""
    ada = people["ada"]
    kept = ada.get_token()
    end_sign_in(provider, "ada")
    assert ada.get_token() == kept
    for profile in ("lake", "downstream"):
        assert f"Sign in at the Hub again, at {hub.url}hub/oauth_login" in told(ada, profile)
    until(
        lambda: states(ada) == {"lake": "needs_sign_in", "downstream": "needs_sign_in", "other": "signed_in"}
    )
    log_in(ada.page, hub, "ada", "hub/oauth_login?next=/hub/home")
    ada.page.wait_for_selector("#logout")
    assert provider.userinfo(ada.get_token(more=FORCED))["sub"] == "ada"
    assert is_jwt(ada.get_token("downstream", FORCED))
    until(lambda: set(states(ada).values()) == {"signed_in"})


def test_a_hub_that_was_killed_comes_back_and_nobody_has_to_sign_in(
    hub: Hub, provider: OidcProvider, people: People
) -> None:
    """People's servers run all the time. The service of the first Hub ends by itself, and makes room."""
    kept = {name: person.get_token() for name, person in people.items()}
    service, before = hub.find("-m", "jupyter_auth.hub"), len(grants(provider))
    hub.end(signal.SIGKILL)
    assert {name: person.get_token() for name, person in people.items()} == kept
    assert service and "Try again in a moment" in told(people["bob"])
    until(lambda: not any(is_alive(one) for one in service))
    hub.start()
    for name, person in people.items():
        assert provider.userinfo(renewed(person, kept[name]))["sub"] == name
    assert set(grants(provider)[before:]) == {"refresh_token"}


def test_a_server_whose_hub_token_was_revoked_says_what_to_do(hub: Hub, people: People) -> None:
    bob = people["bob"]
    kept, of_server = bob.get_token(), hub.get("hub/api/user", bob.api_token()).json()["token_id"]
    assert hub.ask("DELETE", f"hub/api/users/bob/tokens/{of_server}", hub.token).status_code == 204
    assert "Stop your server at the Hub, and start it again" in told(bob)
    assert bob.get_token() == kept


def test_a_server_that_was_culled_leaves_nothing_and_the_next_one_is_silent(
    hub: Hub, provider: OidcProvider, redis_server: RedisServer, people: People
) -> None:
    """Its API token goes as well, although the Hub that gave it has been killed meanwhile."""
    ada = people["ada"]
    held, before = held_by(ada, provider), len(grants(provider))
    assert hub.get("hub/api/user", held.api_token).ok
    assert hub.ask("DELETE", "hub/api/users/ada/server", hub.token).ok
    until(lambda: not any(is_alive(one) for one in held.processes), 60)
    until(lambda: of_redis(redis_server, "ada") == [] and not held.files.exists())
    until(lambda: hub.get("hub/api/user", held.api_token).status_code == 403)
    assert hub.ask("POST", f"{SERVICE}/token", held.api_token, json={}).status_code == 403
    ada.begin_anew(hub)
    now = held_by(ada, provider)
    assert provider.userinfo(now.access_token)["sub"] == "ada"
    assert set(grants(provider)[before:]) == {"refresh_token"}
    assert now.sealing_key != held.sealing_key and now.redis_url != held.redis_url


def test_a_stranger_s_answer_waits_at_the_hub_s_login_without_its_code(hub: Hub) -> None:
    state = forged("x" * 20, "/user/ada/")
    with requests.Session() as session:
        session.trust_env = False
        address = f"{hub.url}{SERVICE}/callback?code=canary-code-of-nobody&state={state}"
        answer = session.get(address, allow_redirects=False, timeout=60)
        assert answer.status_code == 302
        assert urlsplit(answer.headers["Location"]).path == "/hub/api/oauth2/authorize"
        assert "canary" not in str(answer.headers)
    assert "canary-code" not in hub.log.read_text()


@pytest.fixture(scope="module")
def logged_out(hub: Hub, provider: OidcProvider, people: People) -> Held:
    """What Ada had until she has logged out at the Hub."""
    ada = people["ada"]
    held = held_by(ada, provider)
    ada.page.goto(f"{hub.url}hub/home")
    ada.page.click("#logout")
    until(lambda: not any(is_alive(one) for one in held.processes))
    return held


def test_logging_out_leaves_nothing(
    hub: Hub, provider: OidcProvider, redis_server: RedisServer, people: People, logged_out: Held
) -> None:
    files = logged_out.files
    until(lambda: of_redis(redis_server, "ada") == [])
    with redis_server.client() as client:
        assert not any(files.name.encode() in line for line in client.execute_command("ACL", "LIST"))
        leftovers = b"".join(bytes(client.dump(key) or b"") for key in client.scan_iter())
    with closing(sqlite3.connect(f"file:{hub.folder}/jupyterhub.sqlite?mode=ro", uri=True)) as database:
        rows = database.execute("SELECT name, encrypted_auth_state IS NULL FROM users ORDER BY name")
        assert rows.fetchall() == [("ada", 1), ("bob", 0)]
    assert not files.exists() and of_redis(redis_server, "bob")
    assert logged_out.access_token[:16].encode() not in leftovers and b"jupyterhub:ada" not in leftovers
    assert hub.ask("POST", f"{SERVICE}/token", logged_out.api_token, json={}).status_code == 403
    ended = [provider.introspect(token) for token in provider.issued()["refresh_token"]]
    assert "bob" in {told.get("sub") for told in ended if told["active"]}
    assert [told for told in ended if told["active"] and told.get("client_id") != "nb-public"
            and told.get("sub") == "ada"] == []  # fmt: skip
    assert provider.userinfo(people["bob"].get_token())["sub"] == "bob"


def test_the_hub_and_the_service_hold_none_of_it_any_more(
    hub: Hub, provider: OidcProvider, logged_out: Held
) -> None:
    """No object of theirs. What Python has let go of it does not overwrite: that is of no use to anybody."""
    secrets = {*logged_out.tokens, logged_out.sealing_key, urlsplit(logged_out.redis_url).password or ""}
    assert len(secrets) >= 8 and "" not in secrets
    assert reachable(hub, secrets) == set()
    assert "; this process is " in hub.log.read_text()  # the service closes its memory to others
    for token in lingering(hub, logged_out.tokens):
        assert is_jwt(token) or not provider.introspect(token)["active"]
    with redis.Redis.from_url(logged_out.redis_url) as own, pytest.raises(redis.exceptions.RedisError):
        own.ping()


def test_a_new_login_begins_anew(hub: Hub, provider: OidcProvider, people: People) -> None:
    log_in(people["ada"].page, hub, "ada", "hub/home")
    people["ada"].page.wait_for_selector("#logout")
    token = hub.ask("POST", "hub/api/users/ada/tokens", hub.token, json={}).json()["token"]
    answer = hub.ask("POST", f"{SERVICE}/token", token, json={})
    assert answer.status_code == 200
    assert provider.userinfo(answer.json()["access_token"])["sub"] == "ada"


def test_whom_an_administrator_deletes_has_nothing_left(
    hub: Hub, provider: OidcProvider, redis_server: RedisServer, people: People
) -> None:
    people["bob"].get_token()
    bobs = given_to("bob", provider)
    assert hub.ask("DELETE", "hub/api/users/bob", hub.token).status_code == 204
    assert of_redis(redis_server, "bob") == []
    assert len(bobs) >= 4 and "Tokens of bob may be left" not in hub.log.read_text()
    assert [t for t in bobs if not is_jwt(t) and provider.introspect(t)["active"]] == []


def test_what_the_service_has_decided_is_in_the_log(hub: Hub, provider: OidcProvider) -> None:
    decided = ("signed_in", "first_use", "refreshed", "needs_sign_in", "signed_out", "revocation", "denied")
    wanted = {("ada", decision) for decision in decided} | {("bob", "signed_out"), ("bob", "revocation")}
    until(lambda: wanted <= {(row["user"], row["decision"]) for row in audited(hub)})
    made = {(row["user"], row["decision"], row["reason"]) for row in audited(hub)}
    assert {("ada", "refreshed", "exchanged"), ("ada", "denied", "hub_invalid_grant")} <= made
    assert {("ada", "denied", "unknown_state"), (None, "denied", "no_hub_token")} <= made
    text, issued = hub.log.read_text(), provider.issued()
    assert not any(token[:12] in text for token in (*issued["access_token"], *issued["refresh_token"]))
