"""Values that somebody chose in order to do harm, and the fields they can arrive in."""

import json
from pathlib import Path
from typing import Any

_TABLE = Path(__file__).parents[2] / "security" / "hostile.json"  # the page's tests read it too
HOSTILE: dict[str, str] = {
    **json.loads(_TABLE.read_text("utf-8")),
    "surrogate": "a\ud800b",
    "long": "W" * 5000,
}

_ASKER = ("notebook", "kernel_name")
FIELDS = (
    *("id", "profile", "title", "client_id", "issuer", "tenant", "user_code", "username"),
    *("scopes", "scope_titles", *_ASKER),
)


def with_value(interaction: dict[str, Any], field: str, value: str) -> dict[str, Any]:
    """The interaction with the value in one of its fields."""
    changed: object = value
    if field in _ASKER:
        return interaction | {"requested_by": interaction["requested_by"] | {field: value}}
    if field == "scopes":
        changed = ["openid", value, "Files.Read"]
    elif field == "scope_titles":
        changed = {"User.Read": value}
    return interaction | {field: changed}
