"""A trait as a setting: what is wrong with it is noted, and does not end the Jupyter server."""

from collections.abc import Callable
from typing import Any, Protocol, TypeVar

from traitlets import TraitError, TraitType

T = TypeVar("T", bound=TraitType[Any, Any])


class Noting(Protocol):
    """Who has settings, with what is wrong with them by the name of the trait."""

    @property
    def wrong(self) -> dict[str, str]: ...


def setting(trait: T, must: str, check: Callable[[Any], Any] = lambda value: value) -> T:
    """The trait as a setting; a wrong value is noted in place of the error that would end the Jupyter server.

    The note never quotes a value of the wrong type: what stands in the place of a profile may be a secret.
    """
    strict = trait._validate

    def validate(owner: Noting, value: Any) -> Any:
        try:
            checked = check(strict(owner, value))
        except TraitError:
            owner.wrong[str(trait.name)] = f"must be {must}, and is of type {type(value).__name__}"
        except ValueError as problem:
            owner.wrong[str(trait.name)] = str(problem)
        else:
            return checked
        return trait.default(owner)

    trait._validate = validate  # type: ignore[method-assign, assignment]
    return trait.tag(config=True)
