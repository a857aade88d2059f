"""Looking at the configuration's files while nobody asks."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from jupyter_auth.broker.config.configuration import Configuration
from jupyter_auth.core.faults import where

log = logging.getLogger(__name__)

LOOK_AT_FILES = 1.0  # seconds between two looks (a stat each)


async def heed_files(
    known: Configuration, read: Callable[[], Configuration], changed: Callable[[], Awaitable[None]]
) -> None:
    """Have ``changed`` called when the configuration is another one, for ever: a look that fails is logged,
    once until one succeeds, and what it did not see the next one sees."""
    is_told = False
    while True:
        await asyncio.sleep(LOOK_AT_FILES)
        try:
            found = read()
            if found != known:
                await changed()
            known, is_told = found, False
        except Exception as problem:  # noqa: BLE001 -- whatever it is, who watches must go on
            if not is_told:
                log.error("The configuration could not be looked at: %s", where(problem))
            is_told = True
