"""An Azure machine's own tokens: each kind of machine, what is refused, and what is never asked."""

import socket
from collections.abc import Callable
from typing import Any

import pytest

from jupyter_auth.core.errors import AuthError, OAuthError, PolicyError, TransportError
from jupyter_auth.core.profile import SYSTEM_ASSIGNED, Profile, read_profile
from jupyter_auth.core.secret import Secret
from jupyter_auth.providers import transport
from jupyter_auth.providers.base import CodeAuthorization
from jupyter_auth.providers.managed_identity import ManagedIdentityEngine
from jupyter_auth.providers.registry import make_engine
from tests.idp import MisbehavingProvider, faults
from tests.idp.managed_identity import SHAPES, VARIABLES, Machine
from tests.unit.providers.calls import assert_no_canary

STORAGE = "https://storage.azure.com"


def engine_for(**table: Any) -> ManagedIdentityEngine:
    profile, found = read_profile("batch", {"provider": "managed_identity", **table}, "a.toml")
    assert profile is not None, found
    engine = make_engine(profile)
    assert isinstance(engine, ManagedIdentityEngine)
    return engine


@pytest.fixture
def machine(
    request: pytest.FixtureRequest, idp: MisbehavingProvider, monkeypatch: pytest.MonkeyPatch
) -> Machine:
    """This process as one on a machine of the kind the test asks for, a virtual one by default."""
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    made = Machine(SHAPES[getattr(request, "param", "vm")])
    for name, value in made.shape.environment.items():
        monkeypatch.setenv(name, value.format(origin=idp.issuer))
    idp.answers[made.shape.path] = made
    return made


each_machine = pytest.mark.parametrize("machine", SHAPES, indirect=True)


@each_machine
def test_a_token(machine: Machine) -> None:
    answer = engine_for(resource=STORAGE).client_credentials((), (f"resource:{STORAGE}",), {})
    assert answer.access_token.reveal() == "CANARY-machine" and answer.refresh_token is None
    assert answer.expires_in is not None and 7195 <= answer.expires_in <= 7200
    assert answer.token_endpoint.endswith(machine.shape.path) and "?" not in answer.token_endpoint
    assert machine.asked[0]["resource"] == STORAGE and machine.shape.client_id_as not in machine.asked[0]


@each_machine
def test_an_identity_that_a_user_has_assigned(machine: Machine) -> None:
    engine_for(client_id="abc", resource=STORAGE).client_credentials((), (), {})
    assert machine.asked[0][machine.shape.client_id_as] == "abc"


@each_machine
def test_each_call_asks(machine: Machine) -> None:
    """msal's own cache must not answer: ours is the only one."""
    engine = engine_for(resource=STORAGE)
    for _ in range(2):
        engine.client_credentials((), (), {})
    assert len(machine.asked) == 2


def test_a_scope_names_the_resource(machine: Machine) -> None:
    engine_for(scopes=["https://vault.azure.net/.default"]).client_credentials(
        ("https://vault.azure.net/.default",), (), {}
    )
    assert machine.asked[0]["resource"] == "https://vault.azure.net"


@pytest.mark.parametrize("scopes", [("a/.default", "b/.default"), ("User.Read",), ("a/.default", "x")])
def test_scopes_that_name_no_one_resource(machine: Machine, scopes: tuple[str, ...]) -> None:
    with pytest.raises(PolicyError) as caught:
        engine_for(resource=STORAGE).client_credentials(scopes, (), {})
    assert caught.value.reason == "bad_scope" and machine.asked == []


REFUSALS: dict[str, tuple[Any, type[AuthError]]] = {
    "no identity": (faults.json(400, {"error": "invalid_request", "error_description": "none"}), OAuthError),
    "its own form": (faults.json(400, {"statusCode": 400, "message": "no"}), OAuthError),
    "html": (faults.html(200), TransportError),
    "500": (faults.json(500, {"statusCode": 500}), TransportError),
    "429": (faults.empty(429), TransportError),
    "410": (faults.empty(410), OAuthError),
    "redirect": (faults.redirect("https://evil.example/"), TransportError),
    "a number": (faults.json(200, {"access_token": 5, "expires_in": "10"}), TransportError),
    "a list": (faults.json(200, []), TransportError),
    "silence": (faults.hang(20), TransportError),
}  # fmt: skip


