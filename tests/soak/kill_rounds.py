"""Rounds of ``kill -9`` while everybody forces a refresh: ``python -m tests.soak.kill_rounds 200``.

Kernels of two servers and scripts without one share a sign-in at a provider with rotation and reuse
detection. In each round one of them (or a server) gets ``kill -9`` at a random moment. Whoever is left goes
on within five seconds. A person is asked only where the one who died had been given a new refresh token and
had not saved it yet: no client can help that, so those rounds are counted.
"""

import os
import random
import signal
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

from jupyter_auth.cli.demo.jupyter_process import JupyterProcess
from tests.idp import OidcProvider
from tests.support import Kernel, Place, Script, place

LIMIT = 5.0  # seconds in which whoever is left goes on
HOLD = 0.4  # seconds for which the provider keeps its answer back, after it has rotated
CODE = """
time.sleep(max(0, {at} - time.time())); began = time.time()
try:
    tok = ja.get_token("lake", force_refresh=True, interactive=False)
    outcome = [tok.metadata.token_source, time.time()]
except ja.AuthError as error:
    outcome = [type(error).__name__ + " " + error.reason, time.time()]
"""
PERSON_NEEDED = {"InteractionRequiredError invalid_grant", "InteractionRequiredError no_refresh_token"}


@dataclass(slots=True, kw_only=True)
class Tally:
    """What came of the rounds."""

    rounds: int = 0
    person_asked: int = 0
    slowest: float = 0.0
    killed: dict[str, int] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        killed = ", ".join(f"{count} × {kind}" for kind, count in sorted(self.killed.items()))
        return (
            f"{self.rounds} rounds, killed {killed}; a person was asked in {self.person_asked}, each time "
            f"since the one who died had not saved its new refresh token yet; whoever was left went on "
            f"within {self.slowest:.1f} s; {len(self.wrong)} wrong"
        )


class Company:
    """Two servers with two kernels each, and three scripts."""

    def __init__(self, where: Place, stack: ExitStack) -> None:
        self._where = where
        self._stack = stack
        self.servers = [self._server() for _ in range(2)]
        self.kernels = [[self._kernel(server) for _ in range(2)] for server in self.servers]
        self.scripts = [self._script() for _ in range(3)]

    def _server(self) -> JupyterProcess:
        return self._stack.enter_context(self._where.server())

    def _kernel(self, server: JupyterProcess) -> Kernel:
        made = Kernel(server)
        self._stack.callback(made.close)
        made.run("import jupyter_auth as ja, os, time")
        return made

    def _script(self) -> Script:
        made = Script(self._where)
        self._stack.callback(made.end)
        return made

    def all(self) -> list[Kernel | Script]:
        """Everybody who asks for tokens."""
        return [*(kernel for group in self.kernels for kernel in group), *self.scripts]

    def victim(self, chance: random.Random) -> tuple[str, int, list[Kernel | Script], Callable[[], None]]:
        """Somebody to kill: what it is, its process, who dies with it, and how to replace it."""
        kind = chance.choice(["server", "kernel", "script", "script"])
        number = chance.randrange(len(self.scripts) if kind == "script" else 2)
        if kind == "script":
            script = self.scripts[number]
            return kind, script.pid, [script], lambda: self._new_script(number)
        if kind == "server":
            dying: list[Kernel | Script] = [*self.kernels[number]]
            return kind, self.servers[number].pid, dying, lambda: self._new_server(number)
        which = chance.randrange(2)
        kernel = self.kernels[number][which]
        return kind, kernel.run("", "os.getpid()"), [kernel], lambda: self._new_kernel(number, which)

    def _new_script(self, number: int) -> None:
        self.scripts[number].end()
        self.scripts[number] = self._script()

    def _new_kernel(self, number: int, which: int) -> None:
        self.kernels[number][which].close()
        self.kernels[number][which] = self._kernel(self.servers[number])

    def _new_server(self, number: int) -> None:
        self.servers[number] = self._server()
        for which in range(2):
            self._new_kernel(number, which)


