"""Every flow, in every case, at every provider, through the broker.

``python -m tests.unit.broker.flow_matrix`` prints it as a table; ``--write`` puts that into
docs/reference/providers.md. Each cell checks what it says, or fails; what a provider cannot do is tried all
the same, and has to have its reason in ``flow_sites``.
"""

import asyncio
import json
import tempfile
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from jupyter_auth.core.errors import InteractionRequiredError, OAuthError, PolicyError, ProfileError
from jupyter_auth.core.metadata import CacheLevel, CacheRefreshReason, TokenSource
from jupyter_auth.core.result import AuthenticationResult
from jupyter_auth.core.secret import Secret
from jupyter_auth.providers.registry import make_engine
from tests.idp import PROVIDERS
from tests.idp.entra import EntraProvider
from tests.support.tables import markdown, print_or_write
from tests.unit.broker.bench import Bench
from tests.unit.broker.flow_sites import PERSON, Cell, MakeBench, Site, entra_site, oidc_site

MARK = "flows"
CLAIMS = '{"access_token":{"acrs":{"essential":true,"value":"c1"}}}'
FLOWS = {
    "device_code": "Device code",
    "authorization_code": "Authorization code with PKCE",
    "client_credentials": "Client credentials",
    "on_behalf_of": "On behalf of",
}
#: The grant by which a token is renewed.
GRANTS = {"client_credentials": {"client_credentials"}, "on_behalf_of": {"token-exchange", "jwt-bearer"}}


def _renewed(at: Cell, result: AuthenticationResult, last: AuthenticationResult) -> str:
    """A new token, by one request: which."""
    ((grant, _),) = at.site.posts()
    assert grant in GRANTS.get(at.flow, {"refresh_token"})
    assert result.metadata.token_source is TokenSource.IDENTITY_PROVIDER
    assert result.reveal() != last.reveal()
    return f"new token by `{grant}`"


async def fresh(at: Cell) -> str:
    result = await at.first()
    assert result.metadata.token_source is TokenSource.IDENTITY_PROVIDER
    assert result.reveal() and result.expires_in > 0
    assert (result.account is not None) == at.is_of_a_person
    kept = at.refresh_tokens() if at.flow != "on_behalf_of" else []  # there it is the person's
    return "token, refresh token" if kept else "token"


async def silent(at: Cell) -> str:
    first = await at.first()
    at.site.reset()
    again, beside = await at.acquire(), await at.beside().acquire()
    assert again.reveal() == beside.reveal() == first.reveal()
    assert again.metadata.cache_level is CacheLevel.MEMORY
    assert beside.metadata.cache_level is CacheLevel.STORE
    assert at.site.posts() == []
    return "from the cache, without a request"


async def _renewing(at: Cell, last: AuthenticationResult, ask: Callable[[], Awaitable[Any]]) -> str:
    before = at.refresh_tokens()
    at.site.reset()
    word = _renewed(at, await ask(), last)
    if not at.is_of_a_person:
        return word
    after = at.refresh_tokens()
    assert len(after) == 1
    return f"{word}, {'same' if after == before else 'new'} refresh token"


async def forced(at: Cell) -> str:
    return await _renewing(at, await at.first(), at.forced)


async def expired(at: Cell) -> str:
    first = await at.first()
    at.bench.advance(first.expires_in - 30)
    found: list[AuthenticationResult] = []

    async def ask() -> AuthenticationResult:
        found.append(await at.acquire())
        return found[0]

    word = await _renewing(at, first, ask)
    assert found[0].metadata.cache_refresh_reason is CacheRefreshReason.EXPIRED
    return word


async def more_scopes(at: Cell) -> str:
    first, more = await at.first(), at.site.more[at.profile]
    at.site.reset()
    try:
        wider = await at.acquire(scopes=[more])
        word = _renewed(at, wider, first)
    except InteractionRequiredError as needed:
        assert at.is_of_a_person and len(at.refresh_tokens()) == 1  # it is good still for what it was
        wider = await at.sign_in(at.flow, scopes=[more])
        word = f"`{needed.reason}`: a person is asked, then token"
    assert more in wider.scopes
    at.site.reset()
    assert (await at.acquire(scopes=[more])).reveal() == wider.reveal()
    assert (await at.acquire()).reveal() in (first.reveal(), wider.reveal())
    assert at.site.posts() == []
    return word


async def claims(at: Cell) -> str:
    first = await at.first()
    word = await _renewing(at, first, lambda: at.acquire(claims_challenge=CLAIMS))
    ((_, sent),) = at.site.posts()
    assert json.loads(sent)["access_token"]["acrs"] == json.loads(CLAIMS)["access_token"]["acrs"]
    return word


