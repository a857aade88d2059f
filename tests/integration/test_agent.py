"""``jupyter auth agent``: processes without a Jupyter server share one sign-in, and hold no refresh token.

Its sign-ins, its life and the setting that rules it share one place, which is made once: so it is one
file, and a little longer than others.
"""

import os
import re
import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest
from jupyter_client.blocking.client import BlockingKernelClient

from jupyter_auth.core.agent_place import agent_log, agent_socket
from tests.idp import OidcProvider
from tests.integration.code_flow import FLOWS, parameters
from tests.integration.lone import ask, first_card, lone, shown_code, sign_in_by_device
from tests.integration.test_code_flow_no_server import ASK, DISPLAY, SSH, visit
from tests.support import Kernel, Place, Script, place, until
from tests.support.agent import AgentCommand, agent_command, kill
from tests.support.socket_client import Client

SOURCE = "[tok.metadata.token_source, tok.metadata.cache_level]"
FOUND = "__import__('jupyter_auth.kernel.api', fromlist=['status']).status()['found']['where']"
OPENED = "'jupyter_auth.broker.broker' in __import__('sys').modules"
OUTCOME = """
try:
    tok = ja.get_token("lake", interactive=False); outcome = ["token", tok.account.username]
except ja.AuthError as error:
    outcome = [type(error).__name__ + " " + error.reason, getattr(error, "retryable", None)]
"""
REFRESH = OUTCOME.replace("interactive=False", "interactive=False, force_refresh=True")


def log_of(bare: Place) -> Path:
    return agent_log(agent_socket(bare.runtime))


@pytest.fixture(scope="module")
def whole() -> Iterator[Place]:
    """A place without a server."""
    with place() as made:
        yield made


@pytest.fixture
def bare(whole: Place, provider: OidcProvider) -> Iterator[Place]:
    """The same as new: one profile, nobody signed in."""
    whole.toml.write_text("", encoding="utf-8")
    whole.profile(provider.issuer)
    yield whole
    with Script(whole, JUPYTER_AUTH_AGENT="never") as script:
        script.run("ja.clear_cache()")


@pytest.fixture
def agent(bare: Place) -> Iterator[AgentCommand]:
    """The command line, in an environment that leaves everything as it is."""
    with agent_command(bare) as command:
        yield command


# -- one sign-in -----------------------------------------------------------------------------------


def test_scripts_share_a_sign_in_and_none_opens_the_store(
    bare: Place, agent: AgentCommand, provider: OidcProvider
) -> None:
    agent.start()
    with Script(bare) as first, Script(bare) as second:
        assert first.run(OUTCOME, "outcome")[0] == "InteractionRequiredError no_account"
        sign_in_by_device(first, provider)
        assert second.run("tok = ja.get_token('lake')", SOURCE) == ["cache", "memory"]
        assert second.run("tok = ja.get_token('lake')", SOURCE) == ["cache", "kernel"]
        assert provider.token_responses() == 1
        assert [script.run("", f"[{FOUND}, {OPENED}]") for script in (first, second)] == [
            ["agent", False]
        ] * 2
        first.run("ja.clear_cache()")
        assert second.run(OUTCOME, "outcome")[0] == "InteractionRequiredError no_account"


def test_a_server_and_the_agent_share_a_sign_in(
    bare: Place,
    agent: AgentCommand,
    provider: OidcProvider,
    start_kernels: Callable[..., list[Kernel]],
) -> None:
    agent.start()
    with bare.server() as server, Script(bare) as script:
        sign_in_by_device(script, provider)
        kernel = start_kernels(server)[0]
        kernel.run("tok = ja.get_token('lake')")
        assert kernel.value(f"[{SOURCE}, {FOUND}]") == [["cache", "store"], "server"]
        kernel.run("ja.clear_cache()")
        assert script.run(OUTCOME, "outcome")[0] == "InteractionRequiredError no_account"


def test_a_kernel_of_a_live_server_never_asks_the_agent(
    bare: Place, agent: AgentCommand, start_kernels: Callable[..., list[Kernel]]
) -> None:
    agent.start()
    with bare.server() as server:
        kernel = start_kernels(server)[0]
        bare.socket.unlink()
        assert kernel.run(OUTCOME, "outcome") == ["TransportError no_broker", True]


@pytest.fixture
def kernel_of_nobody(bare: Place, agent: AgentCommand) -> Iterator[BlockingKernelClient]:
    """A kernel as VS Code starts it, with the agent there."""
    agent.start()
    with lone(bare) as client:
        yield client


