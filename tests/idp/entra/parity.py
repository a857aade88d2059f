"""What msal and our engines put on the wire, verb by verb: ``python -m tests.idp.entra.parity``.

``--write`` puts the table into docs/reference/providers.md; a test holds that each difference has a reason.
"""

import json
import os
import tempfile
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msal
import requests

from jupyter_auth.core.errors import AuthError
from jupyter_auth.core.profile import Profile
from jupyter_auth.core.secret import Secret
from jupyter_auth.providers.base import Engine, TokenResponse
from jupyter_auth.providers.entra import EntraEngine
from jupyter_auth.providers.oidc import OidcEngine
from tests.support.tables import markdown, print_or_write

from ..base import CONFIDENTIAL_SECRET
from .provider import API, APP_KEY, APP_PUBLIC, APP_SCOPE, APP_SECRET, CALLBACK, DOWNSTREAM, EntraProvider

MARK = "wire"
SCOPES = ("openid", "profile", "offline_access", API)
ADA = "ada@contoso.test"
STATE = "s" * 32
_VARIABLE = "SECRET_OF_THE_WIRE_TABLE"
#: Differ each time, or are secrets: only that they are there is compared.
_SECRETS = frozenset(
    {"code", "device_code", "refresh_token", "assertion", "subject_token", "client_secret",
     "client_assertion", "code_verifier", "code_challenge", "nonce", "state"}
)  # fmt: skip

_NO_CP1 = "`oidc` knows no client capabilities: they are Entra's"
_NO_INFO = "`client_info` is Entra's; `oidc` tells accounts by the id token"
_BASIC = "the secret goes in the header (RFC 6749 §2.3.1), the first of the ways that discovery names"
_RFC8693 = "`oidc` exchanges by RFC 8693, which Entra does not know: `entra` is the provider for that"
#: (engine, verb, parameter): why that may differ from msal. Nothing else may.
ALLOWED: dict[tuple[str, str, str], str] = {
    ("oidc", "device code: start", "claims"): _NO_CP1,
    ("oidc", "device code: poll", "claims"): _NO_CP1,
    ("oidc", "device code: poll", "client_info"): _NO_INFO,
    ("oidc", "device code: poll", "code"): "msal repeats `device_code` for an Entra of 2018",
    ("oidc", "authorization code: request", "claims"): _NO_CP1,
    ("oidc", "authorization code: request", "client_info"): _NO_INFO,
    ("oidc", "authorization code: request", "X-AnchorMailbox"): "it routes within Entra",
    ("oidc", "authorization code: redeem", "claims"): _NO_CP1,
    ("oidc", "authorization code: redeem", "client_info"): _NO_INFO,
    ("oidc", "authorization code: redeem", "scope"): "RFC 6749 §4.1.3 has none",
    ("oidc", "refresh", "claims"): _NO_CP1,
    ("oidc", "refresh", "client_info"): _NO_INFO,
    ("oidc", "client credentials, secret", "claims"): _NO_CP1,
    ("oidc", "client credentials, secret", "client_info"): _NO_INFO,
    ("oidc", "client credentials, secret", "client_id"): _BASIC,
    ("oidc", "client credentials, secret", "client_secret"): _BASIC,
    ("oidc", "client credentials, key", "claims"): _NO_CP1,
    ("oidc", "client credentials, key", "client_info"): _NO_INFO,
    ("oidc", "on behalf of", "grant_type"): _RFC8693,
    ("oidc", "on behalf of", "assertion"): _RFC8693,
    ("oidc", "on behalf of", "requested_token_use"): _RFC8693,
    ("oidc", "on behalf of", "subject_token"): _RFC8693,
    ("oidc", "on behalf of", "subject_token_type"): _RFC8693,
    ("oidc", "on behalf of", "claims"): _NO_CP1,
    ("oidc", "on behalf of", "client_info"): _NO_INFO,
    ("oidc", "on behalf of", "client_id"): _BASIC,
    ("oidc", "on behalf of", "client_secret"): _BASIC,
}  # fmt: skip

