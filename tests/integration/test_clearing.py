"""Clear and sign-out are seen by every kernel at its next call, and the store's files name nobody."""

import base64
from collections.abc import Callable
from pathlib import Path

from tests.idp import Provider
from tests.integration.cells import SILENT
from tests.integration.conftest import on_each_provider
from tests.support import Kernel, Place, until


def found_in(folder: Path, *secrets: str) -> list[str]:
    """Which of ``secrets`` stand in a file below ``folder``, plain, base64 or hex."""
    blobs = [path.read_bytes() for path in folder.rglob("*") if path.is_file()]
    assert blobs
    hits = []
    for secret in secrets:
        raw = secret.encode()
        forms = (raw, base64.b64encode(raw).rstrip(b"=")[:-1], raw.hex().encode(), raw[:12])
        hits += [secret for blob in blobs if any(form in blob for form in forms)]
    return hits


@on_each_provider
def test_a_clear_in_one_kernel_is_seen_by_the_other_at_once(
    home: Place, pair: list[Kernel], sign_in: Callable[..., str]
) -> None:
    sign_in(pair[0], username="wilhelmina.canary")
    token = pair[0].value("tok.reveal()")
    names = ("wilhelmina.canary", "wilhelmina", "nb-public", token)
    pair[1].run("tok = ja.get_token('lake')")
    assert pair[1].run(SILENT, "outcome") == "token"
    assert found_in(home.store, *names) == []
    report = pair[0].run("report = ja.clear_cache()", "report.to_wire()")
    assert (report["access_tokens"], report["refresh_tokens"]) == (1, 1)
    assert [a["outcome"] for a in report["accounts"]] == ["not_asked"]
    assert pair[1].run(SILENT, "outcome") == "no_account"
    assert pair[0].run(SILENT, "outcome") == "no_account"
    assert found_in(home.store, *names) == []


@on_each_provider
def test_sign_out_revokes_at_the_provider(
    pair: list[Kernel], provider: Provider, sign_in: Callable[..., str]
) -> None:
    sign_in(pair[0])
    pair[1].run("tok = ja.get_token('lake')")
    report = pair[1].run("report = ja.sign_out('lake', account='ada')", "report.to_wire()")
    assert [(a["username"], a["outcome"]) for a in report["accounts"]] == [("ada", "revoked")]
    assert report["browser_session_stays"] is True
    assert pair[0].run(SILENT, "outcome") == "no_account"
    assert [e["status"] for e in provider.log() if e["endpoint"] == "revocation"] == [200]


@on_each_provider
def test_remove_account_forgets_here_only(
    kernel: Kernel, provider: Provider, sign_in: Callable[..., str]
) -> None:
    sign_in(kernel)
    kernel.run("report = ja.remove_account('lake', account=ja.get_accounts('lake')[0])")
    assert kernel.run(SILENT, "outcome") == "no_account"
    assert [e for e in provider.log() if e["endpoint"] == "revocation"] == []


@on_each_provider
def test_two_accounts_must_be_told_apart(kernel: Kernel, sign_in: Callable[..., str]) -> None:
    sign_in(kernel)
    sign_in(kernel, "tok = ja.acquire_token_by_device_flow('lake')", username="grace")
    assert kernel.value("sorted(a.username for a in ja.get_accounts('lake'))") == ["ada", "grace"]
    said = kernel.fails("ja.get_token('lake')")
    assert "ada, grace" in said and "InteractionRequiredError" in said
    assert kernel.run("tok = ja.get_token('lake', account='grace')", "tok.account.username") == "grace"
    kernel.run("ja.sign_out('lake', account='grace')")
    assert kernel.run("tok = ja.get_token('lake')", "tok.account.username") == "ada"


@on_each_provider
def test_a_clear_during_a_refresh_is_not_undone(
    pair: list[Kernel], provider: Provider, sign_in: Callable[..., str]
) -> None:
    sign_in(pair[0])
    pair[1].run("ja.get_accounts()")
    provider.set(hold_ms=4000)
    cell = pair[0].start(
        "try:\n    ja.get_token('lake', force_refresh=True, interactive=False); outcome = 'token'\n"
        "except ja.AuthError as error:\n    outcome = error.reason",
        "outcome",
    )
    until(lambda: provider.token_responses("refresh_token") == 1)
    pair[1].run("ja.clear_cache()")
    assert pair[0].result_of(cell) == "signed_out"
    assert pair[1].run(SILENT, "outcome") == "no_account"


def test_a_damaged_store_is_set_aside_and_work_goes_on(
    fresh: Place, sign_in: Callable[..., str], start_kernels: Callable[..., list[Kernel]]
) -> None:
    with fresh.server() as first:
        sign_in(start_kernels(first)[0])
    (fresh.store / "tokens.db").write_bytes(b"not a database" * 1000)
    with fresh.server() as second:
        kernel = start_kernels(second)[0]
        assert kernel.run(SILENT, "outcome") == "no_account"
        assert "set aside" in second.get("jupyter_auth/v1/status").text
        sign_in(kernel)
        assert kernel.run(SILENT, "outcome") == "token"


def test_a_missing_key_is_named_and_new_sign_ins_work(
    fresh: Place, sign_in: Callable[..., str], start_kernels: Callable[..., list[Kernel]]
) -> None:
    with fresh.server() as first:
        sign_in(start_kernels(first)[0])
    key = fresh.config / "jupyter_auth" / "seal.key"
    key.rename(key.with_name("elsewhere"))
    with fresh.server() as second:
        kernel = start_kernels(second)[0]
        sign_in(kernel)
        status = second.get("jupyter_auth/v1/status").json()
        assert status["store"]["name"] == "memory" and str(key) in status["store"]["notes"][0]
    key.with_name("elsewhere").rename(key)
    with fresh.server() as third:
        assert start_kernels(third)[0].run(SILENT, "outcome") == "token"  # nothing was deleted
