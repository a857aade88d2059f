"""Identity providers that answer what hypothesis makes up: discovery, keys, device codes, tokens, refusals,
user information and revocations, over HTTP, to the product's engines."""

import contextlib
import json
import os
import socket
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path
from typing import Any
from unittest import mock

from hypothesis import strategies as st
from urllib3.util import connection as urllib3_connection

from jupyter_auth.core import frames
from jupyter_auth.core.errors import AuthError, error_to_wire
from jupyter_auth.core.profile import Profile
from jupyter_auth.core.secret import Secret
from jupyter_auth.core.urls import is_loopback
from jupyter_auth.providers import transport
from jupyter_auth.providers.base import DeviceAuthorization, NotYet, ProviderMetadata, TokenResponse
from jupyter_auth.providers.registry import make_engine
from tests.fuzz import http_answers, values
from tests.fuzz.documents import CALLS, DOCUMENTS, ORIGIN, SECRET, SEEDS
from tests.fuzz.hearing import Hearing
from tests.fuzz.playing import Attempt, Target
from tests.fuzz.tally import CrashError
from tests.idp import Answer, MisbehavingProvider, Request, Responder
from tests.idp.managed_identity import SHAPES, VARIABLES
from tests.unit.providers.calls import texts_in
from tests.unit.providers.tls import TlsProvider, certificate

TOTAL_TIMEOUT = 1.0  # seconds for one answer, in place of 30
LIMIT = 60.0  # seconds: what needs more hangs, also on a machine that has other work
SCOPES = ("openid", "offline_access", "lake.read")
CALLBACK = "http://127.0.0.1:8888/jupyter_auth/v1/callback"


@st.composite
def inputs(draw: st.DrawFn, calls: tuple[str, ...]) -> dict[str, Any]:
    """A call, the endpoint that does not answer as it should, and what it answers."""
    chance = draw(values.dice)
    call = chance.choice(calls)
    endpoint = chance.choice(CALLS[call])
    return {
        "call": call,
        "endpoint": endpoint,
        "confidential": call in ("client_credentials", "exchange") or chance.random() < 0.3,
        "answer": draw(http_answers.answers(DOCUMENTS[endpoint], SEEDS)),
    }


class Bad:
    """A provider that is right but for one endpoint."""

    def __init__(self, provider: MisbehavingProvider, hearing: Hearing) -> None:
        self.provider, self._hearing = provider, hearing
        self._value: Mapping[str, Any] = {"endpoint": ""}
        hearing.canaries.watch(provider)
        provider.answers["/par"] = self._par
        provider._server.handle_error = _unless_the_client_left  # type: ignore[assignment, method-assign]
        for endpoint, right in list(provider.answers.items()):
            provider.answers[endpoint] = self._responder(endpoint, right)

    def take(self, value: Mapping[str, Any]) -> None:
        """Answer so from now on."""
        self._value = value

    def _responder(self, endpoint: str, right: Responder) -> Responder:
        def respond(request: Request) -> Answer | None:
            if self._value["endpoint"] != endpoint:
                return right(request)
            made = dict(self._value["answer"])
            if "body" in made:
                made["body"] = self._filled(made["body"])
            return http_answers.respond(made, request)

        return respond

    def _filled(self, body: bytes) -> bytes:
        body = body.replace(ORIGIN.encode(), self.provider.issuer.encode())
        if SECRET.format("id_token").encode() in body:
            body = body.replace(SECRET.format("id_token").encode(), self.provider.id_token().encode())
        for kind in ("access_token", "refresh_token", "device_code"):
            body = body.replace(SECRET.format(kind).encode(), self._hearing.canaries.make(kind).encode())
        return body

    def _par(self, _request: Request) -> Answer:
        return 201, {"Content-Type": "application/json"}, b'{"request_uri": "urn:x:1", "expires_in": 60}'


def _unless_the_client_left(request: object, _address: object) -> None:
    """A client that has had enough of an answer hangs up; anything else is a fault of this target."""
    if not isinstance(sys.exception(), OSError):
        traceback.print_exc()


