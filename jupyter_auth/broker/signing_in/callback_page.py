"""What a browser is shown at the redirect URI: static pages without script, link or a word of the answer."""

from functools import cache
from importlib.resources import files

from jupyter_auth.broker.signing_in.interaction import Interaction

#: By the page's name.
STATUS = {"done": 200, "refused": 403, "unknown": 404}
HEADERS = {
    "Content-Type": "text/html; charset=utf-8",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}


def page_for(answered: Interaction | None) -> str:
    """The name of the page after an answer to that interaction; None where nobody waited for it."""
    if answered is None:
        return "unknown"
    return "done" if answered.state == "succeeded" else "refused"


@cache
def page(name: str) -> bytes:
    """A page's HTML."""
    return files(__package__).joinpath("pages", f"{name}.html").read_bytes()
