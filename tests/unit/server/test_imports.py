"""What a server has to import for us before it can answer."""

import subprocess
import sys

CODE = """
import sys
import jupyter_server.serverapp
before = set(sys.modules)
import jupyter_auth.server.extension
print(*{name.partition(".")[0] for name in sys.modules.keys() - before})
"""


def test_what_talks_to_providers_and_stores_is_not_imported_at_the_start() -> None:
    """``requests`` alone, which a module may bring by one function of it, is a third of all our imports."""
    ended = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=True)
    new = set(ended.stdout.split())
    assert "jupyter_auth" in new
    assert new - {*sys.stdlib_module_names, "jupyter_auth", "jupyter_server"} == set()
