"""What another process does with the store by order: see ``elsewhere``."""

import json
import os
import resource
import signal
import sys
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack, closing, suppress
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

from jupyter_auth.cache.leases import Lease
from jupyter_auth.cache.sqlite.store import SqliteStore
from jupyter_auth.cache.store import Store, Transaction
from jupyter_auth.cache.token_cache import TokenCache
from jupyter_auth.core.errors import AuthError
from tests.support.disks import set_read_only
from tests.unit.cache.samples import (
    ADA,
    CLIENT,
    NOW,
    account,
    key,
    open_redis,
    open_store,
    refresh_token,
    row,
    target,
    token,
)


class Orders:
    """What the process can do; each method's return value is its answer."""

    def __init__(self, place: Path, network: str | None = None) -> None:
        self.place = place
        self.network = network
        self.held: dict[str, tuple[ExitStack, Lease]] = {}

    @cached_property
    def store(self) -> Store:
        if self.network == "redis":
            return open_redis(self.place)
        return open_store(self.place, self.network)

    @cached_property
    def cache(self) -> TokenCache:
        return TokenCache(self.store, clock=lambda: NOW)

    def open(self) -> None:
        """Open the store now, not with the first order that needs it."""
        self.store.epoch()

    def shut(self) -> None:
        """Close the store, with all of its files; the next order opens it anew."""
        assert isinstance(self.store, SqliteStore)
        self.store.close()
        self.store._generation.close()
        for name in ("store", "cache"):
            vars(self).pop(name, None)

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

    def refresh_under(self, name: str, text: str, epoch: int) -> bool:
        """The same without a rotation, under a lease that is held."""
        used = self.cache.refresh_token(ADA) or refresh_token()
        lease = self.held[name][1]
        return self.cache.save_refresh(
            ADA, token=token(version=text), used=used, rotated=None, claims=None, epoch=epoch, lease=lease
        )

    def count(self, times: int) -> None:
        """Raise the number in the row ``count``, again and again."""

        def add(txn: Transaction) -> None:
            (found,) = txn.rows("p")
            txn.put(replace(found, value={"n": found.value["n"] + 1}))

        for _ in range(times):
            self.store.update(add, ("p",))

    def refresh_token(self) -> str | None:
        found = self.cache.refresh_token(ADA)
        return found.secret.reveal() if found else None

    def remove(self) -> bool:
        return self.cache.remove_account(ADA) is not None

    def clear(self) -> int:
        return sum(self.cache.clear().counts.values())

    def hurry(self) -> None:
        """Do not wait for others who read."""
        assert isinstance(self.store, SqliteStore)
        self.store._file.db.execute("PRAGMA busy_timeout=50")

    def put(self, name: str, size: int, durable: bool) -> None:
        record = row(name, text="x" * size)
        self.store.update(lambda txn: txn.put(record), (record.partition,), durable=durable)

    def keys(self) -> list[str]:
        return sorted(found.key for found in self.store.rows("p"))

    def limit(self, size: int) -> None:
        """No file may grow beyond ``size`` bytes from now on (-1: any may), as on a full disk."""
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))

    def fill(self) -> int:
        """Use up the disk, to the last byte; how many there were."""
        size = 0
        with (self.place / "ballast").open("ab", buffering=0) as file:
            for part in (65536, 4096, 512, 1):
                with suppress(OSError):  # no space left on device
                    while size < 2**30:
                        size += file.write(b"x" * part)
        return size

    def make_room(self) -> None:
        (self.place / "ballast").unlink()

    def read_only(self, on: bool) -> None:
        set_read_only(self.place, on=on)

    def key(self) -> list[Any]:
        """Where the sealing key is, and why."""
        told = self.store.describe()
        return [told.key_source, list(told.key_sources)]

    def hint(self, order: str, *args: Any) -> str:
        """What an order that fails advises."""
        try:
            getattr(self, order)(*args)
        except AuthError as problem:
            return problem.hint
        return ""

    def told(self, order: str, *args: Any) -> str:
        """What an order that fails says."""
        try:
            getattr(self, order)(*args)
        except AuthError as problem:
            return problem.message
        return ""

    def rotate_key(self, forget_old: bool = False) -> int:
        rotate: Callable[..., int] = self.store.rotate_key  # type: ignore[attr-defined]
        return rotate(forget_old=forget_old)

    def epoch(self) -> int:
        return self.store.epoch()

    def generation(self) -> int:
        return self.store.generation.value

    def notes(self) -> list[str]:
        return list(self.store.describe().notes)

    def cache_notes(self) -> list[str]:
        """What is told of the store and of what waits for it."""
        return list(self.cache.describe().notes)

    def hold(self, name: str, timeout: float) -> None:
        """Take a lease, and keep it."""
        stack = ExitStack()
        self.held[name] = stack, stack.enter_context(self.store.lease(name, timeout))

    def renew(self, name: str) -> bool:
        return self.held[name][1].renew()

    def give_back(self, name: str) -> None:
        self.held.pop(name)[0].close()

    def fork(self) -> int:
        """Have a child that does nothing, until it is killed."""
        child = os.fork()
        while child == 0:
            signal.pause()
        return child

    def in_a_fork(self, order: str, *args: Any) -> Any:
        """Follow an order in a child; its answer."""
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            try:
                os.write(writing, json.dumps(followed(self, order, *args)).encode())
            finally:
                os._exit(0)
        os.close(writing)
        os.waitpid(child, 0)
        with os.fdopen(reading) as said:
            return json.loads(said.read())

    def open_another(self) -> list[str]:
        """What another store of this process finds; it writes, too."""
        with closing(open_store(self.place, self.network)) as store:
            found = sorted(record.key for record in store.rows("p"))
            store.update(lambda txn: txn.put(row("of a child")), ("p",), durable=True)
            return found

    def fork_in_a_transaction(self) -> list[Any]:
        """Fork while another thread is writing; what the child can do then, and whether it came too soon."""
        began, ended = threading.Event(), threading.Event()

        def change(txn: Transaction) -> None:
            txn.put(row("written"))
            began.set()
            time.sleep(0.3)
            ended.set()

        writer = threading.Thread(target=self.store.update, args=(change, ("p",)))
        writer.start()
        began.wait()
        told = self.in_a_fork("keys"), ended.is_set()
        writer.join()
        return list(told)


def followed(orders: Orders, order: str, *args: Any) -> Any:
    """The answer of an order, or the error that it ended with."""
    try:
        return getattr(orders, order)(*args)
    except AuthError as problem:
        return {"error": problem.code, "reason": problem.reason}


def main(place: str, network: str) -> None:
    """Follow the orders on stdin."""
    orders = Orders(Path(place), network or None)
    for line in sys.stdin:
        order, *args = json.loads(line)
        print(json.dumps(followed(orders, order, *args)), flush=True)
    if "store" in vars(orders):
        orders.store.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