def _through_the_browser(engine: Any, call: str, make: Callable[[str], str], iss: str) -> object:
    state = Secret(make("planted"))
    started = engine.start_code(SCOPES, (), {}, redirect_uri=CALLBACK, state=state)
    if call == "start_code":
        return None  # the address that it made holds the state, and is for the person's browser only
    return engine.finish_code(started, {"code": make("code"), "state": state.reveal(), "iss": iss})


def ask(engine: Any, call: str, make: Callable[[str], str], iss: str) -> object:
    """Make the call, with canaries for secrets; ``iss`` is what a right callback says."""
    asked: dict[str, Callable[[], object]] = {
        "discover": engine.discover,
        "start_device": lambda: engine.start_device(SCOPES, (), {}),
        "poll_device": lambda: engine.poll_device(Secret(make("device_code"))),
        "start_code": lambda: _through_the_browser(engine, call, make, iss),
        "finish_code": lambda: _through_the_browser(engine, call, make, iss),
        "refresh": lambda: engine.refresh(Secret(make("refresh_token")), SCOPES, {}),
        "client_credentials": lambda: engine.client_credentials(("https://api.example/.default",), (), {}),
        "exchange": lambda: engine.exchange(Secret(make("access_token")), ("lake.read",), (), {}),
        "revoke": lambda: engine.revoke(Secret(make("refresh_token")), "refresh_token"),
    }
    return asked[call]()


def judge(make: Callable[[], Any], call: str, hearing: Hearing, iss: str) -> None:
    """A call gives what it should, or one of the product's errors, which can be sent to a kernel."""
    engine = make()
    try:
        result = ask(engine, call, hearing.canaries.make, iss)
    except NotYet:
        if call != "poll_device":
            raise CrashError(f"NotYet from {call}") from None
        return
    except AuthError as problem:
        _judge_error(problem, hearing)
        return
    finally:
        engine.close()
    _judge_result(result, hearing)


def _judge_error(problem: AuthError, hearing: Hearing) -> None:
    if problem.code == AuthError.code or not problem.message or not problem.reason:
        raise CrashError(f"an error that says nothing: {problem!r}")
    wire = frames.decode(frames.encode(error_to_wire(problem))[frames.HEADER :])
    hearing.search("an error", json.dumps(wire))
    problem.__traceback__ = None
    for text in texts_in(problem):
        hearing.search("what an error holds", text)


def _judge_result(result: object, hearing: Hearing) -> None:
    hearing.search("what is shown of a result", repr(result))
    match result:
        case TokenResponse():
            json.dumps(dict(result.claims or {}), allow_nan=False)
            for name, value in (("expires_in", result.expires_in), ("refresh_in", result.refresh_in)):
                if value is not None and (type(value) is not int or value <= 0):
                    raise CrashError(f"{name} is {value!r}")
            _are_text(result.scope or (), result.token_endpoint, result.correlation_id)
        case DeviceAuthorization():
            _are_text((), result.user_code, result.verification_uri, result.verification_uri_complete or "")
            if not (0 < result.expires_in <= 3600 and 0 < result.interval <= 300):
                raise CrashError(f"times out of range: {result}")
        case ProviderMetadata():
            endpoints = [getattr(result, f.name) for f in fields(result) if f.name.endswith("endpoint")]
            _are_text(result.grant_types_supported, *(url for url in endpoints if url is not None))
        case None | "revoked" | "unsupported" | "failed":
            pass
        case _:
            raise CrashError(f"not a result: {result!r}")


def _are_text(several: tuple[object, ...], *texts: object) -> None:
    for text in (*several, *texts):
        if not isinstance(text, str) or not text.isprintable():
            raise CrashError(f"not plain text: {text!r}")


