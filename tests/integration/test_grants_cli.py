"""``jupyter auth grants``: what each notebook may use, decided on the command line."""

import json
import subprocess
import sys
from typing import Any

import pytest

from jupyter_auth.cli.demo.jupyter_process import JupyterProcess
from tests.idp import OidcProvider
from tests.integration.conftest import pending
from tests.support import Kernel, Place


@pytest.fixture
def asking(home: Place) -> Place:
    """The shared place, with a profile that asks."""
    with home.toml.open("a", encoding="utf-8") as toml:
        toml.write('kernel_access = "ask"\n')
    return home


def grants(home: Place, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "jupyter_auth.cli.main", "grants", *words]
    return subprocess.run(
        command, env=dict(home.environment), capture_output=True, text=True, timeout=110, check=False
    )


def rows(home: Place, *words: str) -> Any:
    ended = grants(home, *words, "--json")
    assert ended.returncode == 0, ended.stderr
    return json.loads(ended.stdout)


def test_a_question_is_answered_on_the_command_line(
    asking: Place, server: JupyterProcess, kernel: Kernel, provider: OidcProvider
) -> None:
    cell = kernel.start("tok = ja.get_token('lake')", "tok.account.username")
    waiting = pending(server)
    assert waiting["flow"] == "consent"
    listed = grants(asking, "list").stdout
    assert kernel.kernel_id in listed and "asks for lake: openid" in listed
    (row,) = rows(asking, "list")
    assert [one["id"] for one in row["asks"]] == [waiting["id"]] and row["grants"] == []
    allowed = grants(asking, "allow", kernel.kernel_id[:8], "lake")
    assert "may use lake · until it is shut down" in allowed.stdout, allowed.stderr
    provider.approve(pending(server)["user_code"])
    assert kernel.result_of(cell) == "ada"
    assert rows(asking, "revoke", kernel.kernel_id) == []
    assert "may not use lake" in kernel.fails("ja.acquire_token_silent('lake')")
    (refused,) = rows(asking, "refuse", kernel.kernel_id, "lake", "--scopes", "lake.read", "--account", "ada")
    assert (refused["decision"], refused["scopes"], refused["account"]) == ("deny", ["lake.read"], "ada")
    assert "You have refused lake" in kernel.fails("ja.get_token('lake')")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["allow", "nobody", "lake"], "No kernel is called 'nobody'"),
        (["allow", "", "lake"], "No kernel is called ''"),
        (["allow", "KERNEL", "laek"], 'did you mean "lake"'),
        (["allow", "KERNEL", "lake", "--account", "eve"], "Nobody of that name"),
        (["allow", "KERNEL", "lake", "--notebook"], "of no notebook"),
    ],
)
def test_what_cannot_be_done_is_explained(asking: Place, kernel: Kernel, words: list[str], said: str) -> None:
    kernel.run("import jupyter_auth as ja; ja.get_accounts()")
    ended = grants(asking, *(kernel.kernel_id if word == "KERNEL" else word for word in words))
    assert (ended.returncode, ended.stdout) == (1, "") and said in ended.stderr
