"""Whether a browser of the person's is likely to run on this machine."""

from __future__ import annotations

import os
import sys


def has_browser() -> bool:
    """True where it is: no session of ssh, and a screen."""
    given = {name for name, value in os.environ.items() if value}
    if given & {"SSH_CONNECTION", "SSH_TTY"}:
        return False
    return sys.platform in ("darwin", "win32") or bool(
        given & {"DISPLAY", "WAYLAND_DISPLAY", "WSL_DISTRO_NAME"}
    )
