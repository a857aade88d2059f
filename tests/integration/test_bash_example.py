"""The example for shells, as it is: at a terminal, in a job, and with an API that refuses a token once."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pexpect
import pytest

from tests.idp import OidcProvider
from tests.support import Place
from tests.support.command import Ended, approve, code_of, log_in
from tests.support.resource import Resource, resource

SCRIPT = Path(__file__).parents[2] / "examples" / "bash" / "call-api.sh"


@pytest.fixture
def api() -> Iterator[Resource]:
    with resource() as running:
        running.refusals = 0
        yield running


@pytest.fixture
def with_jupyter(fresh: Place) -> Place:
    """A place where ``jupyter`` is the one of this Python."""
    fresh.variables(PATH=os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]))
    return fresh


def job(home: Place, url: str) -> Ended:
    return subprocess.run(
        ["bash", str(SCRIPT), "lake", url],
        env=dict(home.environment),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )


@pytest.mark.parametrize(
    "url",
    [
        "http://lake.example/",
        "http://127.0.0.1.lake.example/",
        "http://localhost@lake.example",
        "--config=x",
        "ftp://a",
    ],
)
def test_no_token_is_sent_in_the_clear(with_jupyter: Place, url: str) -> None:
    refused = job(with_jupyter, url)
    assert refused.returncode == 2 and url in refused.stderr and not refused.stdout


def test_a_terminal_signs_in_and_then_jobs_are_silent(
    with_jupyter: Place, provider: OidcProvider, api: Resource
) -> None:
    refused = job(with_jupyter, api.url)
    assert refused.returncode == 3 and "jupyter auth login lake" not in refused.stdout
    child = pexpect.spawn(
        "bash",
        [str(SCRIPT), "lake", api.url],
        env=dict(with_jupyter.environment),
        encoding="utf-8",
        timeout=30,
    )
    approve(child, provider)
    assert code_of(child) == 0
    ended = job(with_jupyter, api.url)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert len(api.tokens) == 2 and provider.introspect(api.tokens[1])["active"]


def test_a_refused_token_is_replaced_once(with_jupyter: Place, provider: OidcProvider, api: Resource) -> None:
    log_in(with_jupyter, provider)
    api.refusals, api.challenge = 1, "Bearer"
    assert job(with_jupyter, api.url).returncode == 0
    first, second = api.tokens
    assert first != second
    api.refusals = 1000
    ended = job(with_jupyter, api.url)
    assert ended.returncode == 1 and re.search("answered 401", ended.stderr)
    assert len(api.tokens) == 4