class Game:
    """The rounds."""

    def __init__(self, provider: OidcProvider, company: Company, seed: int) -> None:
        self._provider = provider
        self._company = company
        self._chance = random.Random(seed)
        self._lost = False  # somebody died with a new refresh token that nobody has
        self.tally = Tally()

    def sign_in(self) -> None:
        """As a person."""
        script = self._company.scripts[0]
        self._provider.set(hold_ms=0)
        script.start("tok = ja.acquire_token_by_device_flow('lake', timeout=100)", "tok.account.username")
        self._provider.approve(script.said_until("The code expires").partition("2. Enter")[2].split()[0])
        assert script.result() == "ada"
        self._lost = False

    def play(self) -> None:
        """One round."""
        kind, pid, dying, replace = self._company.victim(self._chance)
        left = [one for one in self._company.all() if one not in dying]
        for one in self._company.all():
            one.run("ja.get_token('lake', interactive=False)")
        self._provider.reset_log()
        self._provider.set(hold_ms=int(HOLD * 1000))
        at = time.time() + 0.3
        begun = [(one, one.start(CODE.format(at=at), "outcome")) for one in self._company.all()]
        time.sleep(max(0.0, at + self._chance.uniform(0, 2 * HOLD) - time.time()))
        os.kill(pid, signal.SIGKILL)
        killed_at = time.time()
        outcomes = [self._outcome(one, cell) for one, cell in begun if one in left]
        self._judge(kind, killed_at, outcomes)
        replace()
        self.tally.rounds += 1
        self.tally.killed[kind] = self.tally.killed.get(kind, 0) + 1
        if any(said in PERSON_NEEDED for said, _ in outcomes):
            self.tally.person_asked += 1
            self.sign_in()

    @staticmethod
    def _outcome(one: Kernel | Script, cell: Any) -> tuple[str, float]:
        said, ended = one.result_of(cell) if isinstance(one, Kernel) else one.result()
        return str(said), float(ended)

    def _judge(self, kind: str, killed_at: float, outcomes: list[tuple[str, float]]) -> None:
        last = max(ended for _, ended in outcomes) - killed_at
        self.tally.slowest = max(self.tally.slowest, last)
        said = [words for words, _ in outcomes]
        rotations = [e for e in self._provider.log() if e["grant_type"] == "refresh_token" and e["ok"]]
        unsaved = [e for e in rotations if e["at"] - 0.1 <= killed_at <= e["at"] + HOLD + 0.3]
        served = said.count("identity_provider")
        self._lost |= kind != "kernel" and bool(unsaved) and len(rotations) > served
        asked = any(words in PERSON_NEEDED for words in said)
        wrong = {
            f"went on only after {last:.1f} s": last > LIMIT,
            f"outcomes {said}": bool(set(said) - PERSON_NEEDED - {"cache", "identity_provider"}),
            "a person was asked although nothing was lost": asked and not self._lost,
        }
        where = f"round {self.tally.rounds + 1} ({kind})"
        self.tally.wrong += [f"{where}: {words}" for words, is_so in wrong.items() if is_so]


def play(rounds: int, seed: int, *, loud: bool = False) -> Tally:
    """Play, and tell what came of it."""
    with ExitStack() as stack:
        provider = stack.enter_context(OidcProvider())
        provider.set(interval=1)
        where = stack.enter_context(place(provider.issuer))
        game = Game(provider, Company(where, stack), seed)
        game.sign_in()
        for number in range(rounds):
            game.play()
            if loud:
                print(f"{number + 1}: {game.tally}", flush=True)
        return game.tally


if __name__ == "__main__":
    outcome = play(int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 1, loud=True)
    print("\n".join(outcome.wrong))
    sys.exit(bool(outcome.wrong))
