"""What is renewed unasked is no more than kernels may have."""

import pytest

from jupyter_auth.broker.config.settings import Settings
from tests.idp import MisbehavingProvider, OidcProvider
from tests.unit.broker.bench import Bench, refreshes
from tests.unit.broker.conftest import MakeBench
from tests.unit.broker.granting import Scene
from tests.unit.broker.holding import Held


@pytest.mark.parametrize("access", ["ask", "deny"])
async def test_what_is_closed_to_kernels_meanwhile_is_renewed_no_more(
    idp: MisbehavingProvider, bench: Bench, access: str
) -> None:
    kernels = Held(bench)
    await kernels.by("k1")
    bench.toml.write_text("")
    bench.profile("lake", f'kernel_access = "{access}"')
    await kernels.pass_time(2500)
    assert refreshes(idp) == 0 and len(kernels.renewing._tokens) == 0


async def test_what_is_renewed_is_no_wider_than_what_was_handed_out(
    oidc: OidcProvider, make_bench: MakeBench
) -> None:
    bench = make_bench(oidc, settings=Settings(kernel_access="ask"))
    scene = Scene(bench)
    await scene.signs_in("ada", scopes=["openid", "offline_access", "lake.read", "lake.write"])
    await scene.allow(scopes=["lake.read"])
    assert await scene.gets(scopes=["lake.read"]) == "ok"
    renewing = bench.broker.renewing
    assert renewing is not None
    (entry,) = renewing._tokens
    assert entry.resolved.target.within == entry.resolved.request.within == frozenset({"lake.read"})
