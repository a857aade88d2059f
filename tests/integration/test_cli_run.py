"""``jupyter auth run``: a token where a command can read it, and where nobody else finds it."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pexpect
import psutil
import pytest

from tests.idp import OidcProvider
from tests.integration.test_applications import add_application
from tests.support import Place, place, until
from tests.support.command import COMMAND, Ended, auth, code_of, log_in, terminal, told
from tests.support.resource import Resource, resource


@pytest.fixture
def signed_in(fresh: Place, provider: OidcProvider) -> Place:
    log_in(fresh, provider)
    return fresh


@pytest.fixture
def api() -> Iterator[Resource]:
    """An API that says no to nobody."""
    with resource() as running:
        running.refusals = 0
        yield running


def run(home: Place, *words: str) -> Ended:
    return auth(home, "run", "--profile", "lake", *words)


def left(home: Place) -> list[Path]:
    return list(home.runtime.glob("jupyter_auth-run-*"))


def _heed_signals() -> None:
    """As in a terminal: under nohup or in a shell's background some are ignored, and then not passed on."""
    for number in SIGNALS:
        signal.signal(number, signal.SIG_DFL)


@contextmanager
def running(
    home: Place, code: str, *words: str, options: tuple[str, ...] = ()
) -> Iterator["subprocess.Popen[str]"]:
    """``run`` with a Python for its command; both have ended at the end, however that comes."""
    with subprocess.Popen(
        [*COMMAND, "run", "--profile", "lake", *options, "--", sys.executable, "-c", code, *words],
        env=dict(home.environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        bufsize=1,
        preexec_fn=_heed_signals,  # noqa: PLW1509 -- no threads here
    ) as process:
        try:
            yield process
        finally:
            if process.poll() is None:
                process.terminate()  # which it passes on


def line_of(process: "subprocess.Popen[str]") -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def test_each_way_holds_the_token_and_can_be_read_twice(signed_in: Place) -> None:
    token = told(signed_in, "token", "lake")["access_token"]
    script = "cat {token_file} {token_file} && cat {header_file} && cat <&{fd} && cat /dev/fd/{fd}"
    ended = run(signed_in, "--", "bash", "-c", script)
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout == f"{token}{token}Authorization: Bearer {token}\n{token}{token}"
    named = run(signed_in, "--fd", "7", "--token-file", "T", "--header-file", "H", "--", "bash", "-c",
                'cat "$T" - <&7; cat "$H"; stat -L -c %a "$T"; stat -c %a "$(dirname "$T")"')  # fmt: skip
    assert named.stdout == f"{token}{token}Authorization: Bearer {token}\n600\n700\n"
    assert left(signed_in) == []


def test_curl_calls_an_api_with_it(signed_in: Place, api: Resource) -> None:
    ended = run(signed_in, "--", "curl", "-sS", "-o", "/dev/null", "-w", "%{http_code}",
                "--noproxy", "*", "-H", "@{header_file}", api.url)  # fmt: skip
    assert (ended.returncode, ended.stdout) == (0, "200"), ended.stderr
    assert api.tokens == [told(signed_in, "token", "lake")["access_token"]]


def test_neither_arguments_nor_environment_nor_disk_hold_it(signed_in: Place, provider: OidcProvider) -> None:
    code = "import sys; print('up', flush=True); sys.stdin.read() or __import__('time').sleep(60)"
    words = ("{token_file}", "{header_file}", "{fd}")
    with running(signed_in, code, *words, options=("--token-file", "T")) as process:
        assert line_of(process) == "up"
        secrets = [secret.encode() for kind in provider.issued().values() for secret in kind]
        assert secrets
        seen = b""
        for one in (process.pid, *(c.pid for c in psutil.Process(process.pid).children(recursive=True))):
            seen += Path(f"/proc/{one}/cmdline").read_bytes() + Path(f"/proc/{one}/environ").read_bytes()
        seen += b"".join(
            p.read_bytes() for p in signed_in.root.rglob("*") if p.is_file() and not p.is_symlink()
        )
        assert [secret for secret in secrets if secret in seen] == []
        process.terminate()
        assert process.wait(30) == 128 + signal.SIGTERM
    assert left(signed_in) == []


def test_a_kill_leaves_no_token_and_the_next_run_tidies_up(signed_in: Place) -> None:
    code = "import sys, time; print(open(sys.argv[1]).read(), flush=True); time.sleep(60)"
    with running(signed_in, code, "{token_file}") as process:
        token = line_of(process)
        (folder,) = left(signed_in)
        (link,) = folder.iterdir()
        assert link.read_text() == token
        (child,) = psutil.Process(process.pid).children()
        process.kill()
        process.wait()
        assert link.is_symlink() and not link.exists()
        with pytest.raises(FileNotFoundError):
            link.read_text()
        child.kill()
    assert run(signed_in, "--", "true", "{fd}").returncode == 0
    assert left(signed_in) == []


FOLLOWS = """
import sys, time
path, seen = sys.argv[1], []
while True:
    try:
        held = open(path).read()
    except FileNotFoundError:
        held = "none"
    if held not in seen:
        seen.append(held)
        print(held, flush=True)
    time.sleep(0.005)
"""


def test_the_file_follows_a_refresh_a_sign_out_and_a_sign_in(
    signed_in: Place, provider: OidcProvider
) -> None:
    with running(signed_in, FOLLOWS, "{token_file}") as process:
        first = line_of(process)
        second = told(signed_in, "token", "lake", "--force-refresh")["access_token"]
        assert line_of(process) == second != first
        assert auth(signed_in, "clear").returncode == 0
        assert line_of(process) == "none"
        assert process.stderr is not None and "Nobody is signed in" in process.stderr.readline()
        log_in(signed_in, provider)
        third = line_of(process)
        assert third not in {first, second, "none"} and provider.introspect(third)["active"]
        process.terminate()
        process.wait(30)


def test_the_command_is_the_command_s_own(signed_in: Place) -> None:
    assert run(signed_in, "--", "bash", "-c", "exit 7", "{fd}").returncode == 7
    assert run(signed_in, "--", "bash", "-c", "kill -9 $$", "{fd}").returncode == 137
    missing = run(signed_in, "--", "no-such-command", "{fd}")
    assert missing.returncode == 127 and "no-such-command: No such file" in missing.stderr
    assert run(signed_in, "--", "/etc/passwd", "{fd}").returncode == 126
    several = run(signed_in, "--", "printf", "%s|", "--", "-x", "--json", "{other}", "{fd}")
    assert several.stdout == "--|-x|--json|{other}|3|", several.stderr


def test_where_there_is_no_token_nothing_runs(fresh: Place) -> None:
    ended = run(fresh, "--", "touch", str(fresh.root / "ran"), "{fd}")
    assert ended.returncode == 125 and "jupyter auth login lake" in ended.stderr
    assert not (fresh.root / "ran").exists()


SIGNALS = (signal.SIGUSR1, signal.SIGUSR2, signal.SIGHUP, signal.SIGINT, signal.SIGQUIT)


def test_signals_reach_the_command(signed_in: Place) -> None:
    code = (
        "import signal, sys, time\n"
        "for word in sys.argv[2:]:\n"
        "    signal.signal(int(word), lambda number, _: print(number, flush=True))\n"
        "print('ready', flush=True)\ntime.sleep(60)"
    )
    with running(signed_in, code, "{fd}", *(str(int(number)) for number in SIGNALS)) as process:
        assert line_of(process) == "ready"
        for number in SIGNALS:
            process.send_signal(number)
            assert line_of(process) == str(int(number))
        process.terminate()
        assert process.wait(30) == 128 + signal.SIGTERM


def test_signals_while_it_tidies_up_do_not_hinder_that(signed_in: Place) -> None:
    code = "import sys, time; print(open(sys.argv[1]).read(), flush=True); time.sleep(60)"
    with running(signed_in, code, "{token_file}") as process:
        assert line_of(process)
        while process.poll() is None:
            process.terminate()
            time.sleep(0.001)
    assert left(signed_in) == []


def test_ctrl_c_in_a_terminal_reaches_the_command_once(signed_in: Place) -> None:
    code = (
        "import signal, time; heard = []\n"
        "signal.signal(signal.SIGINT, lambda *_: heard.append(1))\n"
        "print('ready', flush=True); time.sleep(0.1)\n"
        "while not heard: time.sleep(0.01)\n"
        "time.sleep(0.5); print('heard', len(heard))"
    )
    child = terminal(signed_in, "run", "--profile", "lake", "--", sys.executable, "-c", code, "{fd}")
    child.expect("ready")
    child.sendintr()
    child.expect(r"heard (\d)")
    assert isinstance(child.match, re.Match) and child.match[1] == "1"
    assert code_of(child) == 0


def test_ctrl_c_while_it_asks(fresh: Place) -> None:
    child = terminal(fresh, "run", "--profile", "lake", "--", "true", "{fd}")
    child.expect("To stop, press Ctrl")
    child.sendintr()
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 130 and "Traceback" not in (child.before or "")


def test_a_client_s_secret_does_not_go_on_to_the_command(fresh: Place, provider: OidcProvider) -> None:
    add_application(fresh, provider)
    text = fresh.toml.read_text(encoding="utf-8")
    file = re.search(r'client_secret_file = "(.*)"', text)
    assert file is not None
    secret = Path(file[1]).read_text(encoding="utf-8")
    fresh.toml.write_text(text.replace(file[0], 'client_secret_env = "BATCH_SECRET"', 1), encoding="utf-8")
    ended = auth(fresh, "run", "--profile", "batch", "--for-client", "--", "bash", "-c",
                 "env; cat <&{fd}", BATCH_SECRET=secret)  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    assert secret not in ended.stdout and "BATCH_SECRET" not in ended.stdout
    assert f"PATH={os.environ['PATH']}" in ended.stdout


def test_a_place_is_needed_for_nothing_else() -> None:
    """Another user's folders of the name are left alone."""
    with place() as home:
        strange = home.runtime / "jupyter_auth-run-x"
        strange.mkdir()
        assert run(home, "--", "true", "{fd}").returncode == 125
        assert strange.exists()


def test_two_at_once_do_not_mix(signed_in: Place) -> None:
    code = "import sys, time; print(open(sys.argv[1]).read(), flush=True); time.sleep(60)"
    with running(signed_in, code, "{token_file}") as one, running(signed_in, code, "{token_file}") as other:
        assert line_of(one) == line_of(other)
        assert len(left(signed_in)) == 2
        one.terminate()
        until(lambda: len(left(signed_in)) == 1)
        other.terminate()
    assert left(signed_in) == []
