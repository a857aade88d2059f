"""What a notebook keeps of a request in the mime type of our own front end: its id, and how it ended."""

from collections.abc import Mapping
from typing import Any

from jupyter_auth.core.text import clean
from jupyter_auth.core.urls import host_of

MIME_TYPE = "application/vnd.jupyter_auth.interaction.v1+json"
_LONG = ("message", "hint")  # sentences


def saved_end(interaction: Mapping[str, Any]) -> dict[str, str]:
    """How it ended, in what our renderer needs for one line: never a code, an address or a token."""
    names = ["id", "state", "flow", "profile"]
    if interaction.get("flow") == "consent":
        return {name: clean(interaction.get(name)) for name in names if interaction.get(name)}
    if interaction.get("state") == "succeeded":
        names.append("username")
    else:
        names += ["reason", *_LONG]
    kept = {name: clean(interaction.get(name), 240 if name in _LONG else 120) for name in names}
    kept["host"] = clean(host_of(str(interaction.get("issuer") or "")))
    return {name: value for name, value in kept.items() if value}
