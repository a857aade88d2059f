"""Identity providers for the tests: a certified one, and one that misbehaves as a test tells it to."""

from . import faults
from .errors import ProviderError
from .faults import Answer, Request, Responder
from .misbehaving import MisbehavingProvider, Recorded
from .provider import (
    CONFIDENTIAL_CLIENT,
    CONFIDENTIAL_SECRET,
    PUBLIC_CLIENT,
    RESOURCE,
    LogEntry,
    OidcProvider,
)

__all__ = [
    "CONFIDENTIAL_CLIENT",
    "CONFIDENTIAL_SECRET",
    "PUBLIC_CLIENT",
    "RESOURCE",
    "Answer",
    "LogEntry",
    "MisbehavingProvider",
    "OidcProvider",
    "ProviderError",
    "Recorded",
    "Request",
    "Responder",
    "faults",
]