def test_a_kernel_of_nobody_asks_in_its_cell_and_says_who_keeps_the_sign_in(
    kernel_of_nobody: BlockingKernelClient, provider: OidcProvider
) -> None:
    client = kernel_of_nobody
    ask(client, "__vsc_ipynb_file__ = '/home/ada/sales.ipynb'\n%load_ext jupyter_auth")
    pid = ask(client, "import os; print(os.getpid())")[0]["text/plain"]
    waiting = client.execute("tok = %get_token lake")
    card = first_card(client)["text/plain"]
    assert "sales.ipynb asks you to sign in to lake" in card and "No Jupyter server here" not in card
    assert re.search(rf"Python \d+\.\d+\.\d+, process {str(pid).strip()}\b", card) and "not verified" in card
    provider.approve(shown_code(card))
    assert client._recv_reply(waiting, timeout=60)["content"]["status"] == "ok"
    said = str(ask(client, "%auth status"))
    assert re.search(r"in the agent \(process \d+\), which knows callers by user and process only", said)
    assert "refresh token is in this process" not in said
    handle = str(ask(client, "import jupyter_auth; jupyter_auth.worker_handle('lake')"))
    assert "PolicyError" in handle and "the agent" in handle


def test_a_kernel_of_nobody_is_interrupted_while_it_asks(
    kernel_of_nobody: BlockingKernelClient, agent: AgentCommand
) -> None:
    client = kernel_of_nobody
    pid = int(str(ask(client, "import jupyter_auth as ja, os; print(os.getpid())")[0]["text/plain"]))
    waiting = client.execute("ja.get_token('lake')", stop_on_error=False)
    first_card(client)
    os.kill(pid, signal.SIGINT)
    reply = client._recv_reply(waiting, timeout=60)["content"]
    assert (reply["status"], reply["ename"]) == ("error", "KeyboardInterrupt")
    assert "no_account" in str(ask(client, OUTCOME + "print(outcome)"))


@pytest.mark.parametrize(("surroundings", "arrives"), [(DISPLAY, True), (SSH, False)])
def test_a_redirect_comes_to_the_agent_where_the_caller_has_a_browser(
    bare: Place, provider: OidcProvider, surroundings: dict[str, str], arrives: bool
) -> None:
    """The agent itself was started elsewhere: without a screen."""
    bare.profile(provider.issuer, "web", more=FLOWS)
    with agent_command(bare, **(SSH if arrives else DISPLAY)) as command:
        command.start()
        with Script(bare, **surroundings) as script:
            script.start("import sys; sys.stdin.close()\n" * (not arrives) + ASK, "tok.account.username")
            shown = re.search(r"http://127\.0\.0\.1:\d+/auth\?\S+", script.said_until("Request ends"))
            assert shown is not None
            back = parameters(shown[0])["redirect_uri"]
            assert bool(re.match(r"http://127\.0\.0\.1:\d+/", back)) == arrives
            if not arrives:
                script.kill()
                return
            assert visit(provider.sign_in(shown[0])).status_code == 200
            assert script.result() == "ada"


# -- its life --------------------------------------------------------------------------------------


def test_what_the_command_line_says_and_its_exit_codes(bare: Place, agent: AgentCommand) -> None:
    said = partial(what_it_said, agent)
    note = "Note: the agent knows callers by user and process only.\n"
    assert said("start") == (0, f"The agent runs (process 4242).\n{note}")
    assert said("start") == (0, f"An agent runs already (process 4242).\n{note}")
    code, told = said("status")
    assert code == 0 and told.startswith(
        "The agent (process 4242): the agent knows callers by user and process"
    )
    assert f"store     sqlite {bare.store}/tokens.db" in told and "nobody is signed in" in told
    assert f"log       {log_of(bare)}" in told
    assert said("stop") == (0, "The agent (process 4242) has ended.\n")
    assert not agent.sockets


def test_what_the_command_line_says_where_none_runs(bare: Place, agent: AgentCommand) -> None:
    said = partial(what_it_said, agent)
    log_of(bare).unlink(missing_ok=True)
    assert said("status") == (1, "No agent runs. Start one with: jupyter auth agent start\n")
    assert said("stop") == (0, "No agent runs.\n")
    assert agent("start", "--idle-timeout", "never").returncode == 2
    assert agent().returncode == 2