@each_machine
@pytest.mark.parametrize(("answer", "kind"), REFUSALS.values(), ids=REFUSALS)
def test_refusals(
    idp: MisbehavingProvider,
    machine: Machine,
    answer: Any,
    kind: type[AuthError],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if answer is REFUSALS["silence"][0]:  # any other may take its time
        monkeypatch.setattr(transport, "TOTAL_TIMEOUT", 0.5)
    idp.answers[machine.shape.path] = answer
    with pytest.raises(AuthError) as caught:
        engine_for(resource=STORAGE).client_credentials((), (), {})
    assert type(caught.value) is kind
    assert_no_canary(caught.value)


EXPIRIES: dict[str, tuple[dict[str, Any], int | None]] = {
    "a string": ({"expires_in": "3600"}, 3600),
    "a date": ({"expires_in": "3600", "expires_on": "1/1/2030 0:00:00 AM +00:00"}, 3600),
    "none": ({}, None),
    "nonsense": ({"expires_in": "soon", "expires_on": "later"}, None),
    "past": ({"expires_on": "1000"}, None),
}


@pytest.mark.parametrize(("fields", "expected"), EXPIRIES.values(), ids=EXPIRIES)
def test_how_long_a_token_is_good(
    idp: MisbehavingProvider, machine: Machine, fields: dict[str, Any], expected: int | None
) -> None:
    body = {"access_token": "t", "token_type": "Bearer", **fields}
    idp.answers[machine.shape.path] = faults.json(200, body)
    assert engine_for(resource=STORAGE).client_credentials((), (), {}).expires_in == expected


def test_nothing_is_asked_before_a_token_is_wanted(machine: Machine) -> None:
    engine = engine_for(resource=STORAGE)
    assert engine.discover().token_endpoint == ""
    assert engine.revoke(Secret("t"), "access_token") == "unsupported"
    assert machine.asked == []


def test_the_metadata_service_is_reached_without_a_proxy(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only asked for by such a profile; here the connection is noted instead of made."""
    monkeypatch.delenv("AZURE_POD_IDENTITY_AUTHORITY_HOST")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    wanted: list[Any] = []

    def note(address: Any, *_: Any, **__: Any) -> socket.socket:
        wanted.append(address)
        raise OSError("not here")

    monkeypatch.setattr("urllib3.util.connection.create_connection", note)
    with pytest.raises(TransportError):
        engine_for(resource=STORAGE).client_credentials((), (), {})
    assert wanted == [("169.254.169.254", 80)]


@pytest.mark.parametrize("variables", [{"IDENTITY_SERVER_THUMBPRINT": "a" * 40}])
@pytest.mark.parametrize("machine", ["app service"], indirect=True)
def test_kinds_of_machines_that_are_not_supported(
    machine: Machine, monkeypatch: pytest.MonkeyPatch, variables: dict[str, str]
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(PolicyError) as caught:
        engine_for(resource=STORAGE).client_credentials((), (), {})
    assert caught.value.reason == "managed_identity_kind" and machine.asked == []


def test_what_a_machine_cannot_do() -> None:
    engine = ManagedIdentityEngine(Profile(name="batch", client_id=SYSTEM_ASSIGNED))
    secret = Secret("s")
    started = CodeAuthorization(
        authorization_uri="", redirect_uri="", state=secret, nonce=secret, code_verifier=secret, scopes=()
    )
    reasons: dict[str, list[Callable[[], object]]] = {
        "no_device_flow": [lambda: engine.start_device((), (), {}), lambda: engine.poll_device(secret)],
        "no_code_flow": [
            lambda: engine.start_code((), (), {}, redirect_uri="", state=secret),
            lambda: engine.finish_code(started, {}),
        ],
        "no_refresh": [lambda: engine.refresh(secret, (), {})],
        "no_exchange": [lambda: engine.exchange(secret, (), (), {})],
    }
    for reason, calls in reasons.items():
        for call in calls:
            with pytest.raises(PolicyError) as caught:
                call()
            assert caught.value.reason == reason and "acquire_token_for_client" in caught.value.hint
