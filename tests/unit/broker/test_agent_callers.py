"""The agent's callers: what they use is renewed while they are connected, and not for ever."""

from typing import Any

from jupyter_auth.agent.callers import ProcessSession
from jupyter_auth.agent.processes import Caller, Processes
from jupyter_auth.broker.operations import Operations
from tests.idp import MisbehavingProvider
from tests.unit.broker.bench import Bench, refreshes
from tests.unit.broker.holding import HOUR, Held, ask


def session_of(bench: Bench, processes: Processes) -> ProcessSession:
    """The connection of a process that means the profile ``lake``."""
    operations = Operations(bench.broker, processes, bench.broker.status)
    return ProcessSession(operations, processes.enter(Caller(pid=None, profile="lake")), processes)


async def test_a_verb_that_is_none_is_refused_as_ever(bench: Bench) -> None:
    session = session_of(bench, Processes(lambda _: True))
    wrong: tuple[Any, ...] = ([], {}, None, 7, "telepathy")
    for op in wrong:
        assert (await session.respond({"op": op}))["reason"] == "unknown_verb"


async def test_a_process_that_computes_finds_its_token_and_a_forgotten_one_lets_it_end(
    idp: MisbehavingProvider, bench: Bench
) -> None:
    await bench.sign_in()
    held, began = Held(bench), bench.broker.clock.elapsed()
    processes = Processes(lambda _: True, bench.broker.clock.elapsed)
    session = session_of(bench, processes)
    await ask(session)
    await held.pass_time(24 * HOUR, 300)
    within = refreshes(idp)
    assert within >= 30, bench.broker.clock.elapsed() - began
    await held.pass_time(72 * HOUR, 600)
    assert refreshes(idp) <= within + 2
    await ask(session)  # it comes back, and is in use again
    now = refreshes(idp)
    await held.pass_time(5 * HOUR, 300)
    assert refreshes(idp) >= now + 6
