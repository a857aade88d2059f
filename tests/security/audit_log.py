"""Reads an audit log back."""

import json
from pathlib import Path
from typing import Any


def lines(path: Path) -> list[dict[str, Any]]:
    """The records of the log, in order."""
    return [json.loads(line) for line in path.read_text(encoding="ascii").splitlines()]
