"""Kernels and servers of different versions: a clear answer, never a broker of the kernel's own beside it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from jupyter_auth import __version__
from jupyter_auth.cli.demo.jupyter_process import JupyterProcess
from tests.idp import OidcProvider
from tests.integration.conftest import StartProvider
from tests.support import Kernel, Place, Script, place
from tests.support.socket_client import Client, key_of

SPEAKS = "from jupyter_auth.core import frames; frames.PROTOCOL_VERSION = {version}"
GET = "ja.get_token('lake', interactive=False)"
FAILED = f"""
try:
    {GET}; outcome = ["token"]
except ja.AuthError as error:
    outcome = [type(error).__name__, error.reason, getattr(error, "retryable", None), str(error)]
"""
OPENED = "[outcome, 'jupyter_auth.broker.broker' in __import__('sys').modules]"

#: A server whose answers are those of a version to come: with more in them, for two profiles with less.
NEWER = """
from jupyter_auth.broker.tokens import handing
from jupyter_auth.broker.signing_in import interactions
right, described = handing.result_to_wire, interactions.Interaction.to_wire

def to_wire(found):
    wire = right(found)
    wire |= {"audience": ["x"], "binding": {"cnf": {"jkt": "y"}}}
    wire["metadata"] |= {"cache_level": "satellite", "cache_refresh_reason": "foreseen", "hops": 3}
    if found.profile == "lacking":
        del wire["expires_on"]
    return wire

def describe(self):
    wire = described(self) | {"priority": 1}
    if self.resolved.profile.name == "nameless":
        del wire["id"]
    return wire

