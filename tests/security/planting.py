"""What is put where it must be found, each time by the way that a leak would take."""

from tests.browser.lab import write_notebook
from tests.security.canaries import PLANTED
from tests.security.life import Life
from tests.security.looking import add_answer
from tests.support import Kernel

IN_KERNEL = """
import subprocess, sys
print({mark!r})
planted = {mark!r}
child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, env={{"PLANTED": planted}})
"""


def plant(life: Life, kernel: Kernel) -> None:
    """In an object of a kernel and so in its memory, in what it prints, in the environment of what it starts,
    in frames, in an answer, in the access log, in an event, in a notebook and in a file."""
    mark, server = life.canaries.marks[PLANTED], life.server
    kernel.run(IN_KERNEL.format(mark=mark))
    kernel.fails(f"ja.get_token({mark!r})")
    add_answer(life.evidence, server.post("jupyter_auth/v1/interactions", {"profile": mark}))
    server.get(f"jupyter_auth/v1/accounts/{mark}")
    event = {"id": mark, "profile": "lake", "state": "pending", "waiting": 0}
    schema_id = "https://events.jupyter.org/jupyter_auth/interactions/v1"
    server.post("api/events", {"schema_id": schema_id, "version": "1", "data": event}).raise_for_status()
    write_notebook(life.place.notebooks, "planted.ipynb", mark)
    (life.place.runtime / "planted.json").write_text(mark, encoding="utf-8")
