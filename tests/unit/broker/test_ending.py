"""Signing out and clearing: forgotten here first, told truthfully, and never undone by what is under way."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from jupyter_auth.broker.storage import key_file, open_store, store_folder
from jupyter_auth.cache.sqlite import FILE
from jupyter_auth.core.errors import InteractionRequiredError, ProfileError
from tests.idp import MisbehavingProvider, OidcProvider, Request, faults
from tests.unit.broker.bench import Bench, held, request
from tests.unit.broker.conftest import MakeBench

ENDINGS: dict[str, Callable[[Bench], Awaitable[Any]]] = {
    "sign_out": lambda bench: bench.broker.sign_out("lake", None),
    "sign_out of one": lambda bench: bench.broker.sign_out(None, "ada"),
    "remove_account": lambda bench: bench.broker.remove_account("lake", "ada"),
    "clear": lambda bench: bench.broker.clear(),
    "clear of one profile": lambda bench: bench.broker.clear("lake"),
    "clear and revoke": lambda bench: bench.broker.clear(revoke=True),
}


async def assert_nobody(bench: Bench) -> None:
    assert bench.accounts() == ()
    assert bench.access_tokens() == 0
    assert bench.broker.peek(request()) is None
    with pytest.raises(InteractionRequiredError) as caught:
        await bench.get()
    assert caught.value.reason == "no_account"


@pytest.mark.parametrize("memory", [True, False])
@pytest.mark.parametrize("ending", ENDINGS)
async def test_nobody_is_left(
    idp: MisbehavingProvider, make_bench: MakeBench, ending: str, memory: bool
) -> None:
    bench = make_bench(idp, memory=memory)
    await bench.sign_in()
    generation = bench.store.generation.value
    report = await ENDINGS[ending](bench)
    assert [row.username for row in report.accounts] == ["ada"]
    assert bench.store.generation.value > generation  # every kernel sees it
    await assert_nobody(bench)


@pytest.mark.parametrize("memory", [True, False])
@pytest.mark.parametrize("ending", ENDINGS)
async def test_a_refresh_under_way_does_not_undo_it(
    idp: MisbehavingProvider, make_bench: MakeBench, ending: str, memory: bool
) -> None:
    bench = make_bench(idp, memory=memory)
    await bench.sign_in()
    bench.advance(3400)
    with held(idp, "token") as gate:
        asking = asyncio.ensure_future(bench.get())
        await gate.reached.wait()
        await ENDINGS[ending](bench)
        gate.open()
        with pytest.raises(InteractionRequiredError) as caught:
            await asking
    assert caught.value.reason == "signed_out"
    await assert_nobody(bench)


async def test_a_refresh_in_another_broker_does_not_undo_it_either(
    idp: MisbehavingProvider, bench: Bench, make_bench: MakeBench
) -> None:
    other = make_bench(idp)
    await other.get()
    other.advance(3400)
    with held(idp, "token") as gate:
        asking = asyncio.ensure_future(other.get())
        await gate.reached.wait()
        await bench.broker.clear()
        gate.open()
        with pytest.raises(InteractionRequiredError):
            await asking
    await assert_nobody(bench)
    await assert_nobody(other)


async def test_a_clear_ends_the_memory_of_other_brokers(
    idp: MisbehavingProvider, bench: Bench, make_bench: MakeBench
) -> None:
    other = make_bench(idp)
    await other.get()
    await bench.broker.clear()
    await assert_nobody(other)


# -- what is reported ----------------------------------------------------------------------------------------


def without_revocation(idp: MisbehavingProvider) -> None:
    endpoints = {"token_endpoint": "token", "device_authorization_endpoint": "device", "jwks_uri": "jwks"}
    document = {"issuer": idp.issuer} | {name: f"{idp.issuer}/{path}" for name, path in endpoints.items()}
    idp.answers["discovery"] = faults.json(200, document)


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (None, "revoked"),
        (faults.html(503), "failed"),
        (faults.html(200), "failed"),
        (faults.json(400, {"error": "invalid_client"}), "failed"),
        (faults.json(400, {"error": "unsupported_token_type"}), "unsupported"),
        ("no endpoint", "unsupported"),
    ],
)
@pytest.mark.parametrize("verb", ["sign_out", "clear"])
async def test_the_report_says_what_is_known(
    idp: MisbehavingProvider, make_bench: MakeBench, verb: str, answer: Any, outcome: str
) -> None:
    if answer == "no endpoint":
        without_revocation(idp)
    elif answer is not None:
        idp.answers["revocation"] = answer
    bench = make_bench(idp)
    await bench.sign_in()
    if verb == "sign_out":
        report: Any = await bench.broker.sign_out("lake", None)
    else:
        report = await bench.broker.clear(revoke=True)
        assert (report.access_tokens, report.refresh_tokens) == (1, 1)
    (row,) = report.accounts
    assert (row.outcome, row.username) == (outcome, "ada")
    assert row.host in idp.issuer
    assert report.browser_session_stays is True
    await assert_nobody(bench)


async def test_it_is_forgotten_before_the_provider_is_asked(idp: MisbehavingProvider, bench: Bench) -> None:
    seen: list[int] = []

    def respond(_request: Request) -> faults.Answer:
        seen.append(bench.access_tokens() + len(bench.accounts()))
        return 200, {}, b""

    idp.answers["revocation"] = respond
    await bench.broker.sign_out("lake", "ada")
    assert seen == [0]


@pytest.mark.parametrize("ending", ["remove_account", "clear", "clear of one profile"])
async def test_the_provider_is_not_asked_where_nobody_wanted_it(
    idp: MisbehavingProvider, bench: Bench, ending: str
) -> None:
    report = await ENDINGS[ending](bench)
    assert [row.outcome for row in report.accounts] == ["not_asked"]
    assert idp.requests == []


@pytest.mark.parametrize("has_endpoint", [True, False])
async def test_without_a_refresh_token_there_is_nothing_to_revoke(
    idp: MisbehavingProvider, make_bench: MakeBench, has_endpoint: bool
) -> None:
    """Where the provider can revoke; else its access token stays good, and the report does not hide it."""
    if not has_endpoint:
        without_revocation(idp)
    bench = make_bench(idp)
    body = {"access_token": "a", "token_type": "Bearer", "id_token": idp.id_token("ada", "nb-public")}
    idp.answers["token"] = faults.json(200, body)
    await bench.sign_in()
    report = await bench.broker.sign_out("lake", None)
    assert [row.outcome for row in report.accounts] == [
        "nothing_to_revoke" if has_endpoint else "unsupported"
    ]


async def test_a_profile_that_is_gone_cannot_be_asked(idp: MisbehavingProvider, bench: Bench) -> None:
    bench.toml.write_text("")
    report = await bench.broker.sign_out(None, "ada")
    assert [row.outcome for row in report.accounts] == ["failed"]
    assert bench.accounts() == ()


async def test_one_of_two_signs_out(idp: MisbehavingProvider, bench: Bench) -> None:
    await bench.sign_in(username="grace")
    report = await bench.broker.sign_out("lake", "GRACE")
    assert [row.username for row in report.accounts] == ["grace"]
    assert (await bench.get()).account is not None
    assert [row.username for row in (await bench.broker.sign_out("lake", "grace")).accounts] == []


async def test_an_unknown_profile_is_told(bench: Bench) -> None:
    with pytest.raises(ProfileError):
        await bench.broker.sign_out("lak", None)
    with pytest.raises(ProfileError):
        await bench.broker.clear("lak")
    assert bench.accounts()


async def test_a_certified_provider_confirms_it(oidc: OidcProvider, certified: Bench) -> None:
    token = certified.refresh_token()
    assert token is not None
    report = await certified.broker.sign_out("lake", None)
    assert [row.outcome for row in report.accounts] == ["revoked"]
    assert oidc.introspect(token.secret.reveal()) == {"active": False}


async def test_after_a_clear_a_new_sign_in_stands(idp: MisbehavingProvider, bench: Bench) -> None:
    await bench.broker.clear()
    found = await bench.sign_in()
    assert (await bench.get()).reveal() == found.reveal()
    assert bench.refresh_token() is not None


# -- the store at its usual place ----------------------------------------------------------------------------


async def test_a_clear_wipes_a_store_that_cannot_be_opened(
    idp: MisbehavingProvider, make_bench: MakeBench, tmp_path: Path
) -> None:
    first = make_bench(idp, store=open_store)
    await first.sign_in()
    assert first.store.describe().name == "sqlite"
    await first.broker.close()
    key_file().unlink()
    second = make_bench(idp, store=open_store)
    with pytest.raises(InteractionRequiredError):
        await second.get()
    assert second.store.describe().name == "memory"
    assert "key" in " ".join(second.store.describe().notes)
    await second.broker.clear()
    assert not (store_folder() / FILE).exists()


@pytest.mark.parametrize("where", ["store folder is a file", "generation is a folder"])
async def test_where_there_is_no_safe_place_memory_serves(
    idp: MisbehavingProvider, make_bench: MakeBench, where: str
) -> None:
    folder = store_folder()
    folder.parent.mkdir(parents=True, exist_ok=True)
    if where == "store folder is a file":
        folder.touch()
    else:
        (folder / "generation").mkdir(parents=True)
    bench = make_bench(idp, store=open_store)
    await bench.sign_in()
    assert bench.store.describe().name == "memory"
    assert bench.store.describe().notes
    assert (await bench.get()).reveal()


async def test_a_store_that_could_not_be_opened_is_tried_again(
    idp: MisbehavingProvider, make_bench: MakeBench
) -> None:
    left = [OSError("no"), None]

    def opening() -> Any:
        problem = left.pop(0)
        if problem is not None:
            raise problem
        return bench.open_store()

    bench = make_bench(idp, store=opening)
    with pytest.raises(OSError, match="no"):
        await bench.get()
    with pytest.raises(InteractionRequiredError):
        await bench.get()


async def test_the_report_names_the_providers_own_sign_out_page(certified: Bench) -> None:
    (row,) = (await certified.broker.sign_out("lake", None)).accounts
    issuer = certified.provider.issuer
    assert row.end_session_uri == f"{issuer}/session/end?client_id=nb-public"
    assert row.outcome == "revoked"


async def test_who_only_forgets_is_sent_to_no_page(certified: Bench) -> None:
    (row,) = (await certified.broker.remove_account("lake", None)).accounts
    assert row.end_session_uri == ""
