"""Without S4: records and their names are written as they are, and read as they are found."""

import json

import pytest

from jupyter_auth.cache.records import Kind
from jupyter_auth.cache.seals.sealing import BrokenSealError, Sealer
from jupyter_auth.cache.store import Row


def switch_off(patch: pytest.MonkeyPatch) -> None:
    """As it says above."""

    def name(self: Sealer, plain: str) -> bytes:
        return plain.encode()

    def seal(self: Sealer, name: bytes, row: Row) -> bytes:
        return json.dumps([row.partition, row.key, row.value]).encode()

    def opened(self: Sealer, name: bytes, kind: int, expires_on: int, sealed: bytes) -> Row:
        try:
            partition, key, value = json.loads(sealed)
        except (ValueError, TypeError):
            raise BrokenSealError from None
        return Row(partition=partition, key=key, kind=Kind(kind), value=value, expires_on=expires_on)

    patch.setattr(Sealer, "name", name)
    patch.setattr(Sealer, "seal", seal)
    patch.setattr(Sealer, "open", opened)
