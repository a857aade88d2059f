"""The test providers proven by requests alone, so that a failing product test accuses the product."""

import base64
import hashlib
import secrets
import time
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
import requests

from .base import CONFIDENTIAL_CLIENT, CONFIDENTIAL_SECRET, PUBLIC_CLIENT, Provider
from .client import SCOPE, error, poll, post, refresh, signed_in, start
from .errors import ProviderError
from .provider import RESOURCE

CALLBACK = "http://127.0.0.1:45678/jupyter_auth/v1/callback"  # the port is not the registered one


# -- device flow ---------------------------------------------------------------------------------------------


def test_device_flow_approved(idp: Provider) -> None:
    started = start(idp)
    assert error(poll(idp, started)) == "authorization_pending"
    idp.approve(started["user_code"], "grace")
    answer = poll(idp, started).json()
    assert set(answer["scope"].split()) == set(SCOPE.split())
    assert answer["refresh_token"]
    assert ("id_token" in answer) is idp.traits.id_token_from_device
    told = idp.userinfo(answer["access_token"])
    assert told.pop("sub")
    assert told == {
        "name": "Grace",
        "preferred_username": "grace",
        "email": "grace@example.test",
    }
    assert idp.introspect(answer["access_token"])["active"] is True


def test_device_flow_approved_at_the_complete_uri(idp: Provider) -> None:
    started = start(idp)
    idp.approve(started["user_code"], verification_uri=started["verification_uri_complete"])
    assert poll(idp, started).status_code == 200


def test_device_flow_denied(idp: Provider) -> None:
    started = start(idp)
    idp.deny(started["user_code"])
    assert error(poll(idp, started)) == "access_denied"


def test_device_code_expires(idp: Provider) -> None:
    idp.set(dc_ttl=1)
    started = start(idp)
    time.sleep(1.1)
    assert error(poll(idp, started)) == idp.traits.error_of_expired_code


def test_a_device_code_that_was_never_given(idp: Provider) -> None:
    answer = poll(idp, {"device_code": "unknown"})
    assert (answer.status_code, error(answer)) == idp.traits.unknown_code


@pytest.mark.parametrize("more", [{}, {"prompt": "consent"}, {"prompt": "nonsense", "unknown": "x"}])
def test_device_flow_gives_a_refresh_token_whatever_the_prompt(idp: Provider, more: dict[str, str]) -> None:
    assert "refresh_token" in signed_in(idp, scope="openid offline_access", **more)


def test_device_flow_without_offline_access(idp: Provider) -> None:
    has_one = "refresh_token" in signed_in(idp, scope="openid lake.read")
    assert has_one is not idp.traits.offline_access_decides


def test_a_device_code_redeemed_twice(idp: Provider) -> None:
    started = start(idp)
    idp.approve(started["user_code"])
    first = poll(idp, started).json()
    serves_once = idp.traits.device_code_serves_once
    assert poll(idp, started).json().get("error") == ("invalid_grant" if serves_once else None)
    after = refresh(idp, first["refresh_token"]).json()
    assert after.get("error") == ("invalid_grant" if serves_once else None)


def test_a_wrong_code_is_told_to_the_test(idp: Provider) -> None:
    with pytest.raises(ProviderError, match="ncorrect"):
        idp.approve("XXXX-XXXX")
    with pytest.raises(ProviderError, match="ncorrect"):
        idp.deny("XXXX-XXXX")


def test_a_resource_gives_a_jwt(certified: Provider) -> None:
    answer = signed_in(certified, scope="openid offline_access read", resource=RESOURCE)
    _header, payload, _signature = answer["access_token"].split(".")
    assert f'"aud":"{RESOURCE}"' in base64.urlsafe_b64decode(payload + "==").decode()
    assert answer["scope"] == "read"


# -- authorization code --------------------------------------------------------------------------------------


def authorization(idp: Provider, challenge: str, **more: str) -> str:
    query = {
        "client_id": PUBLIC_CLIENT,
        "response_type": "code",
        "scope": SCOPE,
        "redirect_uri": CALLBACK,
        "state": "s",
    }
    query |= {"code_challenge": challenge, "code_challenge_method": "S256"} | more
    return f"{idp.url('authorization')}?{urlencode(query)}"


