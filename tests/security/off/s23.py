"""A row of the cache holds its token, and with a cookie pages from anywhere are answered."""

from typing import Any

import pytest

from jupyter_auth.broker import listing
from jupyter_auth.cache.records import AccessTokenRecord
from jupyter_auth.server.resource import BrokerHandler


def switch_off(patch: pytest.MonkeyPatch) -> None:
    entry = listing._entry

    def with_token(token: AccessTokenRecord, *more: Any) -> dict[str, Any]:
        return entry(token, *more) | {"access_token": token.secret.reveal()}

    patch.setattr(listing, "_entry", with_token)
    patch.setattr(BrokerHandler, "_is_from_elsewhere", lambda self: False)