def what_it_said(agent: AgentCommand, *arguments: str) -> tuple[int, str]:
    done = agent(*arguments)
    return done.returncode, re.sub(r"process \d+", "process 4242", done.stdout)


def test_it_ends_when_nobody_has_called_for_its_time(bare: Place, agent: AgentCommand) -> None:
    pid = agent.start("--idle-timeout", "5")
    with closing(Client(agent.sockets[0])) as caller:
        caller.call(op="hello", v=1)
        assert caller.call(op="prove")["ok"]
        time.sleep(6)  # longer than its time, with a caller
        assert caller.call(op="get_accounts")["ok"] and agent.pid == pid
    until(lambda: not agent.sockets)
    until(lambda: "The agent ends: nobody has called for 5 s." in log_of(bare).read_text())


def test_it_ends_when_nobody_can_find_it(bare: Place, agent: AgentCommand) -> None:
    pid = agent.start()
    agent.sockets[0].unlink()
    until(lambda: not Path(f"/proc/{pid}").exists(), 30)
    assert "The agent ends: its socket is gone" in log_of(bare).read_text()


def test_its_log_is_closed_to_others_and_tells_how_it_ended(bare: Place, agent: AgentCommand) -> None:
    pid = agent.start()
    kept = log_of(bare)
    assert kept.stat().st_mode & 0o777 == 0o600
    assert f"  log       {kept}\n" in agent("status").stdout
    assert agent("stop").returncode == 0
    told = kept.read_text().splitlines()[-2:]
    assert f"(process {pid}) listens on" in told[0] and told[1].endswith("The agent ends: SIGTERM has come.")
    done = agent("status")
    assert done.returncode == 1 and f"The log of the last one: {kept}\n" in done.stdout


def test_one_that_cannot_keep_a_log_says_so_and_serves(bare: Place, agent: AgentCommand) -> None:
    kept, elsewhere = log_of(bare), bare.root / "elsewhere"
    kept.unlink(missing_ok=True)
    elsewhere.write_text("")
    kept.symlink_to(elsewhere)
    try:
        agent.start()
        told = agent("status").stdout
        assert "  log       none\n" in told and "note      It keeps no log: " in told
        with Script(bare) as script:
            assert script.run(OUTCOME, "outcome")[0] == "InteractionRequiredError no_account"
        assert elsewhere.read_text() == ""
    finally:
        kept.unlink()


def test_one_that_is_switched_off_is_stopped_all_the_same(bare: Place, agent: AgentCommand) -> None:
    agent.start()
    bare.toml.write_text('agent = "never"\n' + bare.toml.read_text())
    assert what_it_said(agent, "stop") == (0, "The agent (process 4242) has ended.\n")


def test_one_that_was_killed_is_no_reason_to_open_the_store(bare: Place, agent: AgentCommand) -> None:
    agent.start()
    with Script(bare) as script:
        assert script.run(OUTCOME, "outcome")[0] == "InteractionRequiredError no_account"
        agent.kill()
        assert agent.sockets, "it was not asked to clean up"
        assert script.run(REFRESH, f"[*outcome, {OPENED}]") == ["TransportError no_agent", True, False]
        agent.start()
        assert script.run(REFRESH, "outcome")[0] == "InteractionRequiredError no_account"


def test_a_clean_end_is_none_either(bare: Place, agent: AgentCommand) -> None:
    agent.start()
    with Script(bare) as script:
        assert script.run(OUTCOME, "outcome")[0] == "InteractionRequiredError no_account"
        assert agent("stop").returncode == 0
        assert script.run(REFRESH, f"[*outcome, {OPENED}]") == ["TransportError no_agent", True, False]


def test_the_sign_in_outlives_it(bare: Place, agent: AgentCommand, provider: OidcProvider) -> None:
    agent.start()
    with Script(bare) as script:
        sign_in_by_device(script, provider)
    agent.kill()
    agent.start()
    with Script(bare) as script:
        assert script.run("tok = ja.get_token('lake')", SOURCE) == ["cache", "store"]


# -- whether there is one --------------------------------------------------------------------------


