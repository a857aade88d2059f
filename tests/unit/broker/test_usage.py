"""Which kernel used what: counted for each hand-out, told once, forgotten with the kernel."""

from typing import Any

import pytest

from jupyter_auth.broker.changes import Change, Changes, KernelChanged
from jupyter_auth.broker.kernels import Consent
from jupyter_auth.broker.operations import Operations, Session
from jupyter_auth.broker.signing_in.interactions import Requester
from jupyter_auth.broker.usage import MAX_KERNELS, Usage
from tests.idp import MisbehavingProvider
from tests.unit.broker.conftest import MakeBench


class Kernels:
    """Every kernel lives."""

    def lives(self, kernel_id: str) -> bool:
        return True

    def runs(self, kernel_id: str) -> bool:
        return False

    def consent(self) -> Consent:
        return "asked"

    def have_front_end(self) -> bool:
        return False

    async def describe(self, kernel_id: str) -> Requester:
        return Requester(kernel_id=kernel_id)

    async def path(self, kernel_id: str) -> str | None:
        return None


async def _no_status() -> dict[str, Any]:
    return {}


@pytest.mark.parametrize("verb", ["get_token", "acquire_token_silent"])
async def test_every_token_that_is_handed_out_counts(
    idp: MisbehavingProvider, make_bench: MakeBench, verb: str
) -> None:
    bench = make_bench(idp)
    await bench.sign_in()
    operations = Operations(bench.broker, Kernels(), _no_status)
    session = Session(operations, "k1")
    seen: list[Change] = []
    bench.broker.changes.watch(seen.append)
    for _ in range(3):
        assert (await session.respond({"op": verb, "profile": "lake"}))["ok"]
    bench.advance(5)
    assert "error" in await session.respond({"op": verb, "profile": "laek"})
    (use,) = [k.to_wire() for k in operations.usage.living(Kernels().lives)]
    assert use["connected"] and [(u["profile"], u["count"]) for u in use["profiles"]] == [("lake", 3)]
    assert abs(use["profiles"][0]["last_used"] - (bench.clock.now() - 5)) <= 2
    session.close()
    assert seen == [
        KernelChanged(kernel_id="k1", action="first_use", profile="lake"),
        KernelChanged(kernel_id="k1", action="disconnected"),
    ]
    assert operations.usage.living(lambda _: False) == []


def test_what_used_nothing_comes_and_goes_without_a_word() -> None:
    changes, seen = Changes(), list[Change]()
    changes.watch(seen.append)
    usage = Usage(lambda: 0.0, changes, Kernels().runs)
    usage.of("k").connected()
    usage.of("k").disconnected()
    assert seen == []


def test_it_remembers_so_many_and_no_more() -> None:
    usage = Usage(lambda: 0.0, Changes(), Kernels().runs)
    for number in range(MAX_KERNELS + 5):
        usage.of(f"k{number}")
    assert len(usage.living(lambda _: True)) == MAX_KERNELS
