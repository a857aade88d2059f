"""Broken set-ups: what a provider says of itself."""

import email.utils
import time
from collections.abc import Iterator
from typing import Any

from tests.doctor.bench import Bench, SetUp, Wanted
from tests.idp import MisbehavingProvider, faults
from tests.idp.misbehaving import _Handler


def other_issuer(bench: Bench) -> Iterator[Wanted | None]:
    """The issuer has a slash too many."""
    provider = bench.stack.enter_context(MisbehavingProvider())
    bench.made.profile(f"{provider.issuer}/")
    yield Wanted(
        check="provider",
        reason="issuer_mismatch",
        says=provider.issuer,
        remedy=f'issuer = "{provider.issuer}"',
    )
    yield None


def whole_discovery_url(bench: Bench) -> Iterator[Wanted | None]:
    """The issuer is the discovery document's whole address."""
    provider = bench.stack.enter_context(MisbehavingProvider())
    bench.made.profile(f"{provider.issuer}/.well-known/openid-configuration")
    yield Wanted(check="provider", reason="no_discovery", says="404", remedy=f'issuer = "{provider.issuer}"')
    yield None


def no_device_flow(bench: Bench) -> Iterator[Wanted | None]:
    """The profile wants the device flow, which the provider does not have."""
    provider = bench.stack.enter_context(MisbehavingProvider())
    known = document(provider)
    known.pop("device_authorization_endpoint")
    provider.answers["discovery"] = faults.json(200, known)
    bench.made.profile(provider.issuer, more='flows = ["device_code"]')
    yield Wanted(
        check="provider",
        reason="no_way_to_sign_in",
        says="does not offer device_code",
        remedy='flows = ["authorization_code"]',
    )
    yield None


def no_token_endpoint(bench: Bench) -> Iterator[Wanted | None]:
    """What answers at the issuer is no OAuth provider."""
    provider = bench.stack.enter_context(MisbehavingProvider())
    right = provider.answers["discovery"]
    provider.answers["discovery"] = faults.json(200, {"issuer": provider.issuer})
    bench.made.profile(provider.issuer)
    yield Wanted(
        check="provider", reason="no_token_endpoint", says="no token_endpoint", remedy="Check the issuer"
    )
    provider.answers["discovery"] = right
    yield None


def unsafe_endpoint(bench: Bench) -> Iterator[Wanted | None]:
    """The provider announces an endpoint in plain http."""
    provider = bench.stack.enter_context(MisbehavingProvider())
    right, known = provider.answers["discovery"], document(provider)
    known["token_endpoint"] = "http://idp.example.test/token"
    provider.answers["discovery"] = faults.json(200, known)
    bench.made.profile(provider.issuer)
    yield Wanted(check="provider", reason="unsafe_endpoint", says="token_endpoint", remedy="administrator")
    provider.answers["discovery"] = right
    yield None


def broken(bench: Bench) -> Iterator[Wanted | None]:
    """The provider answers with a page of an error."""
    provider = bench.stack.enter_context(MisbehavingProvider())
    right = provider.answers["discovery"]
    provider.answers["discovery"] = faults.html(502)
    bench.made.profile(provider.issuer)
    yield Wanted(check="provider", reason="provider_refused", says="502", remedy="again")
    provider.answers["discovery"] = right
    yield None


def clock(bench: Bench) -> Iterator[Wanted | None]:
    """This machine's clock and the provider's are an hour apart."""
    provider = bench.stack.enter_context(MisbehavingProvider())

    class Late(_Handler):
        def date_time_string(self, timestamp: float | None = None) -> str:
            return email.utils.formatdate(time.time() + 3600, usegmt=True)

    provider._server.RequestHandlerClass = Late
    bench.made.profile(provider.issuer)
    yield Wanted(
        check="clock", reason="clock_wrong", says="60 minutes behind", remedy="timedatectl set-ntp true"
    )
    provider._server.RequestHandlerClass = _Handler  # they agree again
    yield None


def document(provider: MisbehavingProvider) -> dict[str, Any]:
    """What it announces."""
    import requests

    answer = requests.get(f"{provider.issuer}/.well-known/openid-configuration", timeout=10)
    told: dict[str, Any] = answer.json()
    return told


SET_UPS: tuple[SetUp, ...] = (
    other_issuer,
    whole_discovery_url,
    no_device_flow,
    no_token_endpoint,
    unsafe_endpoint,
    broken,
    clock,
)
