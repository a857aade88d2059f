"""Every flow of our engine at each test provider, as a Markdown table: ``python -m tests.idp.matrix``.

``--write`` puts it into docs/reference/providers.md; a test holds that the page says what is so.
"""

import time
from collections.abc import Callable
from typing import Any

from jupyter_auth.core.errors import AuthError, OAuthError
from jupyter_auth.core.profile import Profile
from jupyter_auth.core.secret import Secret
from jupyter_auth.providers.base import DeviceAuthorization, NotYet, ProviderMetadata, TokenResponse
from jupyter_auth.providers.oidc import OidcEngine
from tests.support.tables import markdown, print_or_write

from . import PROVIDERS
from .base import PUBLIC_CLIENT, Provider
from .errors import ProviderError

MARK = "table"
SCOPES = ("openid", "profile", "offline_access", "lake.read", "lake.write")
FEWER = ("openid", "offline_access", "lake.read")


class _Engine(OidcEngine):
    """Ours, and it remembers whether userinfo had to be asked who signed in."""

    asked_userinfo = False

    def __init__(self, profile: Profile) -> None:
        super().__init__(profile)
        ask = self._discovery.userinfo

        def userinfo(metadata: ProviderMetadata, access_token: Secret) -> dict[str, Any] | None:
            self.asked_userinfo = True
            return ask(metadata, access_token)

        self._discovery.userinfo = userinfo  # type: ignore[method-assign]


class Bench:
    """Our engine at one provider."""

    def __init__(self, provider: Provider) -> None:
        provider.reset()
        self.provider = provider
        profile = Profile(name="lake", issuer=provider.issuer, client_id=PUBLIC_CLIENT, scopes=SCOPES)
        self.engine = _Engine(profile)

    def start(self, scopes: tuple[str, ...] = SCOPES) -> DeviceAuthorization:
        return self.engine.start_device(scopes, (), {})

    def poll(self, started: DeviceAuthorization) -> TokenResponse:
        return self.engine.poll_device(started.device_code)

    def signed_in(self, scopes: tuple[str, ...] = SCOPES) -> TokenResponse:
        started = self.start(scopes)
        self.provider.approve(started.user_code)
        return self.poll(started)

    def refresh(self, last: TokenResponse, scopes: tuple[str, ...] = SCOPES) -> TokenResponse:
        assert last.refresh_token is not None
        return self.engine.refresh(last.refresh_token, scopes, {})

    def is_accepted(self, answer: TokenResponse) -> str:
        """Whether the provider's own resource takes this access token."""
        try:
            self.provider.userinfo(answer.access_token.reveal())
        except ProviderError:
            return "refused"
        return "accepted"


def said(ask: Callable[[], TokenResponse]) -> str:
    """What comes of a request, in a word or two."""
    try:
        ask()
    except NotYet:
        return "pending"
    except OAuthError as refused:
        return f"`{refused.error}`"
    except AuthError as problem:
        return f"no usable answer (`{type(problem).__name__}`)"
    return "token"


# -- the flows -----------------------------------------------------------------------------------------------


def approved(at: Bench) -> str:
    answer = at.signed_in()
    name = (answer.claims or {}).get("preferred_username")
    source = "userinfo" if at.engine.asked_userinfo else "the id token"
    assert name == "ada" and answer.refresh_token is not None
    return f"token, name from {source}"


def not_yet(at: Bench) -> str:
    started = at.start()
    return said(lambda: at.poll(started))


def denied(at: Bench) -> str:
    started = at.start()
    at.provider.deny(started.user_code)
    return said(lambda: at.poll(started))


def expired(at: Bench) -> str:
    at.provider.set(dc_ttl=1)
    started = at.start()
    time.sleep(1.1)
    return said(lambda: at.poll(started))


def never_given(at: Bench) -> str:
    return said(lambda: at.engine.poll_device(Secret("never-given")))


def redeemed_twice(at: Bench) -> str:
    started = at.start()
    at.provider.approve(started.user_code)
    first = at.poll(started)
    return f"{said(lambda: at.poll(started))}; first refresh token: {said(lambda: at.refresh(first))}"


