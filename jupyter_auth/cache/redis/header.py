"""What a store in Redis says of itself: schema, epoch, whose key seals it, and the wrapped data key."""

import hashlib
import hmac
import re
import secrets
import time
from collections.abc import Mapping

from jupyter_auth import __version__
from jupyter_auth.cache.redis.link import Argument, Link, foreign
from jupyter_auth.cache.seals.keys import KeySources, reasons_of
from jupyter_auth.cache.seals.sealing import BrokenSealError, Keys, MasterKey, Sealer, new_key, new_sealer
from jupyter_auth.core.errors import CacheError

SCHEMA_VERSION = b"2"
OLD_SCHEMA = b"1"  # sealed anew when it is opened: ``reseal``
_FIELDS = (
    *("schema", "key_source", "key_location", "key_id", "key_why", "store_id"),
    *("data_key", "lease_key", "written_by"),
)
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
    """The header as it was read last, and the sealer of its data key."""

    def __init__(
        self, link: Link, names: RedisNames, sources: KeySources, values: Mapping[str, bytes]
    ) -> None:
        self._link = link
        self._names = names
        self._sources = sources
        self._take(values)

    @classmethod
    def open_or_make(cls, link: Link, names: RedisNames, sources: KeySources) -> "RedisHeader":
        """Read the header, or write that of a new store. Raises ``CacheError``, and ``CacheSealError`` where
        the key that sealed the store is not here. One of schema 1 is still to be sealed anew."""
        for _ in range(_TRIES):
            values = _read(link, names)
            if not values:
                choice = sources.choose()
                keys = Keys(choice.master, new_key(), new_key())
                counters = ("epoch", "seq", "fence", "generation")
                start: dict[str, Argument] = {**dict.fromkeys(counters, lowest_epoch())}
                made = _fields(keys, choice.recorded, secrets.token_hex(8)) | start
                link.run("make", [names.header], flat(made))
                continue  # and read it, whoever has made it
            if values["schema"] not in (SCHEMA_VERSION, OLD_SCHEMA):
                raise _other_version(values["schema"], values["written_by"])
            header = cls(link, names, sources, values)
            newest = sources.newest(header.master)
            if newest is header.master or header.schema == OLD_SCHEMA:
                return header
            keys = Keys(newest, header.keys.data_key, header.keys.lease_key)
            fields = _fields(keys, header.why, header.store_id)
            link.run("rewrap", [names.header], [values["data_key"], *flat(fields)])
        raise foreign()

    def _take(self, values: Mapping[str, bytes]) -> None:
        self.schema, self.why = values["schema"], values["key_why"].decode("utf-8", "replace")
        self.store_id = values["store_id"].decode("ascii", "replace")
        is_file = values["key_source"] != b"keyring"
        location = str(self._sources.file) if is_file else values["key_location"].decode("utf-8", "replace")
        master = self._sources.find(
            "file" if is_file else "keyring", location, values["key_id"].decode("ascii", "replace")
        )
        self._wrapped = values["data_key"]
        is_old = self.schema == OLD_SCHEMA
        try:
            data_key = master.unwrap(self._wrapped)
            lease_key = b"" if is_old else master.unwrap(values["lease_key"], of_leases=True)
        except BrokenSealError:
            raise foreign() from None
        self.keys = Keys(master, data_key, lease_key)
        self._sealer = Sealer(data_key, master.key_id) if is_old else new_sealer(data_key)

    @property
    def master(self) -> MasterKey:
        """What wraps the keys."""
        return self.keys.master

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why the key is where it is."""
        return reasons_of(self.why)

    @property
    def current(self) -> Sealer:
        """The sealer of the data key that was read last."""
        return self._sealer

    def sealer(self, wrapped: bytes) -> Sealer:
        """What opens the records under that data key, or under the one there is by now: a clear, or a
        change of keys, on another server. Raises ``CacheError`` where it does not open itself."""
        if wrapped != self._wrapped:
            values = _read(self._link, self._names)
            if not values or values["schema"] != SCHEMA_VERSION:
                raise foreign()
            self._take(values)
        return self._sealer

    def fields(self, keys: Keys | None = None, why: str | None = None) -> list[Argument]:
        """Field, value, … of a header with ``keys``; without them with a new data key."""
        kept = keys or Keys(self.master, new_key(), self.keys.lease_key)
        return flat(_fields(kept, self.why if why is None else why, self.store_id or secrets.token_hex(8)))


def _read(link: Link, names: RedisNames) -> dict[str, bytes]:
    found = link.run("header", [names.header], list(_FIELDS))
    return dict(zip(_FIELDS, found, strict=True)) if found else {}


def _fields(keys: Keys, why: str, store_id: str) -> dict[str, Argument]:
    return {
        "schema": SCHEMA_VERSION,
        "written_by": __version__,
        "key_why": why,
        "store_id": store_id,
        **keys.wrapped(),
    }


def flat(values: Mapping[str, Argument]) -> list[Argument]:
    """Field, value, …"""
    return [part for pair in values.items() for part in pair]


def lowest_epoch() -> int:
    """Where the epochs of a store begin that is made now."""
    return time.time_ns() // 1_000_000


def of_user(names: RedisNames, master: MasterKey) -> MasterKey:
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