@contextmanager
def on_this_machine() -> Iterator[None]:
    """Nobody else is asked, whatever a document says; one answer takes a second at most."""
    real = urllib3_connection.create_connection

    def connect(address: tuple[str, int], *args: Any, **more: Any) -> socket.socket:
        if not is_loopback(address[0]):
            raise OSError("out of bounds")
        return real(address, *args, **more)

    with contextlib.ExitStack() as stack:
        stack.enter_context(mock.patch.object(urllib3_connection, "create_connection", connect))
        stack.enter_context(mock.patch.object(transport, "TOTAL_TIMEOUT", TOTAL_TIMEOUT))
        stack.enter_context(mock.patch.object(transport, "CONNECT_TIMEOUT", TOTAL_TIMEOUT))
        yield


def _secret_file(folder: Path, hearing: Hearing) -> str:
    file = folder / "secret"
    file.write_text(hearing.canaries.make("client_secret"), encoding="utf-8")
    file.chmod(0o600)
    return str(file)


@contextmanager
def _oidc(folder: Path, hearing: Hearing) -> Iterator[Attempt]:
    secret = _secret_file(folder, hearing)
    with on_this_machine(), MisbehavingProvider() as provider:
        bad = Bad(provider, hearing)

        def attempt(value: Any) -> None:
            own = secret if value["confidential"] else ""
            profile = Profile(name="lake", issuer=provider.issuer, client_id="nb", client_secret_file=own)
            bad.take(value)
            judge(lambda: make_engine(profile), value["call"], hearing, provider.issuer)

        yield attempt


@contextmanager
def _entra(folder: Path, hearing: Hearing) -> Iterator[Attempt]:
    secret, bundle = _secret_file(folder, hearing), certificate(folder)
    with on_this_machine(), TlsProvider(bundle) as provider:
        provider.answers["/t/v2.0/.well-known/openid-configuration"] = provider.answers["discovery"]
        bad = Bad(provider, hearing)

        def attempt(value: Any) -> None:
            own = secret if value["confidential"] else ""
            issuer = f"{provider.issuer}/t"
            profile = Profile(
                name="graph",
                provider="entra",
                issuer=issuer,
                client_id="nb",
                ca_bundle=str(bundle),
                client_secret_file=own,
            )
            where = {"discovery": "/t/v2.0/.well-known/openid-configuration"}
            bad.take(value | {"endpoint": where.get(value["endpoint"], value["endpoint"])})
            judge(lambda: make_engine(profile), value["call"], hearing, provider.issuer)

        yield attempt


@contextmanager
def _machine(folder: Path, hearing: Hearing) -> Iterator[Attempt]:
    with on_this_machine(), MisbehavingProvider() as provider:
        for shape in SHAPES.values():
            provider.answers[shape.path] = provider.answers["token"]
        bad = Bad(provider, hearing)
        profile = Profile(
            name="vm", provider="managed_identity", issuer=provider.issuer, client_id="abc", scopes=()
        )

        def attempt(value: Any) -> None:
            shape = SHAPES[value["machine"]]
            bad.take(value | {"endpoint": shape.path})
            named = {name: text.format(origin=provider.issuer) for name, text in shape.environment.items()}
            with mock.patch.dict(os.environ, named):
                for name in set(VARIABLES) - set(named):
                    os.environ.pop(name, None)
                judge(lambda: make_engine(profile), "client_credentials", hearing, "")

        yield attempt


def _target(name: str, what: str, opened: Any, made: st.SearchStrategy[Any]) -> Target:
    return Target(name=name, what=what, limit=LIMIT, inputs=made, opened=opened)


_ENTRAS = tuple(call for call in CALLS if call != "revoke")  # there is nothing to ask
_MACHINES = st.builds(
    lambda value, machine: value | {"machine": machine},
    inputs(("client_credentials",)),
    st.sampled_from(sorted(SHAPES)),
)
TARGETS = (
    _target(
        "oidc",
        "an OpenID provider's discovery, keys, device codes, tokens, refusals, user information",
        _oidc,
        inputs(tuple(CALLS)),
    ),
    _target("entra", "the same of Entra ID, by way of msal, over TLS", _entra, inputs(_ENTRAS)),
    _target("machine", "an Azure machine's endpoint for its own identity", _machine, _MACHINES),
)
