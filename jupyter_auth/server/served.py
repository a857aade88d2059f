"""What of ours the server's own contents and files API would give to whoever holds its token."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any


def served(contents: Any, paths: Iterable[Path]) -> list[Path]:
    """Those of ``paths`` that are below the folder which a contents manager serves, and not hidden in it."""
    root = getattr(contents, "root_dir", None)
    return [path for path in paths if root and _is_served(Path(root), path, contents)]


def _is_served(root: Path, path: Path, contents: Any) -> bool:
    try:
        below = path.resolve(strict=True).relative_to(root.expanduser().resolve())
    except (OSError, ValueError):
        return False
    is_hidden = any(part.startswith(".") for part in below.parts)
    return bool(getattr(contents, "allow_hidden", False)) or not is_hidden
