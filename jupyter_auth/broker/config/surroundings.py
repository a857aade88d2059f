"""Folders by which another user of the machine could have Jupyter run their code, and so all that is ours."""

from collections.abc import Iterator
from pathlib import Path

from jupyter_core.paths import jupyter_config_path

from jupyter_auth.broker.config.toml_file import others_decide


def open_folders() -> Iterator[tuple[Path, str]]:
    """Each that is open, of HOME and of Jupyter's configuration path with what is above it, and why.

    Jupyter runs what is in its configuration folders; and who may write into a folder may put another in the
    place of one that is in it, unless it is sticky.
    """
    below = [Path(folder) for folder in jupyter_config_path()]
    for folder in dict.fromkeys([Path.home(), *below, *(folder.parent for folder in below)]):
        try:
            why = others_decide(folder.stat())
        except OSError:
            continue
        if why:
            yield folder, why


def open_to_others() -> Iterator[str]:
    """A sentence for each of them."""
    for folder, why in open_folders():
        yield f"{folder} {why}: they can have Jupyter run their code as you."
