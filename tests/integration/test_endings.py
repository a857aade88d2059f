"""The end of a process that has a broker of its own: in time, in order, and with typed errors."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable

import pytest

from tests.idp import OidcProvider
from tests.support import Kernel, Place

EXIT_HANDLER = """
import atexit, time
def late():
    began = time.time()
    try:
        ja.get_accounts(); said = "accounts"
    except ja.TransportError as error:
        said = error.reason
    print(said, time.time() - began < 8)
atexit.register(late)
import jupyter_auth as ja
ja.get_token("lake")
"""
THREAD = """
import threading, time
import jupyter_auth as ja
def late():
    time.sleep(0.5)
    tok = ja.get_token("lake", force_refresh=True)
    print(tok.metadata.token_source.value, threading.main_thread().is_alive())
{first}
threading.Thread(target=late).start()
"""
FORK = """
import os, sys, time
import jupyter_auth as ja
ja.get_token("lake")
if os.fork() == 0:
    {child}
    sys.exit(0)
os.wait()
print(ja.get_token("lake").account.username)
"""


@pytest.fixture
def run(home: Place, kernel: Kernel, sign_in: Callable[..., str]) -> Callable[[str], tuple[str, float]]:
    """Run a script to its end; what it said, and how long that took."""
    sign_in(kernel)

    def run(code: str) -> tuple[str, float]:
        began = time.monotonic()
        done = subprocess.run(
            [sys.executable, "-c", code],
            env=dict(home.environment),
            capture_output=True,
            text=True,
            timeout=110,
            check=True,
        )
        assert done.stderr == ""
        return done.stdout.strip(), time.monotonic() - began

    return run


def test_a_call_after_the_broker_s_end_is_refused_at_once(run: Callable[[str], tuple[str, float]]) -> None:
    said, took = run(EXIT_HANDLER)
    assert said == "server_stopped True" and took < 50


@pytest.mark.parametrize("first", ["ja.get_token('lake')", ""])
def test_a_thread_that_outlives_the_main_program_gets_its_token(
    run: Callable[[str], tuple[str, float]], first: str
) -> None:
    said, took = run(THREAD.format(first=first))
    assert said in {"identity_provider False", "cache False"} and took < 50


@pytest.mark.parametrize("child", ["pass", "ja.get_token('lake')"])
def test_a_forked_child_ends_at_once(run: Callable[[str], tuple[str, float]], child: str) -> None:
    said, took = run(FORK.format(child=child))
    assert said == "ada" and took < 50


def test_a_child_forked_during_a_refresh_does_not_keep_the_lease(
    run: Callable[[str], tuple[str, float]], provider: OidcProvider
) -> None:
    provider.set(hold_ms=1500)
    said, took = run(
        "import multiprocessing, threading, time, jupyter_auth as ja\n"
        "ja.get_token('lake')\n"
        "work = threading.Thread(target=lambda: ja.get_token('lake', force_refresh=True))\n"
        "work.start(); time.sleep(0.5)\n"
        "child = multiprocessing.get_context('fork').Process(target=time.sleep, args=(100,))\n"
        "child.start(); work.join(); began = time.time()\n"
        "ja.get_token('lake', force_refresh=True)\n"
        "print(time.time() - began < 50)\n"
        "child.kill()"
    )
    assert said == "True" and took < 90
    provider.set(hold_ms=0)


def test_the_end_is_not_kept_waiting_by_a_prompt(home: Place, provider: OidcProvider) -> None:
    """Ctrl+C on a script that asks: it ends, and so does its question."""
    with subprocess.Popen(
        [sys.executable, "-c", "import jupyter_auth as ja; ja.get_token('lake', interactive=True)"],
        env=dict(home.environment),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            for line in process.stdout:
                if "To stop" in line:
                    break
            os.kill(process.pid, signal.SIGINT)
            out, err = process.communicate(timeout=60)
        finally:
            process.kill()
    assert "Sign-in cancelled" in out and "KeyboardInterrupt" in err
