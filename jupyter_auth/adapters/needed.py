"""Clients' libraries are there only where somebody uses them."""

from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def needs(extra: str) -> Iterator[None]:
    """What is imported within comes with an extra of this package; where it is missing, the
    ``ModuleNotFoundError`` says how to install it."""
    try:
        yield
    except ModuleNotFoundError as missing:
        name = f"jupyter-token-broker[{extra}]" if extra else "jupyter-token-broker"
        raise ModuleNotFoundError(
            f"{missing.name} is not installed in this environment. Install it with: pip install '{name}'",
            name=missing.name,
        ) from None
