"""Folders by which another user of the machine could have Jupyter run their code, and so all that is ours."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from jupyter_core.paths import jupyter_config_path


def open_to_others() -> Iterator[Path]:
    """HOME, and those of Jupyter's configuration path and above it, that every user may write into.

    Jupyter runs what is in its configuration folders; and who may write into a folder may put another in the
    place of one that is in it, unless it is sticky.
    """
    below = [Path(folder) for folder in jupyter_config_path()]
    for folder in dict.fromkeys([Path.home(), *below, *(folder.parent for folder in below)]):
        try:
            bits = folder.stat().st_mode
        except OSError:
            continue
        if os.name == "posix" and bits & stat.S_IWOTH and not bits & stat.S_ISVTX:
            yield folder
