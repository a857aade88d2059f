"""S8: clear wipes memory, store and its WAL, Redis, every kernel's copy.

Memory is what a process can still reach: every object of the server and of its kernels, after a clear. Python
does not overwrite what it lets go of (``docs/reference/same-user.md``).
"""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from jupyter_auth.cache.sqlite.store import SqliteStore
from jupyter_auth.testing.store_contract import put
from tests.idp import MisbehavingProvider
from tests.integration.code_flow import FLOWS, browser, visit
from tests.integration.conftest import pending
from tests.security.canaries import Canaries
from tests.security.evidence import FILES, MEMORY, OBJECTS, Evidence
from tests.security.looking import WALK, WALKER, look_at_files, memory_of
from tests.security.test_s04_sealing import everything_on_disk
from tests.support import CellError, Kernel, place, until
from tests.support.redis_server import RedisServer
from tests.unit.cache.conftest import OpenStore
from tests.unit.cache.samples import database, row

KINDS = ("access_token", "refresh_token", "device_code", "code_verifier")
LOOKS = 10
PID = "__import__('os').getpid()"


class Cleared:
    """What was seen before and after a clear; ``redis``: the store is there."""

    def __init__(self, folder: Path, redis: RedisServer | None) -> None:
        self.canaries = Canaries()
        self.before, self.after = Evidence(self.canaries), Evidence(self.canaries)
        self.asked_again = ""
        self._walked, self._redis = folder / "server", redis
        with MisbehavingProvider() as provider, place(provider.issuer) as made, ExitStack() as open_ones:
            self.canaries.watch(provider)
            made.profile(provider.issuer, "redirect", more=FLOWS)
            made.server_code(WALKER.replace("{path!r}", repr(str(self._walked))))
            options = ["--JupyterAuth.store=redis"]
            if redis is not None:
                options += [f"--JupyterAuth.redis_url_file={redis.url_file(folder)}"]
            server = open_ones.enter_context(made.server(*(options if redis else [])))
            kernels = [open_ones.enter_context(closing(Kernel(server))) for _ in range(2)]
            cell = kernels[0].start("import jupyter_auth as ja\nja.get_token('lake').profile", "1")
            pending(server)
            provider.approve()
            kernels[0].result_of(cell)
            with browser(server) as page:
                waiting = server.post("jupyter_auth/v1/interactions", {"profile": "redirect"}).json()
                visit(page, visit(page, waiting["authorization_uri"]).headers["Location"])
            for kernel in kernels:
                kernel.run(
                    "import jupyter_auth as ja\nfor name in ('lake', 'redirect'):\n"
                    "    ja.get_token(name, force_refresh=True).profile; ja.get_token(name).profile"
                )
            # from outside: who walks over a process's frames keeps what their variables are
            for number, process in enumerate([server.pid, *(kernel.value(PID) for kernel in kernels)]):
                self.before.scan(MEMORY, f"process {number}", memory_of(process), KINDS)
            kernels[0].run("report = ja.clear_cache()")
            try:
                kernels[1].run("ja.acquire_token_silent('lake')")
            except CellError as problem:
                self.asked_again = str(problem)
            self._look(kernels)
            look_at_files(self.after, made, but=[made.log])

    def _look(self, kernels: list[Kernel]) -> None:
        evidence = self.after
        for _ in range(LOOKS):
            reached = self._walk_over_the_server()
            if not self._finds_any(reached):
                break
            time.sleep(1)  # what was just under way has its variables until it ends
        evidence.scan(OBJECTS, "the server", [reached], KINDS)
        for number, kernel in enumerate(kernels):
            path = self._walked.with_name(f"kernel{number}")
            kernel.run(WALK.replace("{path!r}", repr(str(path))))
            evidence.scan(OBJECTS, f"kernel {number}", [path.read_bytes()], KINDS)
        if self._redis is not None and self._redis.process is not None:
            evidence.add(FILES, "redis", self._redis.everything())
            evidence.scan(MEMORY, "redis", memory_of(self._redis.process.pid), KINDS)

    def _walk_over_the_server(self) -> bytes:
        self._walked.unlink(missing_ok=True)
        self._walked.with_name("server.wanted").touch()
        until(self._walked.exists, 60)
        return self._walked.read_bytes()

    def _finds_any(self, reached: bytes) -> bool:
        tried = Evidence(self.canaries)
        tried.scan(OBJECTS, "the server", [reached], KINDS)
        return any(tried.found(OBJECTS, kind) for kind in KINDS)


@pytest.fixture(scope="module", params=["sqlite", "redis"])
def cleared(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cleared]:
    with ExitStack() as stack:
        redis = stack.enter_context(RedisServer(fsync="always")) if request.param == "redis" else None
        yield Cleared(tmp_path_factory.mktemp("outside"), redis)


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_is_left_in_any_process_on_disk_or_in_redis(cleared: Cleared, kind: str) -> None:
    assert cleared.canaries.used[kind]
    for where in (OBJECTS, MEMORY, FILES):
        assert cleared.after.found(where, kind) == [], where
    assert "InteractionRequiredError" in cleared.asked_again


def test_before_the_clear_it_was_there(cleared: Cleared) -> None:
    found = "".join(cleared.before.found(MEMORY, "access_token"))
    assert all(f"process {number}" in found for number in range(3))
    found = "".join(cleared.before.found(MEMORY, "refresh_token"))
    assert "process 0" in found and "process 1" not in found and "process 2" not in found


def test_after_a_clear_no_file_holds_a_sealed_record_or_the_key_that_opens_it(
    tmp_path: Path, sqlite: SqliteStore, opened: OpenStore
) -> None:
    opened()  # another connection that only stays open
    put(sqlite, *(row(f"k{n}", text="x" * 2000) for n in range(40)))
    with closing(sqlite3.connect(database(tmp_path))) as db:
        sealed = [blob for (blob,) in db.execute("SELECT sealed FROM records")]
        names = [blob for (blob,) in db.execute("SELECT key FROM records")]
        (wrapped,) = db.execute("SELECT value FROM header WHERE name = 'data_key'").fetchone()
    assert any(wrapped in content for content in everything_on_disk(tmp_path).values())
    sqlite.clear()
    put(sqlite, row("after"))
    for content in everything_on_disk(tmp_path).values():
        assert wrapped not in content
        assert not any(
            blob[at : at + 16] in content for blob in sealed for at in range(0, len(blob) - 16, 64)
        )
        assert not any(name in content for name in names)


def test_a_deleted_record_is_overwritten(tmp_path: Path, sqlite: SqliteStore) -> None:
    put(sqlite, row("gone", text="x" * 500), row("kept"))
    with closing(sqlite3.connect(database(tmp_path))) as db:
        sealed = [blob for (blob,) in db.execute("SELECT sealed FROM records ORDER BY length(sealed)")][-1]
    sqlite.update(lambda txn: txn.delete("gone"), ("p",))
    sqlite.close()  # the log goes into the file
    assert not any(sealed[100:160] in content for content in everything_on_disk(tmp_path).values())
