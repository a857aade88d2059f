"""A kernel finds its broker also where others crowd the socket: it is hung up on, and tries again."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from jupyter_auth.core import frames
from jupyter_auth.kernel import finding

ANSWERS = ({"nonce": "n", "broker_id": "b"}, {"ok": True, "kernel_id": "k"})


@contextmanager
def crowded(path: Path, hang_ups: int) -> Iterator[list[int]]:
    """A broker that hangs up on so many before it answers one; how many have come."""
    came = [0]
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(path))
        listening.listen()

        def serve() -> None:
            with suppress(OSError):
                while True:
                    line, _ = listening.accept()
                    came[0] += 1
                    with line, line.makefile("rwb") as stream:
                        for answer in ANSWERS if came[0] > hang_ups else ():
                            stream.read(frames.body_length(stream.read(frames.HEADER)))
                            stream.write(frames.encode(answer))
                            stream.flush()

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield came
        finally:
            listening.shutdown(socket.SHUT_RDWR)
            thread.join(60)


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where this kernel's connection file would be."""
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(tmp_path))
    monkeypatch.delenv("JPY_PARENT_PID", raising=False)
    return tmp_path / "kernel-k.json"


def test_many_hang_ups_in_a_short_time_are_no_end(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(finding, "CROWDED", 60.0)
    with crowded(file.with_name("jupyter_auth-1.sock"), 30) as came:
        found, problem = finding._proven_connection(file, b"key")
        assert found is not None and problem is None and came == [31]
        found.close()


def test_one_that_always_hangs_up_is_left_in_the_end(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(finding, "CROWDED", 0.0)
    with crowded(file.with_name("jupyter_auth-1.sock"), 1000) as came:
        found, problem = finding._proven_connection(file, b"key")
    assert found is None and problem is not None and problem.reason == "broker_lost"
    assert came == [finding.ATTEMPTS]
