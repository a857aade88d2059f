"""A provider in the shape of Microsoft Entra ID, in a process of its own."""

from .provider import APP_KEY, APP_PUBLIC, APP_SECRET, CALLBACK, FABRIKAM, HOME, EntraProvider, Seen

__all__ = ["APP_KEY", "APP_PUBLIC", "APP_SECRET", "CALLBACK", "FABRIKAM", "HOME", "EntraProvider", "Seen"]
