"""Every verb of our engines at every provider, as a Markdown table: ``python -m tests.idp.verbs``.

``--write`` puts it into docs/reference/providers.md. What somebody cannot do has to have its reason here.
"""

import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from jupyter_auth.core.errors import AuthError, OAuthError
from jupyter_auth.core.profile import Profile
from jupyter_auth.core.secret import Secret
from jupyter_auth.providers.base import Engine, TokenResponse
from jupyter_auth.providers.entra import EntraEngine
from jupyter_auth.providers.oidc import OidcEngine

from . import CONFIDENTIAL_CLIENT, CONFIDENTIAL_SECRET, PROVIDERS, PUBLIC_CLIENT, RESOURCE
from .base import Provider
from .entra import APP_PUBLIC, APP_SECRET, EntraProvider
from .matrix import PAGE

BEGIN, END = "<!-- verbs -->\n", "<!-- end of verbs -->\n"
CALLBACK = "http://127.0.0.1:8888/jupyter_auth/v1/callback"
STATE = Secret("s" * 40)
OPENID = ("openid", "profile", "offline_access")
DOWNSTREAM = "https://downstream.example/"
_VARIABLE = "SECRET_OF_THE_VERB_TABLE"

Target = tuple[tuple[str, ...], tuple[str, ...]]  # scopes and resources


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """One of our engines at a provider: for a person's client, and for an application's."""

    name: str
    public: Engine
    confidential: Engine
    scopes: tuple[str, ...]
    own: Target
    downstream: Target
    approve: Callable[[str, str], object]  # user code, address
    sign_in: Callable[[str], dict[str, str]]
    revoke_elsewhere: Callable[[], object]
    #: why a verb is not there, by the reason of our error or by our outcome
    why: dict[str, str]

    def by_device(self) -> TokenResponse:
        started = self.public.start_device(self.scopes, (), {})
        self.approve(started.user_code, started.verification_uri)
        return self.public.poll_device(started.device_code)

    def by_code(self) -> TokenResponse:
        extra = {"prompt": "consent"}  # OpenID Connect Core §11: no refresh token without it
        started = self.public.start_code(self.scopes, (), extra, redirect_uri=CALLBACK, state=STATE)
        return self.public.finish_code(started, self.sign_in(started.authorization_uri))

    def refreshed(self, last: TokenResponse) -> TokenResponse:
        assert last.refresh_token is not None
        return self.public.refresh(last.refresh_token, self.scopes, {})


def said(site: Site, ask: Callable[[], TokenResponse]) -> str:
    """What comes of a request, and of a refusal the reason."""
    try:
        answer = ask()
    except OAuthError as refused:
        word = refused.error or refused.reason
        return f"`{word}`" + (f": {site.why[word]}" if word in site.why else "")
    except AuthError as problem:
        return f"no (`{problem.reason}`): {site.why[problem.reason]}"
    return "token, refresh token" if answer.refresh_token is not None else "token"


# -- the verbs -----------------------------------------------------------------------------------------------


def device(site: Site) -> str:
    return said(site, site.by_device)


def code(site: Site) -> str:
    return said(site, site.by_code)


def refresh(site: Site) -> str:
    first = site.by_device()
    second = site.refreshed(first)
    is_new = second.refresh_token not in (None, first.refresh_token)
    return f"token, {'new' if is_new else 'same'} refresh token"


def client_credentials(site: Site) -> str:
    return said(site, lambda: site.confidential.client_credentials(*site.own, {}))


def client_credentials_of_public(site: Site) -> str:
    return said(site, lambda: site.public.client_credentials(*site.own, {}))


def on_behalf_of(site: Site) -> str:
    hers = site.by_device().access_token
    return said(site, lambda: site.confidential.exchange(hers, *site.downstream, {}))


def sign_out(site: Site) -> str:
    answer = site.by_device()
    assert answer.refresh_token is not None
    outcome = site.public.revoke(answer.refresh_token, "refresh_token")
    after = said(site, lambda: site.refreshed(answer))
    return f"{outcome}{f' ({site.why[outcome]})' if outcome in site.why else ''}; refresh then: {after}"


def revoked_elsewhere(site: Site) -> str:
    answer = site.by_device()
    site.revoke_elsewhere()
    return said(site, lambda: site.refreshed(answer))


