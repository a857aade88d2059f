"""What a store in Redis says of itself: schema, epoch, whose key seals it, and the wrapped data key."""

import hashlib
import hmac
import os
import re
import time
from pathlib import Path

from jupyter_auth import __version__
from jupyter_auth.cache.redis_link import Argument, Link, foreign
from jupyter_auth.cache.sealing import (
    KEY_BYTES,
    BrokenSealError,
    MasterKey,
    Sealer,
    load_key_file,
    sealed_without_key,
)
from jupyter_auth.core.errors import CacheError

SCHEMA_VERSION = b"1"
_FIELDS = ("schema", "key_id", "epoch", "data_key", "written_by")
_TRIES = 5  # to be the one who makes it, or to read what another has made


class RedisNames:
    """What is where in Redis. Nobody is named: the user's part is a hash, the rest are HMACs."""

    def __init__(self, user: str) -> None:
        self.user = user
        self.prefix = f"jupyter_auth:{hashlib.sha256(user.encode()).hexdigest()[:32]}:"
        self.header = f"{self.prefix}header"
        self.channel = f"{self.prefix}generation"

    def lease(self, name: str) -> str:
        return f"{self.prefix}l:{name}"

    def fence(self, name: str) -> str:
        return f"{self.prefix}f:{name}"


class RedisHeader:
    """The header as it was opened, and the sealer of the epoch that was read last."""

    def __init__(self, master: MasterKey) -> None:
        self.master = master
        self._sealers: tuple[bytes, Sealer] | None = None

    @classmethod
    def open_or_make(cls, link: Link, names: RedisNames, key_file: Path, *, given: bool) -> "RedisHeader":
        """Read the header, or write that of a new store. Raises ``CacheError``, and ``CacheSealError`` where
        the store is sealed with another key than the one in ``key_file``."""
        for _ in range(_TRIES):
            found = link.run("header", [names.header], list(_FIELDS))
            master = _of_user(load_key_file(key_file, create=not found and not given, given=given), names)
            header = cls(master)
            if not found:
                link.run("make", [names.header], header.fields(start=True))
                continue  # and read it, whoever has made it
            values = dict(zip(_FIELDS, found, strict=True))
            if values["schema"] != SCHEMA_VERSION:
                raise _other_version(values["schema"], values["written_by"])
            if values["key_id"] != master.key_id.encode():
                raise sealed_without_key(
                    f"The key in {master.location} is not the one that sealed the token store in Redis."
                )
            header.sealer(values["data_key"])
            return header
        raise foreign()

    @property
    def current(self) -> Sealer:
        """The sealer of the data key that was read last."""
        if self._sealers is None:
            raise RuntimeError("no header was read")
        return self._sealers[1]

    def sealer(self, wrapped: bytes) -> Sealer:
        """What opens the records under that data key. Raises ``CacheError`` where it does not open itself."""
        known = self._sealers
        if known is None or known[0] != wrapped:
            try:
                known = wrapped, Sealer(self.master.unwrap(wrapped), self.master.key_id)
            except BrokenSealError:
                raise foreign() from None
            self._sealers = known
        return known[1]

    def fields(self, *, start: bool = False) -> list[Argument]:
        """Field, value, … of a header with a new data key; with ``start`` its counters as well. They begin
        at the time, so that none of a store that was lost is used again."""
        values: dict[str, Argument] = {
            "schema": SCHEMA_VERSION,
            "key_source": self.master.source,
            "key_id": self.master.key_id,
            "written_by": __version__,
            "data_key": self.master.wrap(os.urandom(KEY_BYTES)),
        }
        if start:
            values |= dict.fromkeys(("epoch", "seq", "fence", "generation"), lowest_epoch())
        return [part for pair in values.items() for part in pair]


def lowest_epoch() -> int:
    """Where the epochs of a store begin that is made now."""
    return time.time_ns() // 1_000_000


def _of_user(master: MasterKey, names: RedisNames) -> MasterKey:
    """The key for one user's store, so that two who were given one file do not open each other's."""
    key = hmac.new(master.key, b"jupyter_auth/redis\0" + names.user.encode(), hashlib.sha256).digest()
    return MasterKey(key, master.source, master.location)


def _other_version(schema: bytes, written_by: bytes) -> CacheError:
    told = written_by.decode("ascii", "replace")
    writer = told if re.fullmatch(r"[0-9][\w.+!]{0,40}", told) else "another version"
    return CacheError(
        f"The token store in Redis is of jupyter-token-broker {writer} (schema {schema[:20]!r}), which this "
        f"one ({__version__}) cannot read; it is left as it is.",
        reason="schema",
        hint="Use one version on all servers of a user, or give it up with `%auth clear`.",
    )
