"""Cells that more than one module runs, with jupyter_auth imported as ``ja``, and profiles for them."""

#: whether there is a token without a person: the reason why not, else ``token``
SILENT = """
try:
    ja.acquire_token_silent("lake"); outcome = "token"
except ja.InteractionRequiredError as error:
    outcome = error.reason
"""


def refresh_at(moment: float) -> str:
    """A forced refresh at a moment (Unix seconds), so that several begin it together."""
    return f"time.sleep(max(0, {moment} - time.time())); tok = ja.get_token('lake', force_refresh=True)"


LIFE = 10  # seconds that a token of a long cell lives: stale from half of it on
HELD = 1.0  # seconds that the provider takes for a refresh

#: gets a token, computes, and asks again
COMPUTES = """
tok = ja.get_token("lake", interactive=False)
time.sleep({seconds})
tok = ja.get_token("lake", interactive=False)
"""
FOUND = "[tok.metadata.token_source, tok.metadata.duration_total < {held}, tok.expires_in > 0]"

#: a hundred threads that ask at one moment: when the file ``go`` is there, which all kernels wait for
CROWD = """
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
import os, threading
gate = threading.Barrier(101)
def ask(_):
    gate.wait(120)
    tok = ja.get_token("lake", interactive=False)
    return [tok.metadata.token_source, tok.reveal()]
with ThreadPoolExecutor(100) as crowd:
    asked = [crowd.submit(ask, n) for n in range(100)]
    while gate.n_waiting < 100: time.sleep(0.01)
    Path("{folder}/ready-" + str(os.getpid())).touch()
    while not Path("{folder}/go").exists(): time.sleep(0.005)
    gate.wait(120)
    got = [one.result() for one in asked]
"""

#: profiles of an application: one for its own tokens, one for tokens on behalf of somebody
APPLICATIONS = """
[profiles.batch]
provider = "client_credentials"
issuer = "{issuer}"
client_id = "{client_id}"
client_secret_file = "{secret}"
scopes = ["lake.read"]
[profiles.behalf]
issuer = "{issuer}"
client_id = "{client_id}"
client_secret_file = "{secret}"
audience = "https://downstream.example/"
scopes = ["read"]
"""
