"""Bad configuration and bad providers, as a person in a notebook meets them: a typed error that helps."""

import time
from collections.abc import Callable, Iterator

import pytest

from jupyter_auth.cli.demo.jupyter_process import JupyterProcess
from tests.idp import MisbehavingProvider, Provider, faults
from tests.support import Kernel, Place

TRY = """
try:
    tok = ja.get_token({arguments}); outcome = ["token", "", ""]
except ja.AuthError as error:
    outcome = [type(error).__name__, error.reason, str(error)]
"""


def outcome(kernel: Kernel, arguments: str = "'lake'") -> list[str]:
    return list(kernel.run(TRY.format(arguments=arguments), "outcome"))


@pytest.fixture
def rogue() -> Iterator[MisbehavingProvider]:
    with MisbehavingProvider() as provider:
        yield provider


@pytest.fixture
def at_rogue(home: Place, rogue: MisbehavingProvider, kernel: Kernel) -> Callable[[str], list[str]]:
    """Ask for a token of a profile at the misbehaving provider."""
    home.profile(rogue.issuer, name="rogue", client_id="nb")

    def ask(arguments: str = "'rogue'") -> list[str]:
        return outcome(kernel, arguments)

    return ask


def test_every_fault_of_a_profile_at_once(home: Place, server: JupyterProcess, kernel: Kernel) -> None:
    with home.toml.open("a", encoding="utf-8") as file:
        file.write('[profiles.bad]\nissuer = "http://idp.example.org"\nclient_idd = "x"\nscopes = []\n')
        file.write('client_secret = "hunter2"\nprovider = "oidcc"\n')
    kind, reason, text = outcome(kernel, "'bad'")
    assert (kind, reason) == ("ProfileError", "invalid_profile")
    for part in (
        'client_idd: unknown key; did you mean "client_id"?',
        "profiles.bad.client_id: is missing",
        "plain http is accepted only for a loopback issuer",
        "profiles.bad.scopes: is empty",
        "use client_secret_file or client_secret_env",
        "'oidcc' is not a provider; did you mean \"oidc\"?",
        str(home.toml),
    ):
        assert part in text, part
    assert "hunter2" not in text + server.get("jupyter_auth/v1/profiles").text
    rows = {row["name"]: row["faults"] for row in server.get("jupyter_auth/v1/profiles").json()}
    assert len(rows["bad"]) == 6 and rows["lake"] == []
    assert outcome(kernel, "'lake', interactive=False")[0] == "InteractionRequiredError"  # the good one works


def test_unknown_profile_and_bad_arguments(kernel: Kernel) -> None:
    kind, reason, text = outcome(kernel, "'laek'")
    assert (kind, reason) == ("ProfileError", "unknown_profile") and 'did you mean "lake"?' in text
    assert outcome(kernel, "'lake', tenant='x'")[1] == "no_tenants"
    assert outcome(kernel, "'lake', flow='magic'")[0] == "PolicyError"
    assert outcome(kernel, "'lake', scopes=['a b\"c']")[:2] == ["ProfileError", "bad_scopes"]
    kind, reason, text = outcome(kernel, "'lake', scopes=7")
    assert (kind, reason) == ("ProfileError", "bad_scopes") and "scopes must not be of type int" in text


def test_another_issuer_than_configured(
    at_rogue: Callable[..., list[str]], rogue: MisbehavingProvider
) -> None:
    rogue.answers["discovery"] = faults.json(
        200, {"issuer": "https://evil.example", "token_endpoint": "https://evil.example/t"}
    )
    kind, reason, text = at_rogue()
    assert (kind, reason) == ("ProfileError", "issuer_mismatch")
    assert "https://evil.example" in text and rogue.issuer in text


@pytest.mark.parametrize(
    "answer", [faults.html(502), faults.html(200), faults.empty(200), faults.redirect("http://127.0.0.1:9/")]
)
def test_a_provider_that_answers_nonsense(
    at_rogue: Callable[..., list[str]], rogue: MisbehavingProvider, answer: object
) -> None:
    rogue.answers["device_authorization"] = answer  # type: ignore[assignment]
    kind, _, text = at_rogue()
    assert kind == "TransportError" and "no usable answer" in text


def test_a_provider_that_is_down(home: Place, kernel: Kernel) -> None:
    home.profile("http://127.0.0.1:9", name="down")
    kind, reason, text = outcome(kernel, "'down'")
    assert (kind, reason) == ("TransportError", "unreachable") and "127.0.0.1:9 did not answer" in text


def test_a_slow_provider_blocks_nobody_else(
    home: Place,
    pair: list[Kernel],
    provider: Provider,
    rogue: MisbehavingProvider,
    sign_in: Callable[..., str],
) -> None:
    sign_in(pair[1])
    home.profile(rogue.issuer, name="rogue", client_id="nb")
    rogue.answers["discovery"] = faults.hang(12)
    slow = pair[0].start(TRY.format(arguments="'rogue'"), "outcome")
    started = time.monotonic()
    assert outcome(pair[1], "'lake', force_refresh=True")[0] == "token"
    assert pair[1].server.get("api/status").ok
    assert time.monotonic() - started < 10
    assert pair[0].result_of(slow)[0] == "TransportError"


def test_an_address_that_is_not_safe_is_never_shown(
    at_rogue: Callable[..., list[str]], rogue: MisbehavingProvider, kernel: Kernel
) -> None:
    rogue.answers["device_authorization"] = faults.json(
        200,
        {"device_code": "d", "user_code": "AB", "verification_uri": "javascript:alert(1)", "expires_in": 60},
    )
    kind, reason, _ = at_rogue()
    assert (kind, reason) == ("PolicyError", "unsafe_address")
    assert "javascript:" not in kernel.text()
