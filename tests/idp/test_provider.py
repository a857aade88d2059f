"""The test provider proven by requests alone, so that a failing product test accuses the product."""

import base64
import hashlib
import secrets
import time
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
import requests

from .client import SCOPE, error, poll, post, refresh, signed_in, start
from .errors import ProviderError
from .provider import CONFIDENTIAL_CLIENT, CONFIDENTIAL_SECRET, PUBLIC_CLIENT, RESOURCE, OidcProvider

CALLBACK = "http://127.0.0.1:45678/jupyter_auth/v1/callback"  # the port is not the registered one


# -- device flow ---------------------------------------------------------------------------------------------


def test_device_flow_approved(idp: OidcProvider) -> None:
    started = start(idp)
    assert error(poll(idp, started)) == "authorization_pending"
    idp.approve(started["user_code"], "grace")
    answer = poll(idp, started).json()
    assert set(answer["scope"].split()) == set(SCOPE.split())
    assert answer["refresh_token"]
    assert answer["id_token"]
    assert idp.userinfo(answer["access_token"]) == {
        "sub": "grace",
        "name": "Grace",
        "preferred_username": "grace",
        "email": "grace@example.test",
    }
    assert idp.introspect(answer["access_token"])["active"] is True


def test_device_flow_approved_at_the_complete_uri(idp: OidcProvider) -> None:
    started = start(idp)
    idp.approve(started["user_code"], verification_uri=started["verification_uri_complete"])
    assert poll(idp, started).status_code == 200


def test_device_flow_denied(idp: OidcProvider) -> None:
    started = start(idp)
    idp.deny(started["user_code"])
    assert error(poll(idp, started)) == "access_denied"


def test_device_code_expires(idp: OidcProvider) -> None:
    idp.set(dc_ttl=1)
    started = start(idp)
    time.sleep(1.1)
    assert error(poll(idp, started)) == "expired_token"


@pytest.mark.parametrize("more", [{}, {"prompt": "consent"}, {"prompt": "nonsense", "unknown": "x"}])
def test_device_flow_gives_a_refresh_token_whatever_the_prompt(
    idp: OidcProvider, more: dict[str, str]
) -> None:
    assert "refresh_token" in signed_in(idp, scope="openid offline_access", **more)


def test_device_flow_without_offline_access_gives_no_refresh_token(idp: OidcProvider) -> None:
    assert "refresh_token" not in signed_in(idp, scope="openid lake.read")


def test_a_device_code_redeemed_twice_revokes_what_it_gave(idp: OidcProvider) -> None:
    started = start(idp)
    idp.approve(started["user_code"])
    first = poll(idp, started).json()
    assert error(poll(idp, started)) == "invalid_grant"
    assert error(refresh(idp, first["refresh_token"])) == "invalid_grant"


def test_a_wrong_code_is_told_to_the_test(idp: OidcProvider) -> None:
    with pytest.raises(ProviderError, match="incorrect"):
        idp.approve("XXXX-XXXX")
    with pytest.raises(ProviderError, match="incorrect"):
        idp.deny("XXXX-XXXX")


def test_a_resource_gives_a_jwt(idp: OidcProvider) -> None:
    answer = signed_in(idp, scope="openid offline_access read", resource=RESOURCE)
    _header, payload, _signature = answer["access_token"].split(".")
    assert f'"aud":"{RESOURCE}"' in base64.urlsafe_b64decode(payload + "==").decode()
    assert answer["scope"] == "read"


# -- authorization code --------------------------------------------------------------------------------------


def authorization(idp: OidcProvider, challenge: str, **more: str) -> str:
    query = {
        "client_id": PUBLIC_CLIENT,
        "response_type": "code",
        "scope": SCOPE,
        "redirect_uri": CALLBACK,
        "state": "s",
    }
    query |= {"code_challenge": challenge, "code_challenge_method": "S256"} | more
    return f"{idp.issuer}/auth?{urlencode(query)}"


