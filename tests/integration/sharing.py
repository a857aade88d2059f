"""What has to hold for the kernels of two servers over one store, whatever that is."""

import json
import time

from tests.idp import OidcProvider
from tests.integration.cells import SILENT, refresh_at
from tests.support import Kernel, until

OUTCOME = "[tok.metadata.token_source, tok.metadata.cache_level, tok.issued_on, tok.reveal()]"


def assert_one_refresh(kernels: list[Kernel], provider: OidcProvider) -> None:
    """Four force one at the same moment: one asks the provider, and the others get what that one got."""
    provider.reset_log()
    provider.set(hold_ms=700)
    code = refresh_at(time.time() + 1)
    cells = [kernel.start(code, OUTCOME) for kernel in kernels]
    found = [kernel.result_of(cell) for kernel, cell in zip(kernels, cells, strict=True)]
    assert provider.token_responses() == 1
    assert sorted(json.dumps(one[:2]) for one in found) == ['["cache", "memory"]'] * 3 + [
        '["identity_provider", null]'
    ]
    assert len({one[3] for one in found}) == 1
    provider.set(hold_ms=0)


def assert_one_clear(kernels: list[Kernel]) -> None:
    """The first clears: the second, of its server, sees that at once, the two of the other one soon."""
    kernels[0].run("ja.clear_cache()")
    assert [kernel.run(SILENT, "outcome") for kernel in kernels[:2]] == ["no_account"] * 2
    until(lambda: kernels[2].run(SILENT, "outcome") == "no_account")
    assert kernels[3].run(SILENT, "outcome") == "no_account"
