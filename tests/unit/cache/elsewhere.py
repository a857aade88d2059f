"""Another process over the same store: ``Elsewhere`` gives it orders, ``main`` follows them there."""

import json
import resource
import subprocess
import sys
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from jupyter_auth.cache.sqlite import SqliteStore
from jupyter_auth.cache.token_cache import TokenCache
from jupyter_auth.core.errors import AuthError
from tests.unit.cache.samples import (
    ADA,
    CLIENT,
    NOW,
    account,
    key,
    open_store,
    refresh_token,
    row,
    target,
    token,
)

ROOT = Path(__file__).parents[3]


class Elsewhere:
    """The process, as a context."""

    def __init__(self, place: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.unit.cache.elsewhere", str(place)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            bufsize=1,
        )

    def __enter__(self) -> Self:
        return self

    def begin(self, order: str, *args: Any) -> None:
        """Send an order; ``answer`` waits for it."""
        assert self._process.stdin
        self._process.stdin.write(json.dumps([order, *args]) + "\n")

    def answer(self) -> Any:
        assert self._process.stdout
        return json.loads(self._process.stdout.readline())

    def __call__(self, order: str, *args: Any) -> Any:
        self.begin(order, *args)
        return self.answer()

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._process:
            assert self._process.stdin
            self._process.stdin.close()


class Orders:
    """What the process can do; each method's return value is its answer."""

    def __init__(self, place: Path) -> None:
        self.place = place

    @cached_property
    def store(self) -> SqliteStore:
        return open_store(self.place)

    @cached_property
    def cache(self) -> TokenCache:
        return TokenCache(self.store, clock=lambda: NOW)

    def open(self) -> None:
        """Open the store now, not with the first order that needs it."""
        self.store.epoch()

    def sign_in(self, version: str, subject: str = "") -> None:
        of = key(subject) if subject else ADA
        self.cache.save_sign_in(
            account(of, username=subject or "ada"), token(version=version), refresh_token()
        )

    def peek(self) -> str | None:
        found = self.cache.peek_token(ADA, target(), fold=False)
        return found.version if found else None

    def find(self) -> str | None:
        found = self.cache.find_token(ADA, target(), fold=False)
        return found.version if found else None

    def accounts(self) -> list[str]:
        return [found.username for found in self.cache.accounts(CLIENT)]

    def peek_accounts(self) -> list[str] | None:
        known = self.cache.peek_accounts(CLIENT)
        return None if known is None else [found.username for found in known]

    def refresh(self, text: str, epoch: int) -> bool:
        """Save a rotated refresh token, as a refresh that began in ``epoch``."""
        used = self.cache.refresh_token(ADA) or refresh_token()
        return self.cache.save_refresh(
            ADA, token=token(version=text), used=used, rotated=refresh_token(text), claims=None, epoch=epoch
        )

    def refresh_token(self) -> str | None:
        found = self.cache.refresh_token(ADA)
        return found.secret.reveal() if found else None

    def remove(self) -> bool:
        return self.cache.remove_account(ADA) is not None

    def clear(self) -> int:
        return sum(self.cache.clear().counts.values())

    def hurry(self) -> None:
        """Do not wait for others who read."""
        self.store._file.db.execute("PRAGMA busy_timeout=50")

    def put(self, name: str, size: int, durable: bool) -> None:
        record = row(name, text="x" * size)
        self.store.update(lambda txn: txn.put(record), (record.partition,), durable=durable)

    def keys(self) -> list[str]:
        return sorted(found.key for found in self.store.rows("p"))

    def limit(self, size: int) -> None:
        """No file may grow beyond ``size`` bytes from now on (-1: any may), as on a full disk."""
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))

    def epoch(self) -> int:
        return self.store.epoch()

    def generation(self) -> int:
        return self.store.generation.value

    def notes(self) -> list[str]:
        return list(self.store.describe().notes)


def main(place: str) -> None:
    """Follow the orders on stdin."""
    orders = Orders(Path(place))
    for line in sys.stdin:
        order, *args = json.loads(line)
        try:
            answer = getattr(orders, order)(*args)
        except AuthError as problem:
            answer = {"error": problem.code, "reason": problem.reason}
        print(json.dumps(answer), flush=True)
    if "store" in vars(orders):
        orders.store.close()


if __name__ == "__main__":
    main(sys.argv[1])
