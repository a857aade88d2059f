"""The answer to a request that failed."""

import logging
from typing import Any

from jupyter_auth.core.errors import AuthError, error_to_wire
from jupyter_auth.core.faults import where

log = logging.getLogger(__name__)

Message = dict[str, Any]


def failed(problem: Exception) -> Message:
    """The answer that says what went wrong; of a fault of ours only where it was."""
    if isinstance(problem, AuthError):
        return error_to_wire(problem)
    log.error("A kernel's request failed: %s", where(problem))
    return error_to_wire(AuthError("The broker failed; the server's log says where."))
