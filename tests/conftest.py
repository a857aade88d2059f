"""What tests of every kind use: the Entra-shaped provider, started once by whoever asks first."""

import gc
import os
from collections.abc import Iterator

import pytest

from tests.doctor.bench import table, told_by
from tests.idp.entra import EntraProvider
from tests.security.promises import listed

#: No test, and no process that one starts, writes into the keyring of whoever runs it.
os.environ["PYTHON_KEYRING_BACKEND"] = "keyring.backends.fail.Keyring"

# Nothing of thousands of tests is garbage once they are collected: to look for some took a third of the time.
gc.disable()


def pytest_collection_finish() -> None:
    """What was collected stays, and is not looked through again."""
    gc.freeze()
    gc.enable()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """The security promises whose attacks were run; what the doctor made of broken set-ups; how many of the
    documentation's code blocks were run."""
    reports = terminalreporter.getreports("passed")
    ran = [
        (report.nodeid, outcome)
        for outcome in ("passed", "failed", "error", "skipped")
        for report in terminalreporter.getreports(outcome)
        if outcome != "passed" or report.when == "call"
    ]
    if lines := listed(ran):
        terminalreporter.section("security promises")
        terminalreporter.write("\n".join(lines) + "\n")
    if outcomes := told_by(pair for report in reports for pair in report.user_properties):
        terminalreporter.section("the doctor on broken set-ups")
        terminalreporter.write(table(outcomes) + "\n")
    if any(nodeid.startswith("tests/docs/test_snippets") for nodeid, _ in ran):
        from tests.docs.running import counted

        terminalreporter.section("code blocks of the documentation")
        terminalreporter.write("\n".join(counted()) + "\n")


@pytest.fixture(scope="session")
def running_entra(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EntraProvider]:
    with EntraProvider(tmp_path_factory.mktemp("entra")) as provider:
        yield provider


@pytest.fixture
def entra(running_entra: EntraProvider) -> EntraProvider:
    """The Entra-shaped provider, of which nothing was asked yet."""
    running_entra.reset()
    return running_entra
