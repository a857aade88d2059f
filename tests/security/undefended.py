"""A Jupyter server of a place, built without some defences."""

from pathlib import Path

from jupyter_auth.cli.demo.jupyter_process import JupyterProcess
from tests.support import Place

ROOT = Path(__file__).parents[2]


def undefended(home: Place, *promises: str, options: tuple[str, ...] = ()) -> JupyterProcess:
    """``home.server`` without the defences of these promises (``"s14"`` and so on); a context manager."""
    home.variables(PYTHONPATH=str(ROOT))
    server = home.server(*options)
    at = server.command.index("-m")
    server.command[at:at] = ["-m", "tests.security.off", *promises, "--"]
    return server
