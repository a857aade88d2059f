"""One login at the Hub: two people, two servers, silent tokens, one callback address, and nothing left after
logging out. The tests go on from one another, in this order."""

import json
import sqlite3
from base64 import urlsafe_b64encode
from contextlib import closing
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

import psutil
import pytest
import redis
import requests

from jupyter_auth.cache.redis.header import RedisNames
from tests.hub.hub import SERVICE, Hub
from tests.hub.leftovers import Held, given_to, held_by, is_jwt, lingering, reachable
from tests.hub.person import HubPerson, at_provider, log_in
from tests.idp import OidcProvider
from tests.security.looking import memory_of
from tests.support import until
from tests.support.redis_server import RedisServer

pytestmark = pytest.mark.timeout(500)  # the first test waits for a Hub and two servers
People = dict[str, HubPerson]
DOWNSTREAM = "https://downstream.example/"


def grants(provider: OidcProvider) -> list[str | None]:
    return [entry["grant_type"] for entry in provider.log() if entry["endpoint"] == "token"]


def of_redis(server: RedisServer, name: str) -> list[bytes]:
    """A person's keys."""
    with server.client() as client:
        return list(client.scan_iter(match=f"{RedisNames(f'jupyterhub:{name}').prefix}*"))


def test_each_has_tokens_of_their_own_without_another_sign_in(provider: OidcProvider, people: People) -> None:
    before = len(grants(provider))
    for name, person in people.items():
        token = person.get_token()
        assert provider.userinfo(token)["sub"] == name
        assert person.get_token() == token
        assert person.told() == [name, "cache"]
    assert grants(provider)[before:] == ["refresh_token", "refresh_token"]


DOCTOR = """
import os, subprocess, sys
done = subprocess.run([sys.executable, "-P", "-m", "jupyter_auth.cli.main", "doctor", "--json"],
                      env={**os.environ, **MORE}, capture_output=True, text=True)
"""


def examined(person: HubPerson, **more: str) -> dict[str, str]:
    """What the doctor makes of each profile, in a terminal of that person's server."""
    rows = json.loads(str(person.kernel.run(f"MORE = {more!r}\n{DOCTOR}", "done.stdout")))
    return {row["about"]: row["reason"] for row in rows if row["check"] == "provider"}


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


def redis_server_value(client: "redis.Redis", key: bytes) -> bytes:
    return bytes(client.dump(key) or b"")


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


def begun(person: HubPerson, profile: str = "other") -> tuple[str, dict[str, str]]:
    """A cell that waits for its person; its id, and what the person is to open."""
    cell = person.kernel.start(f"tok = ja.get_token({profile!r})", "tok.account.username")
    found: list[dict[str, str]] = []

    def waits() -> bool:
        rows = person.server.get("jupyter_auth/v1/interactions").json()
        found[:] = [row for row in rows if row["state"] == "pending" and row["authorization_uri"]]
        return bool(found)

    until(waits)
    return cell, found[0]


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
    until(lambda: ada.get_token(more="--force-refresh") != first)  # one of less than 5 s ago is fresh enough
    assert provider.userinfo(ada.get_token())["sub"] == "ada"
    assert set(grants(provider)[before:]) == {"refresh_token"}


def forged(state: str, place: str) -> str:
    return f"{state.partition('.')[0]}.{urlsafe_b64encode(place.encode()).decode().rstrip('=')}"


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
    until(
        lambda: not any(one.is_running() and one.status() != psutil.STATUS_ZOMBIE for one in held.processes)
    )
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