def _because(at: Cell, word: str) -> str:
    return f"{word} ({at.site.why[word]})" if word in at.site.why else word


async def signed_out(at: Cell) -> str:
    first = await at.first()
    if at.flow == "client_credentials":
        report = await at.bench.broker.clear(at.profile)
        assert (report.accounts, report.access_tokens) == ((), 1)
        return f"forgotten here; asked again: {await _renewing(at, first, at.acquire)}"
    (refresh_token,) = at.refresh_tokens()
    (account,) = (await at.bench.broker.sign_out(PERSON, None)).accounts
    assert at.refresh_tokens() == []
    if at.flow == "on_behalf_of":
        return await _after_the_persons_end(at, first)
    with pytest.raises(InteractionRequiredError) as needed:
        await at.acquire()
    there = await asyncio.to_thread(_refresh_at_provider, at, refresh_token)
    told = f"{_because(at, account.outcome)}; `{needed.value.reason}`"
    return f"{told}; its refresh token at the provider: {there}"


def _refresh_at_provider(at: Cell, refresh_token: str) -> str:
    """Whether the provider would still take it: past the broker, which has forgotten it."""
    engine = make_engine(at.bench.broker.configuration.profile(PERSON))
    try:
        assert engine.refresh(Secret(refresh_token), (), {}).access_token.reveal()
    except OAuthError as refused:
        return f"`{refused.error}`"
    finally:
        engine.close()
    return "good still"


async def _after_the_persons_end(at: Cell, first: AuthenticationResult) -> str:
    """The token in hand is served on; whether there is another, the provider decides."""
    at.site.reset()
    assert (await at.acquire()).reveal() == first.reveal() and at.site.posts() == []
    try:
        word = _renewed(at, await at.forced(), first)
    except InteractionRequiredError as needed:
        word = f"`InteractionRequiredError` (`{needed.reason}`)"
    return f"the token in hand goes on; another: {word}"


async def revoked_elsewhere(at: Cell) -> str:
    first = await at.first()
    at.site.provider.revoke_all()
    word = await _after_the_persons_end(at, first)
    if not at.is_of_a_person:
        return word
    assert "InteractionRequiredError" in word and at.refresh_tokens() == []
    assert (await at.sign_in(at.flow)).reveal() and len(at.refresh_tokens()) == 1
    return f"{word}; signed in again: token"


async def public_client(at: Cell) -> str:
    with pytest.raises(ProfileError) as refused:
        await at.acquire(PERSON)
    assert at.site.posts() == []
    return f"`{refused.value.reason}`"


Case = Callable[[Cell], Awaitable[str]]
CASES: dict[str, Case] = {
    "fresh": fresh,
    "silent": silent,
    "forced refresh": forced,
    "expired": expired,
    "more scopes": more_scopes,
    "claims challenge": claims,
    "signed out": signed_out,
    "revoked elsewhere": revoked_elsewhere,
}
ROWS: dict[tuple[str, str], Case] = {
    (flow, name): case
    for flow in FLOWS
    for name, case in {**CASES, **({"by a public client": public_client} if flow in GRANTS else {})}.items()
}


async def outcome(site: Site, flow: str, name: str, folder: Path, make_bench: MakeBench) -> str:
    """What comes of it, in words; fails where that is not what the broker promises."""
    at = Cell(site, flow, folder, make_bench)
    try:
        return await ROWS[flow, name](at)
    except PolicyError as cannot:  # a provider that lacks it
        return f"no (`{cannot.reason}`): {site.why[cannot.reason]}"


@contextmanager
def sites() -> Iterator[list[Site]]:
    """All the providers, running."""
    with ExitStack() as running:
        folder = Path(running.enter_context(tempfile.TemporaryDirectory()))
        made = [oidc_site(running.enter_context(kind())) for kind in PROVIDERS]
        yield [*made, entra_site(running.enter_context(EntraProvider(folder)))]


async def _cell(site: Site, flow: str, name: str) -> str:
    benches: list[Bench] = []
    with tempfile.TemporaryDirectory() as folder:

        def make(provider: Any) -> Bench:
            benches.append(Bench(provider, Path(folder)))
            return benches[-1]

        try:
            return await outcome(site, flow, name, Path(folder), make)
        finally:
            for bench in benches:
                await bench.broker.close()


def table() -> str:
    """Run them all."""
    with sites() as there:
        rows = [
            (FLOWS[flow], name, *(asyncio.run(_cell(site, flow, name)) for site in there))
            for flow, name in ROWS
        ]
        return markdown(("Flow", "Case", *(site.label for site in there)), rows)


if __name__ == "__main__":
    print_or_write(MARK, table())
