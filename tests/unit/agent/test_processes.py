"""Callers of the agent: for how long what they use is renewed."""

from jupyter_auth.agent.processes import COMPUTES_FOR, Caller, Processes


class Scene:
    """One process that is connected, and a clock."""

    def __init__(self) -> None:
        self.connected: set[str] = set()
        self.now = 1000.0
        self.processes = Processes(lambda known: known in self.connected, lambda: self.now)
        self.one = self.processes.enter(Caller(pid=None))
        self.connected.add(self.one)

    def runs(self, later: float = 0.0) -> bool:
        self.now += later
        return self.processes.runs(self.one)


def test_a_process_that_has_asked_for_nothing_needs_nothing() -> None:
    assert not Scene().runs()


def test_one_that_has_asked_is_taken_to_compute_for_a_day_and_no_longer() -> None:
    scene = Scene()
    scene.processes.asks(scene.one)
    assert scene.runs() and scene.runs(COMPUTES_FOR)
    assert not scene.runs(1.0), "a forgotten notebook would keep its sign-in alive for ever"
    scene.processes.asks(scene.one)
    assert scene.runs(COMPUTES_FOR)


def test_it_ends_with_the_connection() -> None:
    scene = Scene()
    scene.processes.asks(scene.one)
    scene.connected.clear()
    assert not scene.runs() and not scene.processes.lives(scene.one)
    other = scene.processes.enter(Caller(pid=None))
    assert other != scene.one and scene.processes._asked == {}  # nothing is kept of who has gone
