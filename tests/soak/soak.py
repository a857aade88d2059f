"""Kernels of two Jupyter servers on one Redis use short-lived tokens, while Redis and the provider fail."""

import random
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.idp import OidcProvider
from tests.soak.outages import Outages
from tests.soak.report import Held, Report, held
from tests.support import Kernel, Place, place, until
from tests.support.redis_server import RedisServer

IN_KERNEL = Path(__file__).with_name("in_kernel.py")
ACCOUNTS = ("ada", "grace")
SETTINGS = """
c.JupyterAuth.store = "redis"
c.JupyterAuth.redis_url_file = {file!r}
"""
LIMIT = 120.0  # seconds for a cell of ours, on a machine with much else to do

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How long, how many, how fast."""

    seconds: float
    kernels: int = 20
    lifetime: int = 60  # seconds of an access token
    tokens: float = 10.0  # asked for by each kernel in a second
    calls: float = 5.0  # of the API by each kernel in a second
    between: tuple[float, float] = (15, 45)  # seconds between two outages
    calm: float = 15.0  # seconds without an outage at the end, in which everything has to work
    kinds: tuple[str, ...] = ()  # of outages, in this order; without any, as chance has it


class Company:
    """The servers and their kernels, with both accounts signed in."""

    def __init__(self, where: Place, provider: OidcProvider, plan: Plan, stack: ExitStack) -> None:
        self.servers = [stack.enter_context(where.server()) for _ in range(2)]
        with ThreadPoolExecutor(2) as two:  # more at once take longer on a small machine
            self.kernels = list(two.map(self._start, range(plan.kernels)))
        for kernel in self.kernels:
            stack.callback(kernel.close)
        self.pids = {f"server {n + 1}": server.pid for n, server in enumerate(self.servers)}
        self.pids |= {f"kernel {n + 1}": k.value("os.getpid()") for n, k in enumerate(self.kernels)}
        for username in ACCOUNTS:
            self._sign_in(provider, username)
        for number, kernel in enumerate(self.kernels):
            account = ACCOUNTS[number // 2 % len(ACCOUNTS)]  # each has kernels of both servers
            args = ("lake", account, provider.url("userinfo"), plan.tokens, plan.calls)
            kernel.run(f"{IN_KERNEL.read_text(encoding='utf-8')}\nbegin(*{args!r})", timeout=LIMIT)

    def _start(self, number: int) -> Kernel:
        kernel = Kernel(self.servers[number % 2])
        kernel.run("import os, jupyter_auth as ja", timeout=LIMIT)
        return kernel

    def _sign_in(self, provider: OidcProvider, username: str) -> None:
        """As a person, in the first kernel."""
        cell = self.kernels[0].start("tok = ja.acquire_token_by_device_flow('lake')", "tok.account.username")
        until(lambda: bool(self.waiting()), 60)
        provider.approve(self.waiting()[0]["user_code"], username=username)
        assert self.kernels[0].result_of(cell) == username

    def waiting(self) -> list[dict[str, Any]]:
        """The prompts that wait for a person."""
        asked = [server.get("jupyter_auth/v1/interactions").json() for server in self.servers]
        return [one for rows in asked for one in rows if one["state"] == "pending"]

    def held(self) -> dict[str, Held]:
        """What each process holds."""
        return {name: held(pid) for name, pid in self.pids.items()}

    def end(self) -> list[dict[str, Any]]:
        """Stop the work; what each kernel has counted."""
        for kernel in self.kernels:
            kernel.reconnect()  # the server has closed a channel that nobody has read from for minutes
            kernel.run("over.set()", timeout=LIMIT)
        counted = "{**counts, 'failed': failed, 'failures': failures}"
        return [kernel.run("", counted, timeout=LIMIT) for kernel in self.kernels]


def soak(plan: Plan, chance: random.Random, say: Say = lambda _: None) -> Report:
    """Soak, and tell what came of it."""
    with ExitStack() as stack:
        provider = stack.enter_context(OidcProvider(at_ttl=plan.lifetime))
        provider.set(interval=1)
        redis = stack.enter_context(RedisServer(fsync="always"))
        where = stack.enter_context(place(provider.issuer))
        where.server_code(SETTINGS.format(file=str(redis.url_file(where.root))))
        company = Company(where, provider, plan, stack)
        say(f"{len(company.kernels)} kernels work")
        provider.reset_log()
        begun = time.time()
        _wait(begun + min(60.0, plan.seconds / 4))
        warm = company.held()
        outages = Outages(provider, redis, chance)
        _break_things(plan, outages, chance, begun + plan.seconds - plan.calm, say)
        _wait(begun + plan.seconds)
        prompts, now = len(company.waiting()), company.held()
        told = company.end()
        failures = [failure for one in told for failure in one["failures"]]
        return Report(
            seconds=time.time() - begun,
            kernels=plan.kernels,
            lifetime=plan.lifetime,
            tokens=sum(one["tokens"] for one in told),
            calls=sum(one["calls"] for one in told),
            failures=failures,
            failed=sum(one["failed"] for one in told),
            prompts=prompts + sum(one["kind"] == "InteractionRequiredError" for one in failures),
            refreshes=provider.token_responses("refresh_token"),
            accounts=len(ACCOUNTS),
            outages=outages.log,
            after_warming_up=warm,
            at_the_end=now,
        )


def _break_things(plan: Plan, outages: Outages, chance: random.Random, until_when: float, say: Say) -> None:
    planned = list(plan.kinds)
    while not plan.kinds or planned:
        _wait(min(until_when, time.time() + chance.uniform(*plan.between)))
        left = until_when - time.time()
        if left <= 1:
            return
        outage = outages.next(planned.pop(0) if planned else None, longest=left)
        begin = time.strftime("%H:%M:%S", time.localtime(outage.begin))
        say(f"outage: {outage.what}, from {begin} for {outage.end - outage.begin:.1f} s")


def _wait(until_when: float) -> None:
    time.sleep(max(0.0, until_when - time.time()))
