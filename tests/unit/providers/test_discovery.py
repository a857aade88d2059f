"""Discovery: the issuer is the one that was written down, and so is each endpoint safe to call."""

from typing import Any

import pytest

from jupyter_auth.core.errors import AuthError, ProfileError
from jupyter_auth.providers import discovery
from jupyter_auth.providers.oidc import OidcEngine
from tests.idp import MisbehavingProvider, faults
from tests.unit.providers.calls import SCOPES
from tests.unit.providers.conftest import MakeEngine


def document(idp: MisbehavingProvider, **changes: Any) -> None:
    body = {
        "issuer": idp.issuer,
        "token_endpoint": f"{idp.issuer}/token",
        "device_authorization_endpoint": f"{idp.issuer}/device",
    }
    idp.answers["discovery"] = faults.json(200, body | changes)


@pytest.mark.parametrize("path", ["/realms/a", "/realms/a/", "/a%20b", "/a//b"])
def test_an_issuer_with_a_path(idp: MisbehavingProvider, make_engine: MakeEngine, path: str) -> None:
    issuer = idp.issuer + path
    where = f"{path.rstrip('/')}/.well-known/openid-configuration"
    idp.answers[where] = faults.json(200, {"issuer": issuer, "token_endpoint": f"{idp.issuer}/token"})
    assert make_engine(issuer=issuer).discover().issuer == issuer


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 410])
def test_a_missing_document_is_a_fault_of_the_profile(
    idp: MisbehavingProvider, engine: OidcEngine, status: int
) -> None:
    idp.answers["discovery"] = faults.html(status)
    with pytest.raises(ProfileError) as caught:
        engine.discover()
    assert caught.value.reason == "no_discovery"
    assert idp.issuer in caught.value.hint


@pytest.mark.parametrize("absent", [None, "", [], 0, False])
def test_without_a_token_endpoint_it_is_no_provider(
    idp: MisbehavingProvider, engine: OidcEngine, absent: Any
) -> None:
    document(idp, token_endpoint=absent)
    with pytest.raises(ProfileError) as caught:
        engine.discover()
    assert caught.value.reason == "no_token_endpoint"


@pytest.mark.parametrize("algorithms", [None, "RS256", [{}], [["RS256"]], [7, None], ["none", "HS256"]])
def test_whatever_the_algorithms_say(idp: MisbehavingProvider, engine: OidcEngine, algorithms: Any) -> None:
    document(idp, id_token_signing_alg_values_supported=algorithms)
    assert engine.discover().token_endpoint == f"{idp.issuer}/token"


def test_an_endpoint_at_the_root_and_with_a_query(idp: MisbehavingProvider, engine: OidcEngine) -> None:
    document(
        idp, device_authorization_endpoint=f"{idp.issuer}/device?tenant=a", revocation_endpoint=idp.issuer
    )
    assert engine.start_device(SCOPES, (), {}).user_code


def test_discovery_is_believed_for_an_hour(
    idp: MisbehavingProvider, engine: OidcEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(5):
        engine.discover()
    assert idp.count("discovery") == 1
    monkeypatch.setattr(discovery, "METADATA_LIFETIME", -1.0)
    engine._discovery._metadata = None
    engine.discover()
    engine.discover()
    assert idp.count("discovery") == 3


def test_a_failed_discovery_is_not_remembered(idp: MisbehavingProvider, engine: OidcEngine) -> None:
    idp.answers["discovery"] = faults.in_turn(faults.empty(404), idp.answers["discovery"])
    with pytest.raises(ProfileError):
        engine.discover()
    assert engine.discover().issuer == idp.issuer


@pytest.mark.parametrize("issuer", ["http://[::1]:1", "https://" + "a" * 70 + ".example", "https://a..b"])
def test_strange_hosts_end_in_typed_errors(make_engine: MakeEngine, issuer: str) -> None:
    with pytest.raises(AuthError):
        make_engine(issuer=issuer).start_device(SCOPES, (), {})
