"""``callback_url``: does what is there lead to a broker's callback? No token is sent there."""

import requests

from jupyter_auth.broker.signing_in.callback_page import HEADERS, page
from jupyter_auth.cli.doctor.finding import Finding, Findings, Reason
from jupyter_auth.core.errors import AuthError
from jupyter_auth.core.urls import host_of
from jupyter_auth.providers.transport import ProviderSession, fetch

CHECK = "callback"
#: By these, sent with every answer of ours, a proxy's own answer is told from a broker's.
SIGNS = ("Content-Security-Policy", "Referrer-Policy")


def check(url: str) -> Findings:
    """Ask for it as a browser would that is not logged in."""
    session = ProviderSession()
    try:
        answer = fetch(url, lambda: session.get(url))
    except AuthError as problem:
        yield Finding(
            check=CHECK,
            state="note",
            reason=Reason.CALLBACK_UNREACHABLE,
            message=f"{url} cannot be reached from this machine ({problem.reason}). A browser may reach it "
            "all the same.",
            advice="Open it in the browser: Jupyter's login, or a page about an unknown sign-in, must come. "
            "Else correct c.JupyterAuth.callback_url.",
        )
        return
    finally:
        session.close()
    if _is_ours(answer):
        yield Finding(check=CHECK, state="ok", message=url)
        return
    yield Finding(
        check=CHECK,
        state="fault",
        reason=Reason.CALLBACK_ELSEWHERE,
        message=f"at {url} answers something else than a token broker (HTTP {answer.status_code}): a sign-in "
        "by redirect never comes back.",
        advice=f"Have the proxy at {host_of(url)} lead that path to the Jupyter server unchanged, or "
        "correct c.JupyterAuth.callback_url: it is the server's address with its base_url, then "
        "jupyter_auth/v1/callback.",
    )


def _is_ours(answer: requests.Response) -> bool:
    """Our own page, or Jupyter's (or its hub's) login, which comes before it."""
    if answer.content == page("unknown"):
        return True
    return answer.is_redirect and all(answer.headers.get(name) == HEADERS[name] for name in SIGNS)
