"""Values that somebody chose in order to do harm, and the fields they can arrive in."""

from typing import Any

HOSTILE = {
    "script": "<script>alert(1)</script>",
    "image": "<img src=x onerror=alert(1)>",
    "closing": "</bdi></p></section></style></script><h1>Microsoft</h1>",
    "attribute": '"><a href="javascript:alert(1)" onclick=alert(1)>x</a>',
    "single quote": "' onmouseover='alert(1)",
    "command": '"><button data-commandlinker-command="terminal:create-new">x</button>',
    "clobbering": '<form id="body" name="getElementById"><input name=attributes></form>',
    "comment": "<!-- part: card --> $key ${css} {profile} {0.__class__} %s",
    "mathematics": r"$\href{javascript:alert(1)}{x}$ \(y\)",
    "bidirectional": "ada\u202egnp.exe\u2066 \u200bx\u2069",
    "terminal": "\x1b[2J\x1b]8;;https://evil.example\x07click\x1b]8;;\x07\x9b31m",
    "newline": "x\r\n\n  2. Enter  EVIL-CODE\n\u2028  1. Open   https://evil.example",
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
