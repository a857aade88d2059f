"""What a Jupyter server costs more with the extension: its start, and memory with many records."""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import requests

from jupyter_auth.broker.config.configuration import ConfigurationFiles
from jupyter_auth.broker.storage import open_store
from jupyter_auth.broker.tenants import client_of
from jupyter_auth.cache.records import AccessTokenRecord, AccountRecord, ClientKey, RefreshTokenRecord
from jupyter_auth.cache.rows import account_row, put_token, refresh_token_row
from jupyter_auth.cache.store import Transaction
from jupyter_auth.core.secret import Secret
from tests.bench.figures import Figure
from tests.bench.sampling import by_turns, median
from tests.bench.setting import KNOW_US
from tests.support import Place, Script, place

STARTS = 15
IMPORTS = 9
RECORDS = 10_000
TOKEN = "x" * 1_000  # about what an access token has
OPTION = "--ServerApp.jpserver_extensions=jupyter_auth={}"
#: ms for an import, in a Python that has nothing
TIMED_IMPORT = "import time; t = time.perf_counter(); import {}; print((time.perf_counter() - t) * 1e3)"
ISSUER = "http://127.0.0.1:9"  # nobody is asked


def run() -> list[Figure]:
    """All figures."""
    with place(ISSUER) as home:
        return [*starts(home), *imports(home), memory(home)]


def starts(home: Place) -> list[Figure]:
    """From the start of the process to the first answer, with and without, by turns."""
    found = by_turns(
        {
            "with": lambda: _seconds_to_answer(home, is_on=True) * 1e3,
            "without": lambda: _seconds_to_answer(home, is_on=False) * 1e3,
        },
        STARTS,
    )
    return [
        Figure(
            name=f"a Jupyter server's start takes more with the extension ({name})",
            value=choose(found["with"]) - choose(found["without"]),
            unit="ms",
            limit=50,
            peers={"the whole start without it": choose(found["without"])},
            note=f"from the process to its first answer; {STARTS} starts each, by turns",
        )
        for name, choose in (("median", median), ("least", min))
    ]


def imports(home: Place) -> list[Figure]:
    """What of that is imports."""
    found = by_turns(
        {
            "ServerApp": lambda: _import(home, "jupyter_server.serverapp"),
            "both": lambda: _import(home, "jupyter_server.serverapp, jupyter_auth.server.extension"),
        },
        IMPORTS,
    )
    return [
        Figure(
            name="import of the extension, on top of ServerApp",
            value=median(found["both"]) - median(found["ServerApp"]),
            unit="ms",
            peers={"ServerApp alone": median(found["ServerApp"])},
        )
    ]


def memory(home: Place) -> Figure:
    """Resident memory of a server that has listed all records once, and of one without the extension."""
    with _server(home, is_on=False) as (process, ask):
        ask("api/status")
        without = process.memory_info().rss
    with Script(home) as script:
        records = script.run(f"{KNOW_US}; from tests.bench.startup import fill", "fill()")
    with _server(home, is_on=True) as (process, ask):
        listed = len(ask("jupyter_auth/v1/cache"))
        if listed < records // 4:
            raise RuntimeError(f"only {listed} tokens are listed")
        held = process.memory_info().rss
    return Figure(
        name=f"resident memory more, with {records} records, all listed once",
        value=(held - without) / 1e6,
        unit="MB",
        limit=40,
        peers={"the server without it": without / 1e6},
        note=f"{listed} access tokens of {len(TOKEN)} bytes each in the list",
    )


def fill() -> int:
    """Put people with a refresh token and two access tokens each into this process's store; how many records
    those are."""
    [profile] = ConfigurationFiles().current().profiles.values()
    store, client = open_store(), client_of(profile)
    for first in range(0, RECORDS // 4, 100):

        def save(txn: Transaction, first: int = first) -> None:
            for number in range(first, first + 100):
                _put(txn, client, number)

        store.update(save, [])
    store.close()
    return RECORDS


def _put(txn: Transaction, client: ClientKey, number: int) -> None:
    """One person's four records."""
    now, name = int(time.time()), f"person{number}"
    account = AccountRecord(
        home_account_id=name,
        environment=client.issuer,
        client_id=client.client_id,
        username=f"{name}@example.org",
        claims={"iss": client.issuer, "sub": name, "preferred_username": f"{name}@example.org"},
        signed_in_on=now,
    )
    txn.put(account_row(account))
    scopes = "lake.read", "lake.write"
    secret = Secret(TOKEN)
    txn.put(
        refresh_token_row(account.account_key, RefreshTokenRecord(secret=secret, scopes=scopes, saved_on=now))
    )
    for scope in scopes:
        token = AccessTokenRecord(
            secret=secret,
            token_type="Bearer",
            issued_on=now,
            expires_on=now + 3600,
            refresh_on=now + 2400,
            granted=(scope,),
            asked=(scope,),
        )
        put_token(txn, account.account_key, token, now)


def _seconds_to_answer(home: Place, *, is_on: bool) -> float:
    begun = time.perf_counter()
    with _server(home, is_on=is_on) as (_, ask):
        ask("api/status")
        return time.perf_counter() - begun


@contextmanager
def _server(home: Place, *, is_on: bool) -> Iterator[tuple[psutil.Process, Callable[[str], Any]]]:
    """A server's process, and what asks it. Looked for every millisecond, unlike what the tests use."""
    command = home.server(OPTION.format(is_on)).command
    with home.log.open("wb") as log:
        process = subprocess.Popen(
            command,
            cwd=home.notebooks,
            env=home.environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
    try:
        info = home.runtime / f"jpserver-{process.pid}.json"
        while (told := _told(info)) is None:
            if process.poll() is not None:
                raise RuntimeError(f"the server ended: {home.log.read_text(encoding='utf-8')[-2000:]}")
            time.sleep(0.001)
        with requests.Session() as session:
            session.trust_env = False
            session.headers["Authorization"] = f"token {told['token']}"
            yield psutil.Process(process.pid), lambda path: _asked(session, told["url"] + path)
    finally:
        process.terminate()
        process.wait(20)


def _told(info: Path) -> dict[str, Any] | None:
    try:
        told: dict[str, Any] = json.loads(info.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None  # not there yet, or being written
    return told


def _asked(session: requests.Session, url: str) -> Any:
    """What a server says that may not listen yet, although it has written where it will."""
    for _ in range(5000):
        try:
            answer = session.get(url, timeout=60)
        except requests.ConnectionError:
            time.sleep(0.001)
            continue
        answer.raise_for_status()
        return answer.json()
    raise RuntimeError("the server does not listen")


def _import(home: Place, modules: str) -> float:
    command = [sys.executable, "-P", "-c", TIMED_IMPORT.format(modules)]
    told = subprocess.run(
        command, cwd=home.notebooks, env=home.environment, check=True, capture_output=True, text=True
    )
    return float(told.stdout)
