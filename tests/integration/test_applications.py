"""Applications in real kernels: their own tokens and those on behalf of somebody, on servers that restart."""

import json
import os
import signal
import time
from collections.abc import Callable

import pytest

from jupyter_auth.cli.demo.jupyter_process import JupyterProcess
from tests.idp import CONFIDENTIAL_CLIENT, CONFIDENTIAL_SECRET, OidcProvider
from tests.integration.cells import APPLICATIONS
from tests.support import Kernel, Place, Script, until
from tests.support.description import check

EXCHANGE = "token-exchange"
CLIENT = "client_credentials"
OWN = "tok = ja.acquire_token_for_client('batch')"
SOURCE = "str(tok.metadata.token_source)"
BEHALF = "tok = ja.acquire_token_on_behalf_of('behalf', user_assertion={!r})"


def add_application(place: Place, provider: OidcProvider, secret: str = CONFIDENTIAL_SECRET) -> None:
    """Profiles ``batch`` and ``behalf`` beside ``lake``."""
    path = place.root / "application-secret"
    path.write_text(secret, encoding="utf-8")
    with place.toml.open("a", encoding="utf-8") as file:
        file.write(APPLICATIONS.format(issuer=provider.issuer, client_id=CONFIDENTIAL_CLIENT, secret=path))


@pytest.fixture
def at_home(home: Place, provider: OidcProvider) -> Place:
    """The shared place, with the application."""
    add_application(home, provider)
    return home


@pytest.fixture
def assertion(kernel: Kernel, sign_in: Callable[..., str], provider: OidcProvider) -> str:
    """An access token of ada's, as her client would send it to an application."""
    sign_in(kernel)
    text = str(kernel.value("tok.reveal()"))
    provider.reset_log()
    return text


def test_the_magic_just_works(at_home: Place, provider: OidcProvider, pair: list[Kernel]) -> None:
    first, other = pair
    first.run("%load_ext jupyter_auth\ntok = %get_token batch")
    assert first.value("[tok.account, tok.scopes, str(tok.metadata.token_source)]") == [
        None,
        ["lake.read"],
        "identity_provider",
    ]
    assert "batch" in first.value("repr(tok)") and "None" not in first.value("repr(tok)")
    assert other.run(OWN, SOURCE) == "cache"
    assert first.value("tok.reveal()") == other.value("tok.reveal()")
    assert other.run(OWN, "str(tok.metadata.cache_level)") == "kernel"
    assert provider.token_responses() == 1
    assert first.server.get("jupyter_auth/v1/interactions").json() == []
    rows = first.server.get("jupyter_auth/v1/kernels").json()
    uses = {row["kernel_id"]: row["profiles"] for row in rows}
    assert [[use["profile"] for use in uses[one.kernel_id]] for one in pair] == [["batch"], ["batch"]]


def test_twelve_in_three_processes_at_once_are_one_request(
    at_home: Place,
    server: JupyterProcess,
    second: JupyterProcess,
    start_kernels: Callable[[JupyterProcess, int], list[Kernel]],
    provider: OidcProvider,
) -> None:
    kernels = start_kernels(server, 2) + start_kernels(second, 2)
    with Script(at_home) as script:
        everyone: list[Kernel | Script] = [*kernels, script]
        for one in everyone:
            one.run("from concurrent.futures import ThreadPoolExecutor; import time; ja.get_accounts()")
        at = time.time() + 1.5
        code = (
            f"time.sleep(max(0, {at} - time.time()))\n"
            "with ThreadPoolExecutor(3) as pool:\n"
            "    got = list(pool.map(lambda n: ja.acquire_token_for_client('batch').reveal(), range(3)))"
        )
        cells = [kernel.start(code, "got") for kernel in kernels]
        script.start(code, "got")
        found = [text for kernel, cell in zip(kernels, cells, strict=True) for text in kernel.result_of(cell)]
        found += script.result()
    assert len(found) == 15 and len(set(found)) == 1
    assert provider.token_responses(CLIENT) == 1


