"""A store of another version under a server, a script and the command line: all go on and say why."""

import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing

import pytest

from tests.idp import OidcProvider
from tests.support import Kernel, Place, Script

STATUS = "from jupyter_auth.kernel.api import status"
STORE = "[status()['store']['name'], status()['store']['notes']]"
FAILED = """
try:
    ja.get_token("lake", interactive=False); outcome = "token"
except ja.InteractionRequiredError as error:
    outcome = error.reason
"""


def rewritten(made: Place, schema: int, by: str) -> bytes:
    """Make the place's store one of that schema; what its file holds."""
    with Script(made) as script:
        assert script.run(FAILED, "outcome") == "no_account"
    with closing(sqlite3.connect(made.store / "tokens.db", isolation_level=None)) as db:
        db.execute("UPDATE header SET value = ? WHERE name = 'schema'", (schema,))
        db.execute("UPDATE header SET value = ? WHERE name = 'written_by'", (by,))
    return (made.store / "tokens.db").read_bytes()


@pytest.fixture
def newer(fresh: Place) -> Iterator[Place]:
    """A place with the store of a newer version, which must be the same at the end."""
    before = rewritten(fresh, 3, "0.7.2")
    yield fresh
    assert (fresh.store / "tokens.db").read_bytes() == before
    assert {path.name for path in fresh.store.iterdir()} <= {"tokens.db", "generation", ".lock"}


def test_a_server_goes_on_in_memory(
    newer: Place, start_kernels: Callable[..., list[Kernel]], sign_in: Callable[..., str]
) -> None:
    with newer.server() as server:
        one, other = start_kernels(server, 2)
        assert sign_in(one) == "identity_provider"
        assert other.run("tok = ja.get_token('lake')", "tok.metadata.token_source") == "cache"
        one.run("%load_ext jupyter_auth\n%auth status")
        for words in ("Store     memory", "Note      Tokens are kept in memory only", "Account   ada · lake"):
            assert words in one.text().encode().decode("unicode_escape"), words
        for said in (one.text(), server.get("jupyter_auth/v1/status").text):
            assert (
                "jupyter-token-broker 0.7.2 (schema 3)" in said and "Update jupyter-token-broker here" in said
            )
        doctor = command(newer, "doctor")
        assert "FAULT store: The token store is of jupyter-token-broker 0.7.2" in doctor
        assert "Tokens are kept in memory only" in doctor  # the server says so
        assert "0.7.2" in command(newer, "status")


def command(made: Place, verb: str) -> str:
    run = [sys.executable, "-m", "jupyter_auth.cli.main", verb]
    return subprocess.run(
        run, env=dict(made.environment), capture_output=True, text=True, timeout=110, check=False
    ).stdout


def test_a_script_does_too(newer: Place, provider: OidcProvider) -> None:
    with Script(newer) as script:
        script.start("tok = ja.acquire_token_by_device_flow('lake', timeout=100)", "tok.account.username")
        provider.approve(script.said_until("The code expires").partition("2. Enter")[2].split()[0])
        assert script.result() == "ada"
        assert script.run("tok = ja.get_token('lake')", "tok.metadata.token_source") == "cache"
        name, (note,) = script.run(STATUS, STORE)
    assert name == "memory" and "0.7.2 (schema 3)" in note and "gone when the broker stops" in note


def test_an_older_one_is_given_up_by_a_clear(fresh: Place) -> None:
    before = rewritten(fresh, 0, "0.0.1")
    with Script(fresh) as script:
        name, (note,) = script.run(STATUS, STORE)
        assert name == "memory" and "0.0.1 (schema 0)" in note and "%auth clear" in note
        assert (fresh.store / "tokens.db").read_bytes() == before
        script.run("ja.clear_cache()")
    with Script(fresh) as script:
        assert script.run(STATUS, STORE) == ["sqlite", []]