VERBS: dict[str, Callable[[Site], str]] = {
    "Device code": device,
    "Authorization code with PKCE": code,
    "Refresh": refresh,
    "Client credentials": client_credentials,
    "… by a client without credentials": client_credentials_of_public,
    "On behalf of": on_behalf_of,
    "Revocation, as signing out asks for it": sign_out,
    "Revoked elsewhere, then refreshed": revoked_elsewhere,
}

# -- the providers -------------------------------------------------------------------------------------------

_NO_CREDENTIALS = {"no_client_credentials": "a public client has nothing to prove itself with"}


def _query(url: str) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(url).query))


def _oidc(provider: Provider) -> Site:
    def engine(client_id: str, **more: Any) -> OidcEngine:
        return OidcEngine(Profile(name="lake", issuer=provider.issuer, client_id=client_id, **more))

    is_certified = provider.name == "oidc-provider"
    return Site(
        name=f"`oidc` at {provider.name}",
        public=engine(PUBLIC_CLIENT),
        confidential=engine(CONFIDENTIAL_CLIENT, client_secret_env=_VARIABLE),
        scopes=(*OPENID, "lake.read"),
        own=(("read",), (f"resource:{RESOURCE}",)) if is_certified else (("lake.read",), ()),
        downstream=(("read",), (f"audience:{DOWNSTREAM}",)) if is_certified else (("lake.read",), ()),
        approve=lambda code, _address: provider.approve(code),
        sign_in=lambda address: _query(provider.sign_in(address)),
        revoke_elsewhere=provider.revoke_all,
        why={**_NO_CREDENTIALS, "no_exchange": "the toolkit has no token exchange"},
    )


def _entra(provider: EntraProvider) -> Site:
    def engine(client_id: str, **more: Any) -> EntraEngine:
        more |= {"issuer": provider.authority(), "ca_bundle": str(provider.certificate)}
        return EntraEngine(Profile(name="graph", provider="entra", client_id=client_id, **more))

    def plan_revoked() -> None:
        words = "AADSTS50173: The provided grant has expired due to it being revoked."
        provider.plan("token", {"error": "invalid_grant", "error_description": words})

    return Site(
        name="`entra` at a provider in its shape",
        public=engine(APP_PUBLIC),
        confidential=engine(APP_SECRET, client_secret_env=_VARIABLE),
        scopes=(*OPENID, "https://api.example/user.read"),
        own=(("https://api.example/.default",), ()),
        downstream=((f"{DOWNSTREAM}user.read",), ()),
        approve=provider.approve,
        sign_in=provider.sign_in,
        revoke_elsewhere=plan_revoked,
        why={
            **_NO_CREDENTIALS,
            "unsupported": "Entra has no such endpoint: it is forgotten here only",
            "invalid_grant": "Entra's answer, played",
        },
    )


@contextmanager
def sites() -> Iterator[list[Site]]:
    """All of them, running."""
    os.environ[_VARIABLE] = CONFIDENTIAL_SECRET
    running = [kind() for kind in PROVIDERS]
    entra = EntraProvider(Path(tempfile.mkdtemp()))
    made: list[Site] = []
    try:
        for provider in (*running, entra):
            provider.start()
        made += [*map(_oidc, running), _entra(entra)]
        yield made
    finally:
        for site in made:
            site.public.close()
            site.confidential.close()
        for one in (*running, entra):
            one.stop()
        del os.environ[_VARIABLE]


def table() -> str:
    """Run every verb at every provider."""
    with sites() as there:
        rows: list[tuple[Any, ...]] = [("Verb", *(site.name for site in there)), ("---",) * (len(there) + 1)]
        rows += [(verb, *(run(site) for site in there)) for verb, run in VERBS.items()]
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def committed() -> str:
    """The table that the page shows."""
    return PAGE.read_text(encoding="utf-8").partition(BEGIN)[2].partition(END)[0].strip() + "\n"


def main() -> None:
    """Print the table, or write it into the page."""
    made = table()
    if "--write" not in sys.argv[1:]:
        sys.stdout.write(made)
        return
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
    PAGE.write_text(f"{before}{BEGIN}\n{made}\n{END}{rest.partition(END)[2]}", encoding="utf-8")


if __name__ == "__main__":
    main()