@pytest.mark.parametrize(("more", "refreshable"), [({"prompt": "consent"}, True), ({}, False)])
def test_code_flow_gives_a_refresh_token_only_after_prompt_consent(
    idp: OidcProvider, more: dict[str, str], refreshable: bool
) -> None:
    verifier = secrets.token_urlsafe(48)
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    callback = parse_qs(urlsplit(idp.sign_in(authorization(idp, challenge, **more))).query)
    assert (callback["state"], callback["iss"]) == (["s"], [idp.issuer])
    form = {"code": callback["code"][0], "redirect_uri": CALLBACK, "code_verifier": verifier}
    answer = post(idp, "/token", grant_type="authorization_code", **form).json()
    assert ("refresh_token" in answer) is refreshable
    assert idp.userinfo(answer["access_token"])["sub"] == "ada"


def test_code_flow_refused(idp: OidcProvider) -> None:
    callback = parse_qs(urlsplit(idp.refuse(authorization(idp, "x" * 43))).query)
    assert callback["error"] == ["access_denied"]


# -- refresh -------------------------------------------------------------------------------------------------


def test_refresh_rotates(idp: OidcProvider) -> None:
    first = signed_in(idp)
    second = refresh(idp, first["refresh_token"]).json()
    assert second["refresh_token"] != first["refresh_token"]
    assert second["id_token"]
    assert refresh(idp, second["refresh_token"]).status_code == 200


def test_reuse_revokes_the_family(idp: OidcProvider) -> None:
    first = signed_in(idp)
    second = refresh(idp, first["refresh_token"]).json()
    assert error(refresh(idp, first["refresh_token"])) == "invalid_grant"
    assert error(refresh(idp, second["refresh_token"])) == "invalid_grant"
    assert idp.introspect(second["access_token"]) == {"active": False}


def test_a_scope_never_granted_leaves_the_refresh_token_alive(idp: OidcProvider) -> None:
    token = signed_in(idp, scope="openid offline_access")["refresh_token"]
    assert error(refresh(idp, token, scope="openid lake.write")) == "invalid_scope"
    assert refresh(idp, token, scope="openid").json()["scope"] == "openid"


def test_a_resource_never_granted_costs_the_refresh_token(idp: OidcProvider) -> None:
    token = signed_in(idp, scope="openid offline_access")["refresh_token"]
    assert (
        error(refresh(idp, token, resource=RESOURCE)) == "invalid_target"
    )  # rotated already, the new one unsent
    assert error(refresh(idp, token)) == "invalid_grant"


def test_revocation(idp: OidcProvider) -> None:
    answer = signed_in(idp)
    assert post(idp, "/token/revocation", token=answer["refresh_token"]).status_code == 200
    assert error(refresh(idp, answer["refresh_token"])) == "invalid_grant"
    assert idp.introspect(answer["access_token"]) == {"active": False}


def test_revoke_all(idp: OidcProvider) -> None:
    answers = [signed_in(idp, name) for name in ("ada", "grace")]
    idp.revoke_all()
    assert {error(refresh(idp, answer["refresh_token"])) for answer in answers} == {"invalid_grant"}
    with pytest.raises(ProviderError, match="HTTP 401"):
        idp.userinfo(answers[0]["access_token"])


# -- the confidential client ---------------------------------------------------------------------------------


def confidential(idp: OidcProvider, secret: str = CONFIDENTIAL_SECRET, **form: str) -> requests.Response:
    return post(idp, "/token", client_id=CONFIDENTIAL_CLIENT, client_secret=secret, **form)


def test_client_credentials(idp: OidcProvider) -> None:
    form = {"grant_type": "client_credentials", "scope": "read", "resource": RESOURCE}
    assert confidential(idp, **form).json()["scope"] == "read"
    assert error(confidential(idp, secret="wrong", **form)) == "invalid_client"
    assert [entry["error"] for entry in idp.log()] == [None, "invalid_client"]


def test_token_exchange(idp: OidcProvider) -> None:
    form = {"subject_token_type": "urn:ietf:params:oauth:token-type:access_token", "scope": "read"}
    form |= {
        "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
        "audience": "https://downstream.example/",
    }
    answer = confidential(idp, subject_token=signed_in(idp)["access_token"], **form).json()
    assert answer["access_token"].count(".") == 2
    assert error(confidential(idp, subject_token="unknown", **form)) == "invalid_grant"
