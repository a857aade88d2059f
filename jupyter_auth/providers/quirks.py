"""What a preset knows of a provider's answers that differ from what the specifications say."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from jupyter_auth.core.errors import OAuthError
from jupyter_auth.providers.base import TokenResponse


def in_standard_words(refused: OAuthError, quirks: Mapping[str, Any]) -> OAuthError:
    """The same refusal under RFC 6749's code for it, since decisions hang on that; the message keeps the
    provider's own."""
    refused.error = quirks.get("errors", {}).get(refused.error, refused.error)
    return refused


def completed(answer: TokenResponse, quirks: Mapping[str, Any]) -> TokenResponse:
    """With the lifetime that the provider leaves out, and with its scopes one by one."""
    if answer.expires_in is None:
        answer = replace(answer, expires_in=quirks.get("default_expires_in"))
    separator = quirks.get("scope_separator")
    if separator is None or answer.scope is None:
        return answer
    scopes = dict.fromkeys(part for scope in answer.scope for part in scope.split(separator) if part)
    return replace(answer, scope=tuple(scopes) or None)
