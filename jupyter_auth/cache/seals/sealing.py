"""Sealing of records: AES-256-GCM under a data key, which is wrapped by a master key kept elsewhere.

A clear makes a new data key: what an old file or a forgotten page still holds opens no more.
"""

import hashlib
import hmac
import json
import os
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from jupyter_auth.cache.records import Kind
from jupyter_auth.cache.store import Row
from jupyter_auth.core.errors import CacheSealError
from jupyter_auth.core.known import note_key

KEY_BYTES = 32
_NONCE_BYTES = 12
_FORMAT = b"jupyter_auth/record/v1\0"
_WRAP = b"jupyter_auth/data-key/v1\0"
_WRAP_LEASES = b"jupyter_auth/lease-key/v1\0"


class BrokenSealError(Exception):
    """A record is not what was written there under this key."""


@dataclass(frozen=True, slots=True, repr=False)
class MasterKey:
    """The key that wraps data keys, and where it lives (``source``: ``file`` or ``keyring``)."""

    key: bytes
    source: str
    location: str

    def __post_init__(self) -> None:
        note_key(self.key)

    @property
    def key_id(self) -> str:
        """Names the key without telling anything of it."""
        return hmac.new(self.key, b"jupyter_auth/key-id", hashlib.sha256).hexdigest()[:16]

    def wrap(self, key: bytes, *, of_leases: bool = False) -> bytes:
        """A key of the header, sealed: the data key, or the one that names the leases."""
        nonce = os.urandom(_NONCE_BYTES)
        return nonce + AESGCM(self.key).encrypt(nonce, key, self._what(of_leases=of_leases))

    def unwrap(self, wrapped: bytes, *, of_leases: bool = False) -> bytes:
        """That key; raises ``BrokenSealError``."""
        try:
            return AESGCM(self.key).decrypt(
                wrapped[:_NONCE_BYTES], wrapped[_NONCE_BYTES:], self._what(of_leases=of_leases)
            )
        except (InvalidTag, ValueError):
            raise BrokenSealError from None

    def _what(self, *, of_leases: bool) -> bytes:
        return (_WRAP_LEASES if of_leases else _WRAP) + self.key_id.encode()


@dataclass(frozen=True, slots=True, repr=False)
class Keys:
    """What a header holds of keys: what wraps them, what seals records, what names leases."""

    master: MasterKey
    data_key: bytes
    lease_key: bytes

    def wrapped(self) -> dict[str, str | bytes]:
        """The rows of a header that tell of them."""
        return {
            "key_source": self.master.source,
            "key_location": self.master.location,
            "key_id": self.master.key_id,
            "data_key": self.master.wrap(self.data_key),
            "lease_key": self.master.wrap(self.lease_key, of_leases=True),
        }


def new_key() -> bytes:
    """A data key, or one that names leases."""
    return os.urandom(KEY_BYTES)


def lease_name(lease_key: bytes, name: str) -> str:
    """What a lease is called where others see it: it names nobody, and stays the same when keys change."""
    return hmac.new(lease_key, b"jupyter_auth/lease\0" + name.encode(), hashlib.sha256).hexdigest()[:32]


def data_key_id(data_key: bytes) -> str:
    """Names a data key without telling anything of it: a part of what each seal covers."""
    return hmac.new(data_key, b"jupyter_auth/key-id", hashlib.sha256).hexdigest()[:16]


def new_sealer(data_key: bytes) -> "Sealer":
    """The sealer of a data key."""
    return Sealer(data_key, data_key_id(data_key))


def sealed_without_key(message: str) -> CacheSealError:
    """The error for a store whose key is not here."""
    return CacheSealError(
        message,
        hint="Put the key back (in a file, on a line below the new one), or give the stored sign-ins up with "
        "`%auth clear`. "
        "Until then new sign-ins last only while the server runs.",
    )


class Sealer:
    """Seals and opens records, and names rows and partitions so that the file tells nobody's name."""

    def __init__(self, data_key: bytes, key_id: str) -> None:
        self._names = hmac.new(data_key, b"jupyter_auth/names", hashlib.sha256).digest()
        self._cipher = AESGCM(hmac.new(data_key, b"jupyter_auth/seal", hashlib.sha256).digest())
        self._key_id = key_id

    def name(self, plain: str) -> bytes:
        """The stored name of a row or partition."""
        return hmac.digest(self._names, plain.encode(), "sha256")

    def seal(self, name: bytes, row: Row) -> bytes:
        """What the file holds of ``row``; the seal covers the columns that stand open beside it."""
        body = json.dumps([row.partition, row.key, row.value], separators=(",", ":")).encode()
        nonce = os.urandom(_NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, body, self._aad(name, int(row.kind), row.expires_on))

    def open(self, name: bytes, kind: int, expires_on: int, sealed: bytes) -> Row:
        """The row; raises ``BrokenSealError`` where any column is not what was written with it."""
        try:
            body = self._cipher.decrypt(
                sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], self._aad(name, kind, expires_on)
            )
            partition, key, value = json.loads(body)
            of_kind = Kind(kind)
        except (InvalidTag, ValueError, TypeError, RecursionError):  # a column may hold any type
            raise BrokenSealError from None
        if not isinstance(partition, str) or not isinstance(key, str):
            raise BrokenSealError
        return Row(partition=partition, key=key, kind=of_kind, value=value, expires_on=expires_on)

    def _aad(self, name: bytes, kind: int, expires_on: int) -> bytes:
        return _FORMAT + f"{self._key_id}\0{kind!r}\0{expires_on!r}\0".encode() + name
