"""The demo's provider and the person that signs in, over real HTTP; time is the tests' own."""

from __future__ import annotations

import logging
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests
from joserfc import jwt
from joserfc.jwk import KeySet

from jupyter_auth.cli.demo import person
from jupyter_auth.cli.demo.catalogue import DEVICE_CODE, LAKE_AUDIENCE
from jupyter_auth.cli.demo.provider import create_app
from jupyter_auth.cli.demo.servers import DemoServers

from .client import ALL_SCOPES, Demo, error_of

# --- signing in ---------------------------------------------------------------------------------------------


def test_discovery_names_what_is_there(demo: Demo) -> None:
    metadata = requests.get(f"{demo.issuer}/.well-known/openid-configuration", timeout=60).json()
    assert metadata["issuer"] == demo.issuer
    assert metadata["grant_types_supported"] == [DEVICE_CODE, "refresh_token"]
    assert "authorization_endpoint" not in metadata
    keys = requests.get(metadata["jwks_uri"], timeout=60).json()["keys"]
    assert keys
    assert not {"d", "p", "q"} & keys[0].keys()


def test_a_person_signs_in_with_a_code(demo: Demo) -> None:
    device = demo.start()
    assert device["interval"] == 2
    assert (
        device["verification_uri_complete"] == f"{device['verification_uri']}?user_code={device['user_code']}"
    )
    assert error_of(demo.poll(device)) == (400, "authorization_pending")
    assert (
        person.approve(device["verification_uri"], device["user_code"].replace("-", "").lower())
        == "You are signed in"
    )
    tokens = demo.poll(device).json()
    assert tokens["token_type"] == "Bearer"
    assert (tokens["expires_in"], tokens["scope"]) == (3600, ALL_SCOPES)
    keys = KeySet.import_key_set(requests.get(f"{demo.issuer}/jwks", timeout=60).json())
    who = jwt.decode(tokens["id_token"], keys, algorithms=["RS256"]).claims
    assert (who["iss"], who["aud"], who["preferred_username"]) == (demo.issuer, "demo-notebooks", "ada")
    assert "email" not in who
    access = jwt.decode(tokens["access_token"], keys, algorithms=["RS256"])
    assert (access.header["typ"], access.claims["aud"]) == ("at+jwt", LAKE_AUDIENCE)
    assert error_of(demo.poll(device)) == (400, "invalid_grant")


def test_the_page_brought_by_the_complete_address_asks_all_the_same(demo: Demo) -> None:
    device = demo.start()
    page = requests.get(device["verification_uri_complete"], timeout=60).text
    assert device["user_code"] in page
    assert "Only continue if you started this just now." in page
    assert error_of(demo.poll(device)) == (400, "authorization_pending")


def test_the_other_person_signs_in_too(demo: Demo) -> None:
    tokens = demo.sign_in("openid email", "grace")
    assert demo.userinfo(tokens).json()["email"] == "grace@lake.example"
    assert "refresh_token" not in tokens


def test_a_declined_request(demo: Demo) -> None:
    device = demo.start()
    assert person.deny(device["verification_uri"], device["user_code"]) == "You declined"
    assert error_of(demo.poll(device)) == (400, "access_denied")
    with pytest.raises(person.PageError, match="not waiting for anyone"):
        person.approve(device["verification_uri"], device["user_code"])


def test_a_wrong_password(demo: Demo) -> None:
    device = demo.start()
    with pytest.raises(person.PageError, match="do not belong together"):
        person.approve(device["verification_uri"], device["user_code"], "ada", "hunter2")
    assert error_of(demo.poll(device)) == (400, "authorization_pending")


def test_an_expired_code(demo: Demo) -> None:
    device = demo.start()
    demo.now += device["expires_in"] + 1
    assert error_of(demo.poll(device)) == (400, "expired_token")
    with pytest.raises(person.PageError):
        person.approve(device["verification_uri"], device["user_code"])


def test_who_asks_too_often_must_slow_down_for_good(demo: Demo) -> None:
    device = demo.start()
    demo.poll(device)
    demo.now += 1
    assert error_of(demo.poll(device)) == (400, "slow_down")
    demo.now += 3
    assert error_of(demo.poll(device)) == (400, "slow_down")
    demo.now += 12
    assert error_of(demo.poll(device)) == (400, "authorization_pending")


@pytest.mark.parametrize(
    ("data", "error"),
    [
        ({"scope": "openid everything"}, "invalid_scope"),
        ({"client_id": "someone-else"}, "invalid_client"),
        ({"client_id": "demo-notebooks", "client_secret": "guess"}, "invalid_client"),
    ],
)
def test_requests_it_refuses(demo: Demo, data: dict[str, str], error: str) -> None:
    assert demo.post("device_authorization", **data).json()["error"] == error