def without_offline_access(at: Bench) -> str:
    answer = at.signed_in(("openid", "lake.read"))
    return "none" if answer.refresh_token is None else "given all the same"


def unknown_scope(at: Bench) -> str:
    return said(lambda: at.signed_in((*SCOPES, "lake.drain")))


def rotation(at: Bench) -> str:
    first = at.signed_in()
    second = at.refresh(first)
    is_new = second.refresh_token not in (None, first.refresh_token)
    return f"token, {'new' if is_new else 'same'} refresh token, {'new' if second.claims else 'no'} id token"


def without_rotation(at: Bench) -> str:
    at.provider.set(rotate=False)
    first = at.signed_in()
    at.refresh(first)
    return said(lambda: at.refresh(first))


def without_id_token(at: Bench) -> str:
    at.provider.set(issue_id_token_on_refresh=False)
    answer = at.refresh(at.signed_in())
    return "id token" if answer.claims else "token"


def access_token_after(at: Bench) -> str:
    first = at.signed_in()
    at.refresh(first)
    return at.is_accepted(first)


def reused(at: Bench) -> str:
    first = at.signed_in()
    second = at.refresh(first)
    return f"{said(lambda: at.refresh(first))}; the new one then: {said(lambda: at.refresh(second))}"


def fewer_scopes(at: Bench) -> str:
    narrow = at.refresh(at.signed_in(), FEWER)
    assert narrow.scope is None or set(narrow.scope) == set(FEWER)
    return f"token; all of them then: {said(lambda: at.refresh(narrow))}"


def more_scopes(at: Bench) -> str:
    first = at.signed_in(FEWER)
    refused = said(lambda: at.refresh(first))
    return f"{refused}; the granted ones then: {said(lambda: at.refresh(first, FEWER))}"


def revoked(at: Bench) -> str:
    answer = at.signed_in()
    assert answer.refresh_token is not None
    outcome = at.engine.revoke(answer.refresh_token, "refresh_token")
    return (
        f"{outcome}; refresh then: {said(lambda: at.refresh(answer))}; access token: {at.is_accepted(answer)}"
    )


def unknown_revoked(at: Bench) -> str:
    return at.engine.revoke(Secret("never-given"), "refresh_token")


def revoked_elsewhere(at: Bench) -> str:
    answer = at.signed_in()
    at.provider.revoke_all()
    return said(lambda: at.refresh(answer))


def down(at: Bench) -> str:
    answer = at.signed_in()
    at.provider.set(fail={"status": 500, "body": "<h1>Server Error</h1>", "content_type": "text/html"})
    return f"{said(lambda: at.refresh(answer))}; once it is back: {said(lambda: at.refresh(answer))}"


FLOWS: dict[str, Callable[[Bench], str]] = {
    "Device code, approved": approved,
    "… asked before anybody decided": not_yet,
    "… denied": denied,
    "… run out": expired,
    "… never given": never_given,
    "… redeemed twice": redeemed_twice,
    "… with a scope that the provider does not know": unknown_scope,
    "Refresh token where `offline_access` was not asked for": without_offline_access,
    "Refresh, with rotation": rotation,
    "… without rotation, twice": without_rotation,
    "… without a new id token": without_id_token,
    "… with a refresh token used before": reused,
    "… for fewer scopes": fewer_scopes,
    "… for scopes not granted": more_scopes,
    "… while the provider answers HTTP 500 in HTML": down,
    "… after an administrator revoked everything": revoked_elsewhere,
    "The last access token after a refresh": access_token_after,
    "Revocation of the refresh token": revoked,
    "… of a token never given": unknown_revoked,
}


def table() -> str:
    """Run every flow at every provider."""
    columns = []
    for kind in PROVIDERS:
        with kind() as provider:
            columns.append([flow(Bench(provider)) for flow in FLOWS.values()])
    rows = list(zip(FLOWS, *columns, strict=True))
    return markdown(("Flow", *(kind.name for kind in PROVIDERS)), rows)


if __name__ == "__main__":
    print_or_write(MARK, table())