#: verb → the parameters of its last request
Wire = dict[str, dict[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A parameter that one sends and the other does not, or not so."""

    engine: str
    verb: str
    parameter: str
    msal: Any
    ours: Any

    @property
    def key(self) -> tuple[str, str, str]:
        return self.engine, self.verb, self.parameter


@dataclass(slots=True)
class Recorder:
    """Runs verbs one by one and keeps what each of them sent."""

    provider: EntraProvider
    wire: Wire = field(default_factory=dict)

    def note(self, verb: str, endpoint: str) -> None:
        seen = self.provider.seen(endpoint)
        self.wire[verb] = _comparable(seen[-1]["form"]) if seen else {}
        self.provider.reset()


def _comparable(form: Mapping[str, str]) -> dict[str, Any]:
    def value(name: str, text: str) -> Any:
        if name in _SECRETS:
            return "…"
        return sorted(text.split()) if name == "scope" else json.loads(text) if name == "claims" else text

    return {name: value(name, text) for name, text in form.items()}


# -- msal, as people use it ---------------------------------------------------------------------------


def by_msal(provider: EntraProvider) -> Wire:
    """Every verb by msal itself, with its own cache and the capability that its documentation advises."""
    with requests.Session() as session, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns of response_mode
        session.trust_env, session.verify = False, str(provider.certificate)
        common: dict[str, Any] = {
            "authority": provider.authority(), "http_client": session, "client_capabilities": ["CP1"],
            "instance_discovery": False,
        }  # fmt: skip
        recorder = Recorder(provider)
        hers = _people_by_msal(recorder, common)
        app = msal.ConfidentialClientApplication(APP_SECRET, client_credential=CONFIDENTIAL_SECRET, **common)
        app.acquire_token_for_client([APP_SCOPE])
        recorder.note("client credentials, secret", "token")
        app.acquire_token_on_behalf_of(hers, [DOWNSTREAM])
        recorder.note("on behalf of", "token")
        credential = {
            "private_key": provider.client_key.read_text(),
            "public_certificate": provider.client_certificate.read_text(),
        }
        app = msal.ConfidentialClientApplication(APP_KEY, client_credential=credential, **common)
        app.acquire_token_for_client([APP_SCOPE])
        recorder.note("client credentials, key", "token")
    return recorder.wire


def _people_by_msal(recorder: Recorder, common: Mapping[str, Any]) -> str:
    provider = recorder.provider
    app = msal.PublicClientApplication(APP_PUBLIC, **common)
    flow = app.initiate_device_flow([API])
    recorder.note("device code: start", "devicecode")
    provider.approve(flow["user_code"], flow["verification_uri"])
    flow["interval"] = 0
    token: str = app.acquire_token_by_device_flow(flow)["access_token"]
    recorder.note("device code: poll", "token")
    app.acquire_token_silent([API], app.get_accounts()[0], force_refresh=True)
    recorder.note("refresh", "token")
    started = app.initiate_auth_code_flow([API], redirect_uri=CALLBACK, login_hint=ADA, state=STATE)
    answer = provider.sign_in(started["auth_uri"])
    recorder.note("authorization code: request", "authorize")
    app.acquire_token_by_auth_code_flow(started, answer)
    recorder.note("authorization code: redeem", "token")
    recorder.note("revocation", "revoke")  # it has no such verb
    return token


# -- our engines ----------------------------------------------------------------------------------------


@contextmanager
def _engines(provider: EntraProvider, kind: str) -> Iterator[Callable[..., Engine]]:
    issuer = provider.authority() if kind == "entra" else f"{provider.authority()}/v2.0"
    make: Callable[[Profile], Engine] = EntraEngine if kind == "entra" else OidcEngine
    with ExitStack() as stack:

        def engine(client_id: str, **more: str) -> Engine:
            table: dict[str, Any] = {"issuer": issuer, "ca_bundle": str(provider.certificate), **more}
            made = make(Profile(name=kind, provider=kind, client_id=client_id, scopes=SCOPES, **table))
            stack.callback(made.close)
            return made

        yield engine


def by_ours(provider: EntraProvider, kind: str) -> Wire:
    """Every verb by the engine of provider ``kind``."""
    recorder = Recorder(provider)
    os.environ[_VARIABLE] = CONFIDENTIAL_SECRET
    files = {"client_key_file": str(provider.client_key)}
    files["client_certificate_file"] = str(provider.client_certificate)
    try:
        with _engines(provider, kind) as engine:
            hers = _people_by_ours(recorder, engine(APP_PUBLIC))
            app = engine(APP_SECRET, client_secret_env=_VARIABLE)
            app.client_credentials((APP_SCOPE,), (), {})
            recorder.note("client credentials, secret", "token")
            _on_behalf_of(recorder, app, hers.access_token, kind)
            engine(APP_KEY, **files).client_credentials((APP_SCOPE,), (), {})
            recorder.note("client credentials, key", "token")
    finally:
        del os.environ[_VARIABLE]
    return recorder.wire


def _on_behalf_of(recorder: Recorder, app: Engine, assertion: Secret, kind: str) -> None:
    scopes = (DOWNSTREAM, *SCOPES[:3])  # msal adds the reserved ones by itself
    try:
        app.exchange(assertion, scopes, (), {})
    except AuthError:
        if kind == "entra":
            raise
    recorder.note("on behalf of", "token")


def _people_by_ours(recorder: Recorder, engine: Engine) -> TokenResponse:
    provider = recorder.provider
    started = engine.start_device(SCOPES, (), {})
    recorder.note("device code: start", "devicecode")
    provider.approve(started.user_code, started.verification_uri)
    hers = engine.poll_device(started.device_code)
    recorder.note("device code: poll", "token")
    assert hers.refresh_token is not None
    hers = engine.refresh(hers.refresh_token, SCOPES, {})
    recorder.note("refresh", "token")
    code = engine.start_code(SCOPES, (), {"login_hint": ADA}, redirect_uri=CALLBACK, state=Secret(STATE))
    answer = provider.sign_in(code.authorization_uri)
    recorder.note("authorization code: request", "authorize")
    engine.finish_code(code, answer)
    recorder.note("authorization code: redeem", "token")
    assert engine.revoke(hers.access_token, "access_token") == "unsupported"
    recorder.note("revocation", "revoke")
    return hers


# -- side by side -----------------------------------------------------------------------------------------


def compare(provider: EntraProvider) -> tuple[Wire, list[Difference]]:
    """What msal sends, and in what each of our engines differs."""
    provider.reset()
    theirs = by_msal(provider)
    found = []
    for kind in ("entra", "oidc"):
        ours = by_ours(provider, kind)
        assert ours.keys() == theirs.keys()
        for verb, sent in theirs.items():
            for name in sorted({*sent, *ours[verb]}):
                one, other = sent.get(name), ours[verb].get(name)
                if one != other:
                    found.append(Difference(engine=kind, verb=verb, parameter=name, msal=one, ours=other))
    return theirs, found


def table(theirs: Wire, found: list[Difference]) -> str:
    """Markdown: each verb, what msal sends, and the differences with their reasons."""
    rows = []
    for verb, sent in theirs.items():
        names = ", ".join(f"`{name}`" for name in sorted(sent)) or "nothing: Entra has no such endpoint"
        reasons: dict[str, list[str]] = {}
        for difference in found:
            if difference.verb == verb:
                reasons.setdefault(ALLOWED[difference.key], []).append(f"`{difference.parameter}`")
        differing = "; ".join(f"{', '.join(which)}: {why}" for why, which in reasons.items()) or "nothing"
        rows.append((verb, names, differing))
    return markdown(("Verb", "msal and `entra` send", "`oidc` differs in"), rows)


def main() -> None:
    """Print the table, or write it into the page."""
    with EntraProvider(Path(tempfile.mkdtemp())) as provider:
        print_or_write(MARK, table(*compare(provider)))


if __name__ == "__main__":
    main()
