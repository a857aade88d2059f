"""The log of a detached agent: bounded, closed to others, without secrets, and no link is followed."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from jupyter_auth.agent.log import MAX_RECORD, MAX_SIZE, keep_log
from jupyter_auth.core.errors import NoSafeStoreError

#: What an agent does that has much to say, in a process of its own: the log is the whole process'.
TELLS = """
import logging, os, resource, sys, threading, warnings
from pathlib import Path
from jupyter_auth.agent.log import keep_log
from jupyter_auth.core.log_filter import filter_logs
from jupyter_auth.core.secret import Secret

os.umask(0)
resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
filter_logs()
keep_log(Path(sys.argv[1]))
log, secret = logging.getLogger("tests"), Secret("canary-of-an-agent-0123456789")
for number in range(int(sys.argv[2])):
    log.info("line %d: %s", number, "x" * 1000)
log.info("y" * 100_000)
log.info("a\\ud800b")
log.debug("too much")
log.warning("it holds %s", secret.reveal())
warnings.warn(f"it holds {secret.reveal()}")
class Loud:
    def __del__(self): raise ValueError(secret.reveal())
def fails(): raise OSError(secret.reveal())
thread = threading.Thread(target=fails); thread.start(); thread.join()
Loud()
sys.stderr.flush(); os.kill(os.getpid(), 11)
"""


def told(log: Path, lines: int) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-P", "-c", TELLS, str(log), str(lines)]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=log.parent)


def test_what_went_wrong_is_in_it_and_no_secret(tmp_path: Path) -> None:
    log = tmp_path / "agent.log"
    done = told(log, 3)
    said = log.read_text()
    assert done.returncode == -11 and "Segmentation fault" in said
    assert "line 2:" in said and "too much" not in said and "a\\ud800b" in said
    assert "it holds •••" in said and "UserWarning: it holds •••" in said
    assert "A thread failed: OSError at" in said and "What nobody could be told: ValueError at" in said
    assert "canary" not in said + done.stdout + done.stderr
    assert max(map(len, said.splitlines())) < MAX_RECORD + 200


def test_it_is_closed_to_others_and_bounded(tmp_path: Path) -> None:
    log, before = tmp_path / "agent.log", tmp_path / "agent.log.1"
    log.touch(mode=0o666)
    log.chmod(0o666)
    told(log, 1000)
    files = sorted(tmp_path.iterdir())
    assert files == [log, before]
    for file in files:
        assert file.stat().st_mode & 0o777 == 0o600 and 0 < file.stat().st_size <= MAX_SIZE
    assert "Segmentation fault" in log.read_text()  # also after the file is another


@pytest.mark.parametrize("kind", ["link", "second name", "pipe", "folder"])
def test_what_is_no_file_of_one_s_own_is_not_written_to(tmp_path: Path, kind: str) -> None:
    log, other = tmp_path / "agent.log", tmp_path / "other"
    other.touch()
    match kind:
        case "link":
            log.symlink_to(other)
        case "second name":
            log.hardlink_to(other)
        case "pipe":
            os.mkfifo(log)
        case _:
            log.mkdir()
    with pytest.raises(NoSafeStoreError):
        keep_log(log)
    assert other.read_bytes() == b""
