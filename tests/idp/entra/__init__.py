"""A provider in the shape of Microsoft Entra ID, in a process of its own."""

from .provider import (
    ADA,
    API,
    APP_KEY,
    APP_PUBLIC,
    APP_SCOPE,
    APP_SECRET,
    BOB,
    CALLBACK,
    DOWNSTREAM,
    FABRIKAM,
    HOME,
    STORAGE,
    WRITE,
    EntraProvider,
    Seen,
)

__all__ = [
    "ADA",
    "API",
    "APP_KEY",
    "APP_PUBLIC",
    "APP_SCOPE",
    "APP_SECRET",
    "BOB",
    "CALLBACK",
    "DOWNSTREAM",
    "FABRIKAM",
    "HOME",
    "STORAGE",
    "WRITE",
    "EntraProvider",
    "Seen",
]