def test_it_outlives_the_server_and_its_being_killed(
    fresh: Place, provider: OidcProvider, start_kernels: Callable[..., list[Kernel]]
) -> None:
    add_application(fresh, provider)
    with fresh.server() as server:
        (kernel,) = start_kernels(server)
        assert kernel.run(OWN, SOURCE) == "identity_provider"
        held = kernel.value("tok.reveal()")
        os.kill(server.get("jupyter_auth/v1/status").json()["broker"]["pid"], signal.SIGKILL)
    with fresh.server() as server:
        (kernel,) = start_kernels(server)
        assert kernel.run(OWN, "[tok.reveal(), str(tok.metadata.cache_level)]") == [held, "store"]
    assert provider.token_responses() == 1


def test_a_kill_while_it_asks_stops_nobody(
    fresh: Place, provider: OidcProvider, start_kernels: Callable[..., list[Kernel]]
) -> None:
    add_application(fresh, provider)
    provider.set(fail={"status": 503, "body": "", "count": None, "grant_type": CLIENT})
    with fresh.server() as server:
        (kernel,) = start_kernels(server)
        kernel.start(OWN, "None")
        until(lambda: any(entry["grant_type"] == CLIENT for entry in provider.log()))
        os.kill(server.get("jupyter_auth/v1/status").json()["broker"]["pid"], signal.SIGKILL)
    provider.set(fail=None)
    with fresh.server() as server:
        (kernel,) = start_kernels(server)
        assert kernel.run(OWN, SOURCE) == "identity_provider"


@pytest.mark.parametrize("narrowed", ["", "?profile=batch"])
def test_a_clear_reaches_every_kernel_and_is_told(
    at_home: Place, server: JupyterProcess, pair: list[Kernel], narrowed: str
) -> None:
    for kernel in pair:
        kernel.run(OWN)
    held = pair[0].value("tok.reveal()")
    answer = server.get("jupyter_auth/v1/cache")
    check(answer)
    (row,) = answer.json()
    assert (row["profile"], row["username"], row["home_account_id"]) == ("batch", "", "")
    assert server.get("jupyter_auth/v1/accounts").json() == []
    report = server.delete(f"jupyter_auth/v1/cache{narrowed}").json()
    assert (report["accounts"], report["access_tokens"]) == ([], 1)
    assert server.get("jupyter_auth/v1/cache").json() == []
    new = [kernel.run(OWN, "tok.reveal()") for kernel in pair]
    assert new[0] == new[1] != held


def test_a_person_s_token_in_this_kernel_is_another(
    at_home: Place, kernel: Kernel, provider: OidcProvider
) -> None:
    """The memory of a kernel tells them apart, too: one profile for both."""
    with at_home.toml.open("a", encoding="utf-8") as file:
        secret = at_home.root / "application-secret"
        file.write(f'[profiles.both]\nissuer = "{provider.issuer}"\nclient_id = "{CONFIDENTIAL_CLIENT}"\n')
        file.write(f'client_secret_file = "{secret}"\nscopes = ["openid", "offline_access", "lake.read"]\n')
    own = kernel.run("tok = ja.acquire_token_for_client('both')", "tok.reveal()")
    outcome = kernel.fails("ja.get_token('both', interactive=False)")
    assert "InteractionRequiredError" in outcome
    again = kernel.run("tok = ja.acquire_token_for_client('both')", "[tok.reveal(), tok.account]")
    assert again == [own, None]


def test_what_goes_wrong_says_what_to_do(at_home: Place, kernel: Kernel, provider: OidcProvider) -> None:
    told = kernel.fails("ja.acquire_token_for_client('lake')")
    assert "ProfileError" in told and "client_secret_file" in told
    told = kernel.fails("ja.get_token('batch', account='ada')")
    assert "ProfileError" in told and "%get_token batch" in told
    told = kernel.fails("ja.acquire_token_by_device_flow('batch')")
    assert "ProfileError" in told
    (at_home.root / "application-secret").write_text("wrong")
    told = kernel.fails("ja.acquire_token_for_client('batch')")
    assert "OAuthError" in told and "invalid_client" in told and "client_id" in told
    (at_home.root / "application-secret").write_text(CONFIDENTIAL_SECRET)
    assert kernel.run(OWN, SOURCE) == "identity_provider"
    provider.set(fail={"status": 429, "body": "", "headers": {"Retry-After": "3"}, "count": None})
    told = kernel.fails("ja.acquire_token_for_client('batch', force_refresh=True)")
    assert "TransportError" in told and "asked again" in told + kernel.fails(
        "ja.acquire_token_for_client('batch', scopes='lake.write')"
    )
    time.sleep(3)  # it holds for all that the application asks, in the next test too


