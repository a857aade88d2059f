"""Worker handles of one process: each has a line of its own to the broker, opened anew where it broke."""

import threading
from dataclasses import replace
from typing import Any

import pytest

from jupyter_auth.core.errors import AuthError, KernelGrantRequiredError, TransportError
from jupyter_auth.core.wire import result_to_wire
from jupyter_auth.kernel import worker_handle
from jupyter_auth.kernel.connection import lost
from jupyter_auth.kernel.worker_handle import WorkerHandle
from tests.unit.core.samples import result

HANDLE = WorkerHandle(
    profile="lake",
    scopes=(),
    account="ada",
    tenant=None,
    kernel_id="k1",
    connection_file="",
    socket="",
    host="here",
)


class Broker:
    """Answers for a broker, connection by connection; ``faults`` are what the next requests end with."""

    def __init__(self) -> None:
        self.faults: list[AuthError] = []
        self.opened: list[str] = []
        self.held = threading.Event()
        self.go_on = threading.Event()

    def connect(self, handle: WorkerHandle) -> "Line":
        self.opened.append(handle.profile)
        return Line(self, handle.profile)


class Line:
    """A connection."""

    def __init__(self, broker: Broker, profile: str) -> None:
        self._broker, self._profile = broker, profile
        self.is_closed = False

    def call(self, request: dict[str, Any]) -> dict[str, Any]:
        if self._profile == "slow":
            self._broker.held.set()
            assert self._broker.go_on.wait(60)
        if self._broker.faults:
            problem = self._broker.faults.pop(0)
            self.is_closed = problem.reason == "broker_lost"
            raise problem
        return {"ok": True, "result": result_to_wire(result())}

    def close(self) -> None:
        self.is_closed = True


@pytest.fixture
def broker(monkeypatch: pytest.MonkeyPatch) -> Broker:
    made = Broker()
    monkeypatch.setattr(worker_handle, "_connected", made.connect)
    monkeypatch.setattr(worker_handle, "_lines", worker_handle._Lines())
    return made


def test_a_handle_that_waits_keeps_no_other_waiting(broker: Broker) -> None:
    slow = threading.Thread(target=replace(HANDLE, profile="slow").get_token, daemon=True)
    slow.start()
    assert broker.held.wait(60)
    got: list[str] = []
    other = threading.Thread(target=lambda: got.append(HANDLE.get_token().reveal()), daemon=True)
    other.start()
    other.join(50)
    was_kept_waiting = other.is_alive()
    broker.go_on.set()
    slow.join(50)
    assert got and not was_kept_waiting


def test_a_line_that_broke_is_opened_anew_once(broker: Broker) -> None:
    HANDLE.get_token()
    broker.faults = [lost("gone")]
    HANDLE.get_token()
    assert len(broker.opened) == 2
    broker.faults = [lost("gone"), lost("gone"), lost("gone")]
    with pytest.raises(TransportError):
        HANDLE.get_token()
    assert len(broker.faults) == 1


def test_what_has_ended_is_forgotten(broker: Broker) -> None:
    for number in range(5):
        handle = replace(HANDLE, kernel_id=f"k{number}")
        handle.get_token()
        broker.faults = [KernelGrantRequiredError("The kernel has ended.", reason="kernel_gone")]
        with pytest.raises(KernelGrantRequiredError):
            handle.get_token()
    assert len(worker_handle._lines._all) == 1
