"""Cells that more than one module runs, with jupyter_auth imported as ``ja``."""

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
