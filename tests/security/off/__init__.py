"""Builds of the product with one defence switched off, so that its attack is seen to succeed.

Each module ``sNN`` has ``switch_off(patch)``, which puts into the product's modules what stood there without
the defence. The product itself has no switch for it.
"""

from importlib import import_module

import pytest


def switch_off(patch: pytest.MonkeyPatch, *promises: str) -> None:
    """Switch off the defences of these promises, ``"s14"`` and so on."""
    for promise in promises:
        import_module(f"{__name__}.{promise}").switch_off(patch)