def test_no_secret_in_an_address(demo: Demo) -> None:
    tokens = demo.sign_in()
    response = requests.post(f"{demo.issuer}/revoke", params={"token": tokens["refresh_token"]}, timeout=60)
    assert error_of(response) == (400, "invalid_request")
    assert demo.refresh(tokens).ok


def test_nothing_secret_is_logged(
    demo: Demo, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    device = demo.start()
    requests.get(device["verification_uri_complete"], timeout=60)
    person.approve(device["verification_uri"], device["user_code"])
    tokens = demo.poll(device).json()
    demo.refresh(tokens)
    # urllib3 is the client here, and logs the address with the code.
    records = [record.getMessage() for record in caplog.records if not record.name.startswith("urllib3")]
    said = "".join([*records, *capfd.readouterr()])
    secrets = [tokens[name] for name in ("access_token", "refresh_token", "id_token")]
    assert not [secret for secret in [*secrets, device["device_code"], device["user_code"]] if secret in said]


# --- pages --------------------------------------------------------------------------------------------------


def test_a_form_without_its_word_changes_nothing(demo: Demo) -> None:
    device = demo.start()
    with requests.Session() as browser:
        browser.get(device["verification_uri"], timeout=60)
        forged = browser.post(device["verification_uri"], data={"user_code": device["user_code"]}, timeout=60)
        assert forged.status_code == 400
        assert "This page is too old" in forged.text


def test_what_is_typed_comes_back_escaped(demo: Demo) -> None:
    page = requests.get(
        f"{demo.issuer}/device", params={"user_code": '"><script>alert(1)</script>'}, timeout=60
    )
    assert "<script" not in page.text
    assert "&lt;script&gt;" in page.text
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    assert page.headers["Cache-Control"] == "no-store"


def test_only_under_its_own_name(demo: Demo) -> None:
    rebound = requests.get(f"{demo.issuer}/device", headers={"Host": "evil.example"}, timeout=60)
    assert rebound.status_code == 400


@pytest.mark.parametrize(
    "issuer", ["http://192.0.2.1:80", "https://127.0.0.1:1", "http://127.0.0.1:1/x", "http://h:1"]
)
def test_only_on_this_machine(issuer: str) -> None:
    with pytest.raises(ValueError, match="this machine only"):
        create_app(issuer)


# --- refreshing and revoking --------------------------------------------------------------------------------


def test_a_refresh_token_works_once_and_its_successor_goes_on(demo: Demo) -> None:
    first = demo.sign_in()
    second = demo.refresh(first).json()
    assert second["refresh_token"] != first["refresh_token"]
    third = demo.refresh(second, scope="openid lake.read").json()
    assert third["scope"] == "openid lake.read"
    assert demo.refresh(third).json()["scope"] == ALL_SCOPES
    assert demo.measurements(third).ok


def test_more_than_was_allowed_is_refused_and_costs_nothing(demo: Demo) -> None:
    tokens = demo.sign_in()
    assert error_of(demo.refresh(tokens, scope="openid lake.write")) == (400, "invalid_scope")
    assert demo.refresh(tokens).ok


def test_a_refresh_token_used_twice_ends_the_whole_sign_in(demo: Demo) -> None:
    first = demo.sign_in()
    second = demo.refresh(first).json()
    assert error_of(demo.refresh(first)) == (400, "invalid_grant")
    assert error_of(demo.refresh(second)) == (400, "invalid_grant")
    assert demo.userinfo(second).status_code == 401
    assert demo.userinfo(demo.sign_in()).ok


def test_of_many_at_once_one_refreshes(demo: Demo) -> None:
    tokens = demo.sign_in()
    demo.pause = 0.01
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: demo.refresh(tokens).status_code, range(8)))
    assert sorted(answers) == [200] + [400] * 7


def test_revoking_a_refresh_token_ends_the_sign_in(demo: Demo) -> None:
    tokens = demo.sign_in()
    revoked = demo.post("revoke", token=tokens["refresh_token"], token_type_hint="refresh_token")
    assert revoked.status_code == 200
    assert error_of(demo.refresh(tokens)) == (400, "invalid_grant")
    assert demo.userinfo(tokens).status_code == 401
    assert demo.post("revoke", token="unknown").status_code == 200


def test_revoking_an_access_token_ends_it_alone(demo: Demo) -> None:
    tokens = demo.sign_in()
    demo.post("revoke", token=tokens["access_token"])
    assert demo.userinfo(tokens).status_code == 401
    assert demo.userinfo(demo.refresh(tokens).json()).ok


# --- both in a process of their own -------------------------------------------------------------------------


def test_the_servers_start_sign_somebody_in_and_stop() -> None:
    with DemoServers(interval=1) as servers:
        demo = Demo(issuer=servers.issuer, api=servers.api)
        tokens = demo.sign_in()
        assert demo.measurements(tokens).ok
        assert servers.log_lines() == []
    with pytest.raises(requests.ConnectionError):
        requests.get(f"{servers.issuer}/jwks", timeout=60)