def test_where_it_may_it_is_started_by_the_first_and_used_by_all(bare: Place, agent: AgentCommand) -> None:
    bare.toml.write_text('agent = "start"\n' + bare.toml.read_text())

    def first_call(script: Script) -> list[str]:
        return [script.run(OUTCOME, "outcome")[0], script.run("", FOUND)]

    scripts = [Script(bare) for _ in range(4)]
    try:
        with ThreadPoolExecutor(4) as crowd:
            told = list(crowd.map(first_call, scripts))
        assert told == [["InteractionRequiredError no_account", "agent"]] * 4
        until(lambda: agent.status()["status"]["broker"]["kernels_connected"] == 5)  # and this one
        kill(int(agent.status()["pid"]))
        assert scripts[0].run(REFRESH, f"[outcome[0], {FOUND}]") == [
            "InteractionRequiredError no_account",
            "agent",
        ]
    finally:
        for script in scripts:
            script.end()


def test_one_that_is_about_to_end_keeps_nobody_from_the_next(bare: Place, agent: AgentCommand) -> None:
    """It holds its lock to the end, and cannot be found any more."""
    agent.start()
    bare.toml.write_text('agent = "start"\n' + bare.toml.read_text())
    agent.sockets[0].unlink()
    with Script(bare) as script:
        assert script.run(OUTCOME, FOUND) == "agent"


def test_a_process_with_a_broker_of_its_own_goes_on_with_it(bare: Place, agent: AgentCommand) -> None:
    with Script(bare) as script:
        assert script.run(OUTCOME, FOUND) == "process"
        agent.start()
        assert script.run(REFRESH, FOUND) == "process"


def test_never_means_never(bare: Place, agent: AgentCommand) -> None:
    agent.start()
    with Script(bare, JUPYTER_AUTH_AGENT="never") as script:
        assert script.run(OUTCOME, FOUND) == "process"
    text = bare.toml.read_text()
    bare.toml.write_text('agent = "never"\n' + text)  # the agent hears of it, and refuses
    with Script(bare) as script:
        assert script.run(OUTCOME, FOUND) == "process"
    with Script(bare, JUPYTER_AUTH_AGENT="use") as script:  # over the file; not for the agent
        assert script.run(OUTCOME, FOUND) == "process"
    bare.toml.write_text(text)
    with Script(bare) as script:
        assert script.run(OUTCOME, FOUND) == "agent"


@pytest.mark.parametrize(
    ("setting", "reason"), [('agent = "never"', "switched off"), ('people = "many"', "Several people")]
)
def test_an_administrator_rules_it_out(bare: Place, agent: AgentCommand, setting: str, reason: str) -> None:
    (bare.config / "jupyter_config.py").write_text(f"c.JupyterAuth.{setting}\n", encoding="utf-8")
    try:
        done = agent("start")
        with Script(bare, JUPYTER_AUTH_AGENT="start") as script:
            script.run(OUTCOME)
        assert done.returncode == 1 and reason in done.stderr and agent.pid is None
    finally:
        (bare.config / "jupyter_config.py").unlink()


def test_each_caller_means_the_profile_of_its_own_environment(
    bare: Place, agent: AgentCommand, provider: OidcProvider
) -> None:
    bare.profile(provider.issuer, "vault")
    named = OUTCOME.replace('"lake", ', "").replace("error.reason", "str(getattr(error, 'profile', None))")
    told = []
    with Script(bare, JUPYTER_AUTH_PROFILE="vault", JUPYTER_AUTH_AGENT="start") as script:
        told += [script.run(named, f"[outcome[0], {FOUND}]")]
    with Script(bare, JUPYTER_AUTH_PROFILE="lake") as script:
        told += [script.run(named, f"[outcome[0], {FOUND}]")]
        assert script.run("", "len(ja.get_accounts())") == 0  # all profiles, as ever
    assert told == [[f"InteractionRequiredError {name}", "agent"] for name in ("vault", "lake")]
    with Script(bare) as script:
        assert script.run(named, "outcome[0]") == "ProfileError None"  # that of who started it is not meant


def test_where_a_person_has_to_allow_it_nobody_is_asked_and_nothing_handed_out(
    bare: Place, agent: AgentCommand, provider: OidcProvider
) -> None:
    agent.start()
    text = bare.toml.read_text()
    with Script(bare) as script:
        sign_in_by_device(script, provider)
        for access, reason in (("ask", "grant_required"), ("deny", "kernel_access_denied")):
            bare.toml.write_text(f'{text.rstrip()}\nkernel_access = "{access}"\n')
            code = OUTCOME.replace("interactive=False", "interactive=True")
            assert script.run(code, "outcome")[0] == f"KernelGrantRequiredError {reason}"
            assert script.run("", "str(ja.get_accounts())") == "[]"
