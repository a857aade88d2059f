"""What observers are told of: every change, no hit, and nothing that could be a secret."""

import asyncio
import types
from collections.abc import Callable
from dataclasses import fields
from typing import Any, Literal, get_args, get_origin, get_type_hints

import pytest

from jupyter_auth.broker import changes
from jupyter_auth.broker.changes import AccountChanged, CacheChanged, Change, InteractionChanged
from jupyter_auth.core.errors import InteractionRequiredError
from tests.idp import MisbehavingProvider, faults
from tests.unit.broker.bench import Bench, ended, held
from tests.unit.broker.conftest import MakeBench

HOME = "YWRh."  # the account's id begins with the subject, "ada"


def watched(bench: Bench) -> list[Change]:
    seen: list[Change] = []
    bench.broker.changes.watch(seen.append)
    return seen


def short(seen: list[Change]) -> list[tuple[Any, ...]]:
    """What was told, ids apart."""
    return [tuple(getattr(c, f.name) for f in fields(c) if not f.name.endswith("id")) for c in seen]


# -- by type -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", get_args(Change))
def test_no_field_can_hold_a_secret(kind: type[Change]) -> None:
    parameters: Any = vars(kind)["__dataclass_params__"]
    assert parameters.frozen and "__slots__" in vars(kind) and all(f.kw_only for f in fields(kind))
    for name, hint in get_type_hints(kind, vars(changes)).items():
        for part in get_args(hint) if isinstance(hint, types.UnionType) else [hint]:
            assert part in (str, int, type(None)) or get_origin(part) is Literal, name
        free_text = hint in (str, str | None)
        assert not free_text or name in {"id", "profile", "home_account_id", "kernel_id"}, name


# -- interactions --------------------------------------------------------------------------------------------


async def test_a_sign_in_is_told_from_its_start_to_its_end(fresh: Bench) -> None:
    seen = watched(fresh)
    interaction = await fresh.ask(waiter="a")
    await fresh.ask(waiter="b")
    fresh.broker.interactions.leave(interaction, "b")
    await fresh.approve(interaction)
    assert short(seen) == [
        ("lake", "pending", 0),
        ("lake", "pending", 1),
        ("lake", "pending", 2),
        ("lake", "pending", 1),
        ("lake", "signed_in"),
        ("lake", "succeeded", 1),
    ]
    assert {c.id for c in seen if isinstance(c, InteractionChanged)} == {interaction.id}
    assert [c.home_account_id[:5] for c in seen if isinstance(c, AccountChanged)] == [HOME]


Hinder = Callable[[Bench, MisbehavingProvider], object]
ENDS: dict[str, Hinder] = {
    "declined": lambda bench, idp: idp.deny(),
    "expired": lambda bench, idp: bench.advance(601),
    "cancelled": lambda bench, idp: bench.broker.interactions.leave(
        bench.broker.interactions.all()[0], "waiter"
    ),
    "failed": lambda bench, idp: idp.answers.update(token=faults.json(400, {"error": "invalid_client"})),
}


@pytest.mark.parametrize("state", ENDS)
async def test_every_end_is_told_once(idp: MisbehavingProvider, fresh: Bench, state: str) -> None:
    interaction = await fresh.ask()
    seen = watched(fresh)
    ENDS[state](fresh, idp)
    await ended(interaction)
    fresh.broker.interactions.leave(interaction, "waiter")
    fresh.broker.interactions.cancel(interaction)
    assert [row[:2] for row in short(seen)] == [("lake", state)]


# -- tokens --------------------------------------------------------------------------------------------------


async def test_a_hit_is_not_told_and_a_refresh_is(bench: Bench) -> None:
    seen = watched(bench)
    for _ in range(5):
        await bench.get()
    assert seen == []
    await bench.refresh()
    assert short(seen) == [("refreshed", "lake")]
    assert isinstance(seen[0], CacheChanged) and (seen[0].home_account_id or "").startswith(HOME)


async def test_a_refresh_behind_a_stale_token_is_told_once(bench: Bench) -> None:
    seen = watched(bench)
    bench.advance(2500)
    await asyncio.gather(*(bench.get() for _ in range(5)))
    await bench.settled()
    assert short(seen) == [("refreshed", "lake")]


async def test_a_refused_refresh_token_is_told_once(idp: MisbehavingProvider, bench: Bench) -> None:
    seen = watched(bench)
    idp.answers["token"] = faults.json(400, {"error": "invalid_grant"})
    for _ in range(2):
        with pytest.raises(InteractionRequiredError):
            await bench.refresh()
    assert short(seen) == [("lake", "needs_sign_in")]


async def test_a_provider_that_is_down_changes_nothing(idp: MisbehavingProvider, bench: Bench) -> None:
    seen = watched(bench)
    idp.answers["token"] = faults.json(503, {})
    bench.advance(3400)
    await bench.get()
    assert seen == []


# -- endings -------------------------------------------------------------------------------------------------


async def test_endings(bench: Bench) -> None:
    seen = watched(bench)
    await bench.broker.remove_account("lake", None)
    await bench.sign_in()
    seen.clear()
    await bench.broker.sign_out("lake", "ada")
    assert short(seen) == [("lake", "signed_out")]
    await bench.sign_in()
    seen.clear()
    await bench.broker.clear("lake")
    assert short(seen) == [("lake", "removed"), ("cleared", "lake")]
    await bench.sign_in()
    seen.clear()
    await bench.broker.clear(revoke=True)
    assert short(seen) == [("lake", "removed"), ("cleared", None)]
    await bench.broker.sign_out("lake", "ada")  # nobody is left
    assert len(seen) == 2


async def test_an_account_whose_profile_is_gone_is_told_without_one(bench: Bench) -> None:
    seen = watched(bench)
    bench.toml.write_text("", encoding="utf-8")
    await bench.broker.sign_out(None, None)
    assert short(seen) == [("", "signed_out")]


async def test_an_ending_is_told_before_the_provider_is_asked(idp: MisbehavingProvider, bench: Bench) -> None:
    seen = watched(bench)
    with held(idp, "revocation") as gate:
        leaving = asyncio.ensure_future(bench.broker.sign_out("lake", None))
        await gate.reached.wait()
        assert short(seen) == [("lake", "signed_out")]
        gate.open()
        await leaving


# -- observers -----------------------------------------------------------------------------------------------


async def test_an_observer_that_fails_harms_nobody(
    idp: MisbehavingProvider, make_bench: MakeBench, caplog: pytest.LogCaptureFixture
) -> None:
    bench = make_bench(idp)

    def broken(change: Change) -> None:
        raise ValueError("CANARY")

    bench.broker.changes.watch(broken)
    seen = watched(bench)  # told all the same
    await bench.sign_in()
    await bench.refresh()
    await bench.broker.clear()
    assert len(seen) == 7
    assert "An observer failed: ValueError" in caplog.text and "CANARY" not in caplog.text
