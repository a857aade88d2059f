"""``jupyter auth`` login, token, accounts, logout, clear, where no server runs: in pipes and in terminals."""

import json
import re
import signal
import subprocess

import pexpect
import pytest

from tests.idp import OidcProvider, Provider
from tests.integration.test_applications import add_application
from tests.support import Place
from tests.support.command import COMMAND, approve, auth, code_of, log_in, terminal, told


def test_one_sign_in_and_then_pipes_are_silent(fresh: Place, provider: Provider) -> None:
    log_in(fresh, provider)
    plain = auth(fresh, "token", "lake")
    assert (plain.returncode, plain.stderr) == (0, "")
    token = plain.stdout.removesuffix("\n")
    assert token.isprintable() and provider.introspect(token)["active"]
    assert auth(fresh, "token", "--header").stdout == f"Authorization: Bearer {token}\n"
    as_json = told(fresh, "token", "lake")
    assert as_json["access_token"] == token and as_json["account"]["username"] == "ada"
    assert "lake.read" in as_json["scopes"] and as_json["expires_on"] > 1e9
    assert auth(fresh, "token", "--force-refresh").stdout.strip() not in {"", token}
    assert provider.token_responses() == 2


def test_a_terminal_is_warned_and_the_token_alone_is_on_stdout(fresh: Place, provider: Provider) -> None:
    log_in(fresh, provider)
    child = terminal(fresh, "token", "lake")
    child.expect(r"Whoever sees this token can use it until \d\d:\d\d")
    child.expect(auth(fresh, "token", "lake").stdout.strip())
    assert code_of(child) == 0


def test_a_substitution_asks_on_the_terminal_and_holds_nothing_but_the_token(
    fresh: Place, provider: Provider
) -> None:
    child = terminal(fresh, line='token=$($auth token lake) && echo "<$token>"')
    approve(child, provider)
    child.expect("<(.*)>")
    assert isinstance(child.match, re.Match)
    assert provider.introspect(str(child.match[1]))["active"]
    assert code_of(child) == 0


def test_a_typed_address_does_not_get_into_the_token(fresh: Place, provider: OidcProvider) -> None:
    """The redirect sign-in over SSH: the question for the address, and what is said of a wrong one."""
    shell = 'token=$($auth token lake --flow authorization_code) && echo "<$token>"'
    child = terminal(fresh, line=shell, SSH_CONNECTION="192.0.2.1 1 192.0.2.2 22")
    child.expect(r"(http://127\.0\.0\.1:\d+/auth\?\S+)")
    assert isinstance(child.match, re.Match)
    back = provider.sign_in(str(child.match[1]))
    child.expect("Paste|address")
    child.sendline("https://elsewhere.example/")
    child.sendline(back)
    child.expect("<([^>]*)>")
    assert isinstance(child.match, re.Match)
    assert provider.introspect(str(child.match[1]))["active"]
    assert code_of(child) == 0


def test_where_nobody_can_be_asked_the_exit_code_says_so(fresh: Place, provider: Provider) -> None:
    for words in (["token", "lake"], ["login", "lake"]):
        ended = auth(fresh, *words)
        assert (ended.returncode, ended.stdout) == (3, ""), ended.stderr
    ended = auth(fresh, "login", "lkae")
    assert ended.returncode == 1 and 'did you mean "lake"?' in ended.stderr
    child = terminal(fresh, "token", "lake", "--no-interactive")
    child.expect("Sign in with: jupyter auth login lake")
    assert code_of(child) == 3
    wire = json.loads(auth(fresh, "token", "lake", "--json").stderr)
    assert (wire["error"], wire["reason"]) == ("interaction_required", "no_account")
    assert provider.log() == []