def test_the_timeout_is_the_caller_s_own(at_home: Place, kernel: Kernel) -> None:
    told = kernel.fails("ja.acquire_token_for_client('batch', timeout=0)")
    assert "TransportError" in told and "longer timeout" in told
    assert kernel.run(OWN, "tok.account") is None


# -- on behalf of somebody -----------------------------------------------------------------------------------


def test_one_trade_for_an_assertion_in_every_kernel(
    at_home: Place, provider: OidcProvider, pair: list[Kernel], assertion: str
) -> None:
    sources = [kernel.run(BEHALF.format(assertion), SOURCE) for kernel in pair]
    assert sources == ["identity_provider", "cache"]
    with Script(at_home) as script:  # where the broker is in the process that asks
        assert script.run(BEHALF.format(assertion), SOURCE) == "cache"
    assert provider.token_responses(EXCHANGE) == 1
    assert pair[0].value("[tok.account, tok.scopes]") == [None, ["read"]]
    assert pair[0].value("len(__import__('jupyter_auth.kernel.memory').kernel.memory.entries)") == 0
    forced = BEHALF.format(assertion).replace(")", ", force_refresh=True)")
    assert pair[0].run(forced, SOURCE) == "identity_provider"


def test_the_assertion_is_nowhere(
    at_home: Place, provider: OidcProvider, kernel: Kernel, assertion: str
) -> None:
    kernel.run(f"import os; os.environ['ASSERTION'] = {assertion!r}")
    kernel.run("%xmode Verbose")
    kernel.run("tok = ja.acquire_token_on_behalf_of('behalf', user_assertion=os.environ['ASSERTION'])")
    seen = len(kernel.messages)
    told = kernel.fails(
        "ja.acquire_token_on_behalf_of('behalf', user_assertion=os.environ['ASSERTION'] + 'x')"
    )
    told += kernel.fails(
        "ja.acquire_token_on_behalf_of('behalf', user_assertion=os.environ['ASSERTION'] + ' ')"
    )
    told += kernel.fails(
        "ja.acquire_token_on_behalf_of('behalf', user_assertion=os.environ['ASSERTION'], timeout='x')"
    )
    assert assertion not in told and assertion not in json.dumps(kernel.messages[seen:])
    rows = kernel.server.get("jupyter_auth/v1/cache").json()
    assert "behalf" in {row["profile"] for row in rows} and assertion not in json.dumps(rows)
    for path in (at_home.log, *at_home.store.rglob("*")):
        assert not path.is_file() or assertion.encode() not in path.read_bytes()


def test_a_session_goes_on_in_another_kernel_and_after_a_restart(
    fresh: Place,
    provider: OidcProvider,
    start_kernels: Callable[..., list[Kernel]],
    sign_in: Callable[..., str],
) -> None:
    add_application(fresh, provider)
    provider.set(at_ttl=20)
    with fresh.server() as server:
        first, other = start_kernels(server, 2)
        sign_in(first)
        first.run(
            "begun = ja.initiate_long_running_on_behalf_of('behalf', user_assertion=tok.access_token)\n"
            "key = begun.session_key.reveal()"
        )
        key = first.value("key")
        assert key not in first.value("repr(begun)")
        use = f"tok = ja.acquire_token_in_long_running_on_behalf_of('behalf', session_key={key!r})"
        assert other.run(use, SOURCE) == "cache"
    time.sleep(16)  # the access tokens are over, ada's own too
    provider.reset_log()
    with fresh.server() as server:
        (kernel,) = start_kernels(server)
        assert kernel.run(use, SOURCE) == "identity_provider"
        assert (provider.token_responses("refresh_token"), provider.token_responses(EXCHANGE)) == (1, 0)
        stop = f"ja.stop_long_running_on_behalf_of('behalf', session_key={key!r})"
        assert kernel.value(f"[{stop}, {stop}]") == [True, False]
        assert "no_session" in kernel.run(
            f"try: {use}\nexcept ja.InteractionRequiredError as error: reason = error.reason", "reason"
        )