handing.result_to_wire, interactions.Interaction.to_wire = to_wire, describe
"""


# -- a kernel of another version than this server ------------------------------------------------


def test_a_newer_kernel_is_told_both_versions_and_stays_without_a_broker_of_its_own(
    kernel: Kernel, sign_in: Callable[..., str]
) -> None:
    kernel.run(SPEAKS.format(version=2))
    (kind, reason, retryable, text), opened = kernel.run(FAILED, OPENED)
    assert (kind, reason, retryable, opened) == ("TransportError", "version", False, False)
    assert "This kernel speaks protocol 2; the server's broker speaks 1." in text
    assert "Update jupyter-token-broker where the Jupyter server runs" in text
    for cell in ("%get_token lake", "%auth status", "ja.clear_cache()"):
        assert "speaks protocol 2" in kernel.fails(f"%load_ext jupyter_auth\n{cell}")
    kernel.run(SPEAKS.format(version=1))  # nothing is left of the refusals
    sign_in(kernel)
    assert kernel.run("tok = ja.get_token('lake')", "tok.profile") == "lake"


def test_a_client_of_several_versions_goes_on_with_the_server_s(
    home: Place, kernel: Kernel, sign_in: Callable[..., str]
) -> None:
    """As docs/protocol.md says: hello again, on the same connection."""
    sign_in(kernel)
    client = Client(home.socket)
    for version in (3, "1", None):
        refused = client.call(op="hello", v=version)
        assert refused.pop("version") == __version__  # the package's, for people
        assert refused == {"v": 1, "error": "unknown_version", "message": "", "hint": ""}
    assert client.prove(key_of(home, kernel))["ok"] is True
    assert client.call(op="get_token", profile="lake")["result"]["access_token"]
    client.socket.close()


def test_what_this_server_does_not_know_is_named(home: Place, kernel: Kernel) -> None:
    client = Client(home.socket)
    client.prove(key_of(home, kernel))
    verb = client.call(op="acquire_token_by_telepathy", profile="lake")
    assert (verb["error"], verb["reason"]) == ("policy", "unknown_verb")
    assert "acquire_token_by_telepathy" in verb["message"] and "newer server" in verb["hint"]
    for op, name in (("get_token", "dpop_key"), ("clear_cache", "tenant"), ("status", "x"), ("wait", "have")):
        asked = client.call(op=op, **{name: "y"})
        assert (asked["error"], asked["reason"]) == ("profile_error", "unknown_argument")
        assert f"{op} takes no '{name}'" in asked["message"] and "newer server" in asked["hint"]
    assert client.call(op="get_accounts")["accounts"] == []  # the connection goes on
    client.socket.close()


# -- this kernel at servers of another version ---------------------------------------------------


@pytest.fixture(scope="module")
def provider_of_all(start_provider: StartProvider) -> OidcProvider:
    started = start_provider(OidcProvider)
    assert isinstance(started, OidcProvider)
    return started


@pytest.fixture(scope="module")
def of_version_2(provider_of_all: OidcProvider) -> Iterator[tuple[Place, JupyterProcess]]:
    """A server of protocol 2."""
    with place(provider_of_all.issuer) as made:
        made.server_code(SPEAKS.format(version=2))
        with made.server() as running:
            yield made, running


def test_an_older_kernel_is_told_both_versions_and_stays_without_a_broker_of_its_own(
    of_version_2: tuple[Place, JupyterProcess],
) -> None:
    made, server = of_version_2
    kernel = Kernel(server)
    (kind, reason, retryable, text), opened = kernel.run("import jupyter_auth as ja" + FAILED, OPENED)
    assert (kind, reason, retryable, opened) == ("TransportError", "version", False, False)
    assert "This kernel speaks protocol 1; the server's broker speaks 2." in text
    assert "-m pip install --upgrade jupyter-token-broker" in text
    assert not list(made.store.glob("*"))  # nobody has opened a store
    with Script(
        made, JPY_PARENT_PID=str(server.pid)
    ) as script:  # what a cell starts, without its kernel's key
        assert script.run(FAILED, OPENED)[0][1:3] == ["no_broker", True]
    kernel.run(SPEAKS.format(version=2))
    assert kernel.run(FAILED, "outcome")[1] == "no_account"
    kernel.close()


def test_a_kernel_of_nobody_beside_such_a_server_has_its_own_broker_and_is_told_of_that_one(
    of_version_2: tuple[Place, JupyterProcess],
) -> None:
    """Whether that server is its own it cannot know without a proof; no server has started it."""
    made, _ = of_version_2
    file = made.runtime / "kernel-of-nobody.json"
    file.write_text('{"key": "a0436f6c-1916498a-8eb9-99a0436f6c55"}')
    with Script(made, JUPYTER_AUTH_CONNECTION_FILE=str(file)) as script:
        assert script.run(FAILED, "outcome")[:2] == ["InteractionRequiredError", "no_account"]
        why = script.run("from jupyter_auth.kernel.api import status", "status()['found']['why']")
    assert why.startswith("No Jupyter server here knows this kernel.")
    assert "speaks protocol 1; the server's broker speaks 2" in why


@pytest.fixture(scope="module")
def newer(provider_of_all: OidcProvider) -> Iterator[Kernel]:
    """A kernel of a server that answers as a newer one may."""
    with place(provider_of_all.issuer) as made:
        for name in ("lacking", "nameless"):
            made.profile(provider_of_all.issuer, name)
        made.server_code(NEWER)
        with made.server() as running:
            kernel = Kernel(running)
            kernel.run("import jupyter_auth as ja")
            yield kernel
            kernel.close()


def test_more_in_an_answer_is_passed_over(
    newer: Kernel, provider: OidcProvider, sign_in: Callable[..., str]
) -> None:
    assert sign_in(newer) == "identity_provider"
    facts = "[tok.metadata.token_source, tok.metadata.cache_level, tok.metadata.cache_refresh_reason]"
    assert newer.run("tok = ja.get_token('lake')", facts) == ["cache", None, "not_applicable"]
    assert newer.run("tok = ja.get_token('lake')", "repr(tok.metadata)").count("kernel") == 1
    assert provider.userinfo(newer.value("tok.reveal()"))["sub"] == "ada"


@pytest.mark.parametrize(
    "call",
    ["get_token('lacking')", "acquire_token_by_device_flow('nameless')"],
    ids=["result", "interaction"],
)
def test_less_in_an_answer_is_a_clear_error(newer: Kernel, sign_in: Callable[..., str], call: str) -> None:
    newer.run("ja.clear_cache()")
    sign_in(newer)
    kind, reason, retryable, text = newer.run(FAILED.replace(GET, f"ja.{call}"), "outcome")
    assert (kind, reason, retryable) == ("TransportError", "bad_result", False), text
    assert "Install the same version of jupyter-token-broker for the kernel and for the server." in text
    assert "token_type" not in newer.text()
    assert newer.run("found = ja.get_accounts('lake')", "len(found)") == 1  # the connection goes on