@pytest.mark.parametrize(("more", "consented"), [({"prompt": "consent"}, True), ({}, False)])
def test_code_flow_gives_a_refresh_token_after_prompt_consent(
    idp: Provider, more: dict[str, str], consented: bool
) -> None:
    verifier = secrets.token_urlsafe(48)
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    callback = parse_qs(urlsplit(idp.sign_in(authorization(idp, challenge, **more))).query)
    assert (callback["state"], callback["iss"]) == (["s"], [idp.issuer])
    form = {"code": callback["code"][0], "redirect_uri": CALLBACK, "code_verifier": verifier}
    answer = post(idp, "token", grant_type="authorization_code", **form).json()
    assert answer["id_token"]
    assert ("refresh_token" in answer) is (consented or not idp.traits.offline_access_decides)
    assert idp.userinfo(answer["access_token"])["preferred_username"] == "ada"


def test_code_flow_refused(idp: Provider) -> None:
    callback = parse_qs(urlsplit(idp.refuse(authorization(idp, "x" * 43))).query)
    assert callback["error"] == ["access_denied"]


# -- refresh -------------------------------------------------------------------------------------------------


def test_refresh_rotates(idp: Provider) -> None:
    first = signed_in(idp)
    second = refresh(idp, first["refresh_token"]).json()
    assert second["refresh_token"] != first["refresh_token"]
    assert second["id_token"]
    assert refresh(idp, second["refresh_token"]).status_code == 200


def test_the_last_access_token_after_a_refresh(idp: Provider) -> None:
    first = signed_in(idp)
    refresh(idp, first["refresh_token"])
    is_active = idp.introspect(first["access_token"])["active"]
    assert is_active is not idp.traits.refresh_ends_access_token


def test_a_refresh_for_fewer_scopes(idp: Provider) -> None:
    narrow = refresh(idp, signed_in(idp)["refresh_token"], scope="openid lake.read").json()
    assert narrow["scope"] == "openid lake.read"
    after = refresh(idp, narrow["refresh_token"], scope=SCOPE).json()
    assert after.get("error") == ("invalid_scope" if idp.traits.refresh_narrows else None)


def test_reuse_revokes_the_family(idp: Provider) -> None:
    first = signed_in(idp)
    second = refresh(idp, first["refresh_token"]).json()
    assert error(refresh(idp, first["refresh_token"])) == "invalid_grant"
    assert error(refresh(idp, second["refresh_token"])) == "invalid_grant"
    assert idp.introspect(second["access_token"]) == {"active": False}


def test_a_scope_never_granted_leaves_the_refresh_token_alive(idp: Provider) -> None:
    token = signed_in(idp, scope="openid offline_access")["refresh_token"]
    assert error(refresh(idp, token, scope="openid lake.write")) == "invalid_scope"
    assert refresh(idp, token, scope="openid").json()["scope"] == "openid"


def test_a_resource_never_granted_costs_the_refresh_token(certified: Provider) -> None:
    token = signed_in(certified, scope="openid offline_access")["refresh_token"]
    refused = refresh(certified, token, resource=RESOURCE)
    assert error(refused) == "invalid_target"  # rotated already, the new one unsent
    assert error(refresh(certified, token)) == "invalid_grant"


def test_revocation(idp: Provider) -> None:
    answer = signed_in(idp)
    assert post(idp, "revocation", token=answer["refresh_token"]).status_code == 200
    assert error(refresh(idp, answer["refresh_token"])) == "invalid_grant"
    assert idp.introspect(answer["access_token"]) == {"active": False}


def test_revoke_all(idp: Provider) -> None:
    answers = [signed_in(idp, name) for name in ("ada", "grace")]
    idp.revoke_all()
    assert {error(refresh(idp, answer["refresh_token"])) for answer in answers} == {"invalid_grant"}
    with pytest.raises(ProviderError, match="HTTP 401"):
        idp.userinfo(answers[0]["access_token"])


# -- the confidential client ---------------------------------------------------------------------------------


def confidential(idp: Provider, secret: str = CONFIDENTIAL_SECRET, **form: str) -> requests.Response:
    return post(idp, "token", client_id=CONFIDENTIAL_CLIENT, client_secret=secret, **form)


def test_client_credentials(certified: Provider) -> None:
    form = {"grant_type": "client_credentials", "scope": "read", "resource": RESOURCE}
    assert confidential(certified, **form).json()["scope"] == "read"
    assert error(confidential(certified, secret="wrong", **form)) == "invalid_client"
    assert [entry["error"] for entry in certified.log()] == [None, "invalid_client"]


def test_token_exchange(certified: Provider) -> None:
    form = {"subject_token_type": "urn:ietf:params:oauth:token-type:access_token", "scope": "read"}
    form |= {
        "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
        "audience": "https://downstream.example/",
    }
    answer = confidential(certified, subject_token=signed_in(certified)["access_token"], **form).json()
    assert answer["access_token"].count(".") == 2
    assert error(confidential(certified, subject_token="unknown", **form)) == "invalid_grant"
