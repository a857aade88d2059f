"""Which test shows which cell of the table client × aspect, as ``docs/reference/clients.md`` has it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

ASPECTS = ("silent", "refresh in mid-use", "401", "claims challenge", "pickled", "async")
CLIENTS = (
    "requests",
    "httpx",
    "httpx, async",
    "azure-core",
    "azure-core, async",
    "azure-storage-blob",
    "adlfs",
    "google-auth",
    "google-auth, async",
    "gcsfs",
    "fsspec",
    "pandas",
)
#: What was shown, by client and aspect, in a word or two.
SHOWN: dict[tuple[str, str], str] = {}


def cell(aspect: str, *clients: str, says: str = "yes", **but: str) -> Callable[[Any], Any]:
    """The test shows ``aspect`` for each of ``clients``, which it gets as ``client``. ``but`` says more of
    some, under their names with underscores for what is no letter."""
    assert aspect in ASPECTS and set(clients) <= set(CLIENTS), (aspect, clients)
    for client in clients:
        SHOWN[client, aspect] = but.get("".join(c if c.isalpha() else "_" for c in client), says)
    return pytest.mark.parametrize("client", clients)
