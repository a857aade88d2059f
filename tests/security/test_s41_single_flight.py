"""S41: one refresh over all processes that share a store, and none is stopped by another's end."""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from jupyter_auth.core.errors import InteractionRequiredError
from tests.idp import MisbehavingProvider, OidcProvider, faults
from tests.integration.cells import refresh_at
from tests.support import Kernel, Place, Script, until
from tests.unit.broker.bench import Bench
from tests.unit.broker.conftest import own_folders  # noqa: F401 -- used by itself

CHILDREN = 4
REFRESHING = ("-m", "tests.security.refreshing")


@contextmanager
def children(bench: Bench, count: int, *before: str) -> Iterator[list["subprocess.Popen[str]"]]:
    """Processes over the bench's store, each ready to refresh."""
    command = [sys.executable, *before, *REFRESHING, str(bench.folder)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    started = [subprocess.Popen(command, **pipes) for _ in range(count)]  # type: ignore[call-overload]
    try:
        for child in started:
            assert child.stdout is not None and child.stdout.readline() == "ready\n"
        yield started
    finally:
        for child in started:
            child.kill()
            child.communicate()


def begin(child: "subprocess.Popen[str]", at: float) -> None:
    """Tell it the moment."""
    assert child.stdin is not None
    child.stdin.write(f"{at}\n")
    child.stdin.flush()


def outcome(child: "subprocess.Popen[str]") -> list[str]:
    """What it says."""
    assert child.stdout is not None
    return list(json.loads(child.stdout.readline()))


async def attack(idp: OidcProvider, bench: Bench, *before: str) -> tuple[int, bool]:
    """Several at one moment, at a provider that ends a sign-in whose refresh token it sees twice: how many of
    their requests it refused or answered beyond the first, and whether the sign-in has ended."""
    await bench.get()
    with children(bench, CHILDREN, *before) as started:
        idp.reset_log()
        idp.set(hold_ms=1500)
        at = time.time() + 1
        for child in started:
            begin(child, at)
        for child in started:
            outcome(child)
    idp.set(hold_ms=0)
    asked = [entry for entry in idp.log() if entry["endpoint"] == "token"]
    bench.advance(3400)
    try:
        await bench.get()
    except InteractionRequiredError:
        return len(asked) - 1, True
    return len(asked) - 1, False


async def test_one_request_and_the_sign_in_lives_on(oidc: OidcProvider, certified: Bench) -> None:
    assert await attack(oidc, certified) == (0, False)


async def test_without_the_defence_a_refresh_token_is_spent_twice_and_the_sign_in_ends(
    oidc: OidcProvider, certified: Bench
) -> None:
    spent, has_ended = await attack(oidc, certified, "-m", "tests.security.off", "s41", "--")
    assert spent >= CHILDREN - 1 and has_ended


async def test_kill_of_the_holder_while_it_asks(idp: MisbehavingProvider, bench: Bench) -> None:
    """The provider has not answered yet: the next one asks with the same refresh token, at once."""
    await bench.get()
    right = idp.answers["token"]
    idp.answers["token"] = faults.in_turn(faults.hang(30), right)
    idp.requests.clear()
    with children(bench, 2) as (holder, other):
        begin(holder, 0.0)
        until(lambda: idp.count("token") == 1)
        begin(other, 0.0)
        time.sleep(0.3)
        assert idp.count("token") == 1, "the other one waits"
        holder.kill()
        killed = time.monotonic()
        assert outcome(other)[0] == "identity_provider"
        assert time.monotonic() - killed < 20
    sent = [seen.form["refresh_token"] for seen in idp.requests if seen.endpoint == "token"]
    assert len(sent) == 2 and len(set(sent)) == 1


# -- kernels of two servers, and scripts ---------------------------------------------------------------------


def test_eleven_in_five_processes_force_a_refresh_at_one_moment(
    home: Place,
    kernels: Callable[[int], list[Kernel]],
    provider: OidcProvider,
    sign_in: Callable[..., str],
) -> None:
    eight = kernels(4)
    sign_in(eight[0])
    with Script(home) as a, Script(home) as b, Script(home) as c:
        scripts = (a, b, c)
        everyone: list[Kernel | Script] = [*eight, *scripts]
        for one in everyone:
            one.run("tok = ja.get_token('lake')")
        provider.reset_log()
        provider.set(hold_ms=1000)
        code = refresh_at(time.time() + 1.5)
        cells = [kernel.start(code, "tok.metadata.token_source") for kernel in eight]
        for script in scripts:
            script.start(code, "tok.metadata.token_source")
        sources = [kernel.result_of(cell) for kernel, cell in zip(eight, cells, strict=True)]
        sources += [script.result() for script in scripts]
        assert sorted(sources) == ["cache"] * 10 + ["identity_provider"]
        assert provider.token_responses() == 1
        tokens = {one.run("", "[tok.issued_on, tok.expires_on, tok.reveal()]")[2] for one in everyone}
        assert len(tokens) == 1
        provider.set(hold_ms=0)
        assert provider.userinfo(tokens.pop())["sub"] == "ada"
        time.sleep(5)  # past the window in which another's fresh token is adopted
        some: list[Kernel | Script] = [a, eight[7], eight[0]]
        for one in some:  # the grant is alive everywhere
            one.run("tok = ja.get_token('lake', force_refresh=True, interactive=False)")
        assert [e for e in provider.log() if e["endpoint"] == "token" and not e["ok"]] == []
