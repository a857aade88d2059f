"""Checking the id token of a refresh without keeping its refresh token from being saved.

Once a provider has rotated a refresh token, the new one exists nowhere but in its answer: nothing that may
wait for a network belongs between that and the disk. So the keys are fetched before the request. Where they
turn out not to be the ones, since the provider has changed them meanwhile, the check comes after the saving.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

import jwskate

from jupyter_auth.core.errors import AuthError
from jupyter_auth.providers.base import TokenResponse
from jupyter_auth.providers.idtoken import Keys


class KeysAtHand:
    """A provider's keys as they are before a request; ``fetch`` may ask for them, this never does again."""

    def __init__(self, fetch: Keys, *, wanted: bool = True) -> None:
        """``wanted``: an id token is expected, so that the keys are fetched now where they are not known."""
        self.fetch = fetch
        self.are_lacking = False  # others may be needed than those at hand
        self._are_known = True
        self._keys: Sequence[jwskate.Jwk] = ()
        try:
            self._keys = fetch(False) if wanted else ()
        except AuthError:
            self._are_known = False  # and none can be had: that id token is left out

    def __call__(self, fetch_anew: bool) -> Sequence[jwskate.Jwk]:
        if not fetch_anew:
            return self._keys
        self.are_lacking = self._are_known
        return ()


def checked(keys: KeysAtHand, check: Callable[[Keys], TokenResponse]) -> TokenResponse:
    """The answer as ``check`` finds it with the keys at hand; with ``later`` where it takes others."""
    answer = check(keys)
    return replace(answer, later=lambda: check(keys.fetch)) if keys.are_lacking else answer
