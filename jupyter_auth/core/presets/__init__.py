"""What is known of providers that many people use: endpoints and quirks as data, never a client id."""

import tomllib
from functools import cache
from importlib import resources
from typing import Any

PRESETS = ("google", "github", "keycloak")


@cache
def preset(name: str) -> dict[str, Any]:
    """The keys of a profile that ``name`` fills in, and its ``quirks``."""
    return tomllib.loads(resources.files(__name__).joinpath(f"{name}.toml").read_text("utf-8"))
