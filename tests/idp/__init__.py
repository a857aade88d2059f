"""Identity providers for the tests: two real ones, and one that misbehaves as a test tells it to."""

from . import faults
from .base import CONFIDENTIAL_CLIENT, CONFIDENTIAL_SECRET, PUBLIC_CLIENT, LogEntry, Provider, Traits
from .django_toolkit.provider import DjangoProvider
from .errors import ProviderError
from .faults import Answer, Request, Responder
from .misbehaving import MisbehavingProvider, Recorded
from .provider import RESOURCE, OidcProvider

PROVIDERS: tuple[type[Provider], ...] = (OidcProvider, DjangoProvider)

__all__ = [
    "CONFIDENTIAL_CLIENT",
    "CONFIDENTIAL_SECRET",
    "PROVIDERS",
    "PUBLIC_CLIENT",
    "RESOURCE",
    "Answer",
    "DjangoProvider",
    "LogEntry",
    "MisbehavingProvider",
    "OidcProvider",
    "Provider",
    "ProviderError",
    "Recorded",
    "Request",
    "Responder",
    "Traits",
    "faults",
]