def test_without_a_terminal_a_person_is_asked_only_where_the_command_says_so(
    fresh: Place, provider: Provider
) -> None:
    with subprocess.Popen(
        [*COMMAND, "login", "lake", "--interactive", "--json"],
        env=dict(fresh.environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as asking:
        assert asking.stdout is not None and asking.stderr is not None
        said = ""
        while "2. Enter" not in said:
            said = asking.stderr.readline()
        provider.approve(said.split()[-1])
        assert json.loads(asking.stdout.read())["account"]["username"] == "ada"
        assert asking.wait(30) == 0


def test_no_answer_and_a_no_have_a_code_of_their_own(fresh: Place, provider: Provider) -> None:
    ended = auth(fresh, "login", "lake", "--interactive", "--timeout", "1")
    assert ended.returncode == 4 and "Nobody answered in time" in ended.stderr
    child = terminal(fresh, "login", "lake")
    child.expect(r"2\. Enter\s+(\S+)")
    assert isinstance(child.match, re.Match)
    provider.deny(str(child.match[1]))
    assert code_of(child) == 4


@pytest.mark.parametrize("verb", ["login", "token"])
def test_ctrl_c_ends_the_question_in_order(fresh: Place, verb: str) -> None:
    child = terminal(fresh, verb, "lake")
    child.expect("To stop, press Ctrl")
    child.sendintr()
    child.expect("Sign-in cancelled")
    child.expect(pexpect.EOF)
    assert "Traceback" not in (child.before or "")
    child.close()
    assert child.exitstatus == 130


def test_accounts_and_their_end(fresh: Place, provider: Provider) -> None:
    for name in ("ada", "grace"):
        log_in(fresh, provider, username=name)
    assert auth(fresh, "accounts").stdout == "ada · lake\ngrace · lake\n"
    unclear = auth(fresh, "token", "lake")
    assert unclear.returncode == 3 and "ada, grace" in unclear.stderr and "--account" in unclear.stderr
    assert told(fresh, "token", "lake", "--account", "grace")["account"]["username"] == "grace"
    assert auth(fresh, "logout", "lake", "--account", "nobody").returncode == 1
    report = told(fresh, "logout", "lake", "--account", "Grace")
    assert [(a["username"], a["outcome"]) for a in report["accounts"]] == [("grace", "revoked")]
    assert [row["username"] for row in told(fresh, "accounts", "lake")] == ["ada"]
    cleared = auth(fresh, "clear", "--revoke")
    assert cleared.returncode == 0 and "ada · lake: revoked at" in cleared.stdout
    assert "browser's own session with the provider stays" in cleared.stdout
    assert told(fresh, "accounts") == [] and auth(fresh, "token", "lake").returncode == 3


def test_what_could_not_be_revoked_is_no_success(fresh: Place, provider: Provider) -> None:
    log_in(fresh, provider)
    with fresh.toml.open("a", encoding="utf-8") as file:
        file.write('revocation_endpoint = "http://127.0.0.1:1/"\n')  # where nobody listens
    ended = auth(fresh, "logout", "lake")
    assert ended.returncode == 1 and "could not be revoked" in ended.stdout
    assert told(fresh, "accounts") == []


def test_an_application_s_own_token(fresh: Place, provider: OidcProvider) -> None:
    add_application(fresh, provider)
    for words in (["batch"], ["behalf", "--for-client"]):
        assert told(fresh, "token", *words)["account"] is None
    assert auth(fresh, "token", "lake", "--for-client").returncode == 1


def test_a_profile_that_asks_gives_nothing_to_a_pipe(fresh: Place, provider: Provider) -> None:
    log_in(fresh, provider)
    with fresh.toml.open("a", encoding="utf-8") as file:
        file.write('kernel_access = "ask"\n')
    ended = auth(fresh, "token", "lake")
    assert (ended.returncode, ended.stdout) == (3, "") and "ada" not in ended.stderr
    child = terminal(fresh, line='token=$($auth token lake) && echo "<${#token}>"')
    child.expect(r"<\d\d+>")
    assert code_of(child) == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["token", "laek"], 'did you mean "lake"'),
        (["clear", "nothing"], "There is no profile 'nothing'"),
        (["token", "lake", "--scopes", "a\tb"], "scope"),
        (["token", "lake", "--tenant", "x.example"], "tenant"),
    ],
)
def test_what_is_wrong_is_said_in_words(fresh: Place, words: list[str], said: str) -> None:
    ended = auth(fresh, *words)
    assert (ended.returncode, ended.stdout) == (1, ""), ended.stderr
    assert said in ended.stderr and "Traceback" not in ended.stderr


def test_a_provider_that_is_down_has_a_code_that_says_try_again(fresh: Place) -> None:
    fresh.profile("http://127.0.0.1:1", "gone")
    assert auth(fresh, "login", "gone", "--interactive").returncode == 5


def test_nobody_who_reads_is_no_traceback(fresh: Place, provider: Provider) -> None:
    log_in(fresh, provider)
    shell = "exec 3>&1; { $auth token lake; echo code $? >&3; } | true; $auth token lake >/dev/full; echo $?"
    child = terminal(fresh, line=f"trap '' PIPE; {shell}")
    child.expect(r"code (\d+)")
    assert isinstance(child.match, re.Match)
    assert child.match[1] in {"0", "141"}  # true may have ended before or after
    child.expect("No space left on device")
    child.expect("1\r\n")
    child.expect(pexpect.EOF)
    assert "Traceback" not in (child.before or "") and "Exception" not in (child.before or "")


def test_closed_streams_and_poor_encodings_are_no_fault(fresh: Place, provider: Provider) -> None:
    line = "$auth token lake 2>&-; echo $?; $auth token lake 0<&- 1>&- 2>&-; echo $?"
    child = terminal(fresh, line=line)
    child.expect("^3\r\n3\r\n$")  # and no word of an error where the token would be
    log_in(fresh, provider)
    assert auth(fresh, "accounts", PYTHONIOENCODING="ascii").stdout == "ada ? lake\n"


def test_a_second_ctrl_c_ends_at_once(fresh: Place, provider: Provider) -> None:
    provider.set(hold_ms=3000)
    child = terminal(fresh, "login", "lake")
    child.expect("To stop, press Ctrl", timeout=60)
    child.sendintr()
    child.expect("cancelled")
    child.kill(signal.SIGINT)
    child.expect(pexpect.EOF)
    assert "Traceback" not in (child.before or "")
