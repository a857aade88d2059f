"""A client that lives longer than its token: all of them send, the token ends, and each sends again."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.adapters.cells import cell
from tests.adapters.desk import Desk
from tests.adapters.drivers import DRIVERS
from tests.support import until
from tests.support.resource import Resource, resource

LIFE = 6  # seconds that a token lives
BEGIN = """
ja.get_token("lake", interactive=False, force_refresh=True)
drivers = {{name: driver(name) for name in DRIVERS}}
statuses = [drivers[name].send({url!r} + str(n)) for n, name in enumerate(DRIVERS)]
"""


@dataclass(frozen=True, slots=True)
class Ended:
    """The drivers are in the kernel, and every token that they have sent has ended."""

    desk: Desk
    api: Resource
    tokens: frozenset[str]


@pytest.fixture(scope="module")
def ended(opened: Desk, certificate: tuple[Path, Path]) -> Iterator[Ended]:
    provider = opened.provider
    provider.reset()
    provider.set(at_ttl=LIFE)
    with resource(certificate) as api:
        api.refusals = 0
        opened.kernel.run(BEGIN.format(url=api.url))
        assert opened.run("", "statuses") == [200] * len(DRIVERS)
        sent = frozenset(api.tokens)
        until(lambda: not any(provider.introspect(token)["active"] for token in sent), 60)
        yield Ended(opened, api, sent)


@cell("refresh in mid-use", *DRIVERS)
def test_the_next_request_carries_a_token_that_is_good(ended: Ended, client: str) -> None:
    ended.api.tokens.clear()
    assert ended.desk.run("", f"drivers[{client!r}].send({ended.api.url!r})") == 200
    (token,) = ended.api.tokens
    assert token not in ended.tokens
    assert ended.desk.provider.introspect(token)["active"] is True
