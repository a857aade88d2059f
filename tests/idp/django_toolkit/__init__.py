"""django-oauth-toolkit as a second provider: other authors, another protocol library, other habits."""

from .provider import DjangoProvider

__all__ = ["DjangoProvider"]
