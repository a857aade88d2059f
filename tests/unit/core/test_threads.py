"""Daemon threads as an executor: results, errors, a limit, an end."""

import gc
import threading
import time
import weakref

import pytest

from jupyter_auth.core.threads import DaemonThreads
from tests.support import until


def test_results_and_errors_come_back() -> None:
    threads = DaemonThreads(4, "test")
    assert [threads.submit(pow, n, 2).result(5) for n in range(20)] == [n**2 for n in range(20)]
    with pytest.raises(ZeroDivisionError):
        threads.submit(lambda: 1 // 0).result(5)
    threads.shutdown()


def test_no_more_threads_than_the_limit() -> None:
    threads = DaemonThreads(3, "test-limit")
    together, most = threading.Semaphore(0), [0]

    def work() -> None:
        names = [t for t in threading.enumerate() if t.name == "test-limit"]
        most[0] = max(most[0], len(names))
        together.release()
        time.sleep(0.02)

    futures = [threads.submit(work) for _ in range(30)]
    for future in futures:
        future.result(5)
    assert most[0] == 3 and all(t.daemon for t in threading.enumerate() if t.name == "test-limit")
    threads.shutdown()


def test_it_tells_whether_work_is_under_way() -> None:
    threads, go = DaemonThreads(2, "test"), threading.Event()
    assert not threads.is_busy
    future = threads.submit(go.wait, 5)
    assert threads.is_busy
    go.set()
    future.result(5)
    deadline = time.monotonic() + 60
    while threads.is_busy and time.monotonic() < deadline:
        time.sleep(0.001)
    assert not threads.is_busy


def test_after_the_end_nothing_is_taken_and_what_waits_is_cancelled() -> None:
    threads, go = DaemonThreads(1, "test-end"), threading.Event()
    running, waiting = threads.submit(go.wait, 5), threads.submit(pow, 2, 2)
    threads.shutdown(wait=False, cancel_futures=True)
    assert waiting.cancelled()
    with pytest.raises(RuntimeError):
        threads.submit(pow, 2, 2)
    go.set()
    assert running.result(5) is True


class Token:
    """What work gives, or fails with in hand."""


@pytest.mark.parametrize("fails", [False, True])
def test_a_thread_that_waits_for_more_holds_nothing_of_what_it_did(fails: bool) -> None:
    threads, made = DaemonThreads(1, "test-holds"), []

    def work() -> Token:
        token = Token()
        made.append(weakref.ref(token))
        if fails:
            raise OSError
        return token

    gc.disable()  # it is let go of at once, not when the collector comes
    try:
        future = threads.submit(work)
        until(future.done)
        del future
        until(lambda: made[0]() is None)
        assert threads.submit(pow, 2, 2).result(5) == 4  # it was waiting, and goes on
    finally:
        gc.enable()
        threads.shutdown()
