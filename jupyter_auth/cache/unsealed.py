"""Records in the rows of a store."""

import logging
from collections.abc import Iterable, Iterator
from typing import TypeVar

from jupyter_auth.cache.records import (
    AccessTokenRecord,
    AccountRecord,
    AppRecord,
    Kind,
    RefreshTokenRecord,
)
from jupyter_auth.cache.store import Row

log = logging.getLogger(__name__)
R = TypeVar("R", AccessTokenRecord, AccountRecord, AppRecord, RefreshTokenRecord)

_KINDS = {
    AccessTokenRecord: Kind.ACCESS_TOKEN,
    AccountRecord: Kind.ACCOUNT,
    AppRecord: Kind.APPLICATION,
    RefreshTokenRecord: Kind.REFRESH_TOKEN,
}


def records_in(cls: type[R], rows: Iterable[Row]) -> Iterator[R]:
    """The records of one kind. What another version has written in another shape counts as gone."""
    for _, record in pairs_in(cls, rows):
        yield record


def pairs_in(cls: type[R], rows: Iterable[Row]) -> Iterator[tuple[Row, R]]:
    """The same, each with its row."""
    for row in rows:
        if row.kind == _KINDS[cls]:
            record = cls.from_json(row.value)
            if record is not None:
                yield row, record
            else:
                log.warning("A record of the token store cannot be read; it counts as gone.")
