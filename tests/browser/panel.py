"""The Sign-ins panel as the tests open it, and made-up answers that bring it into any state."""

import json
import time
from typing import Any

from playwright.sync_api import Locator, Page, Route

from jupyter_auth.cli.demo.jupyter_process import JupyterProcess

PANEL = "jupyter-token-broker-panel"
INSIDE = f"#{PANEL}"
Row = dict[str, Any]
OPEN = "() => window.jupyterapp.commands.execute('jupyter-auth:open')"


def open_lab(page: Page, server: JupyterProcess, path: str = "lab?reset") -> None:
    """Open the application and wait until it is there."""
    joined = "&" if "?" in path else "?"
    page.goto(f"{server.url}{path}{joined}token={server.token}")
    page.wait_for_function("window.jupyterapp !== undefined", timeout=60_000)
    page.wait_for_function("() => window.jupyterapp.restored.then(() => true)")
    if path.startswith("lab?"):  # the launcher takes the focus when it is there, some time after all else
        page.wait_for_function("document.querySelector('.jp-Launcher')?.contains(document.activeElement)")


def open_panel(page: Page) -> Locator:
    """Bring the panel to the front."""
    page.evaluate(OPEN)
    panel = page.locator(f"#{PANEL}")
    panel.wait_for()
    return panel


def section(panel: Locator, title: str) -> Locator:
    """A part of the panel, by its heading."""
    return panel.locator("details.ja-sec", has=panel.page.locator("summary", has_text=title))


def forget(server: JupyterProcess) -> None:
    """Nobody signed in, nothing waiting, no kernels."""
    for kernel in server.get("api/kernels").json():
        server.delete(f"api/kernels/{kernel['id']}")
    for row in server.get("jupyter_auth/v1/interactions").json():
        server.delete(f"jupyter_auth/v1/interactions/{row['id']}")
    server.delete("jupyter_auth/v1/cache")


def pending(server: JupyterProcess) -> list[dict[str, Any]]:
    """What waits at the server."""
    rows = server.get("jupyter_auth/v1/interactions").json()
    return [row for row in rows if row["state"] == "pending"]


def reach(page: Page, name: str) -> None:
    """Press Tab until the control of that name has the focus."""
    for _ in range(30):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement?.getAttribute('aria-label')") == name:
            return
    raise AssertionError(f"{name} is not reached by Tab")


class Answers:
    """The REST resources as a test wants them to be; what it does not set goes to the server."""

    def __init__(self, page: Page) -> None:
        self.values: dict[str, Any] = {}
        self.seen: list[str] = []
        page.route("**/jupyter_auth/v1/**", self._answer)

    def _answer(self, route: Route) -> None:
        resource = route.request.url.partition("/jupyter_auth/v1/")[2].partition("?")[0]
        self.seen.append(f"{route.request.method} {resource}")
        value = self.values.get(f"{route.request.method} {resource}", self.values.get(resource))
        if value == "gone":
            route.abort("connectionrefused")
        elif isinstance(value, int):
            body = {"error": f"http_{value}", "message": "No", "hint": ""}
            route.fulfill(status=value, content_type="application/json", body=json.dumps(body))
        elif value is not None:
            route.fulfill(status=200, content_type="application/json", body=json.dumps(value))
        else:
            route.continue_()


# -- made-up answers -----------------------------------------------------------------------------------------


def store(problem: str | None = None, faults: tuple[str, ...] = (), **more: Any) -> dict[str, Any]:
    """The resource ``status``; ``more`` is of its store."""
    kept: Row = {"name": "sqlite", "location": "x", "key_source": "file x", "network": None, "locked": False}
    kept["key_sources"] = ["keyring: not installed", "own file: taken (x)"]
    broker: Row = {"state": "ready", "where": "server", "pid": 1, "socket": None, "problem": problem}
    return {
        "version": "1",
        "protocol": 1,
        "broker": broker | {"kernels_connected": 0},
        "store": kept | {"notes": []} | more,
        "configuration": {"files": [], "default_profile": "graph", "faults": list(faults)},
    }


def profile(name: str, host: str = "idp.example.org", **more: Any) -> dict[str, Any]:
    """A row of ``profiles``."""
    row: Row = {"name": name, "title": None, "provider": "oidc", "issuer": f"https://{host}/", "scopes": []}
    rest: Row = {"flows": ["device_code"], "default": False, "kernel_access": "allow", "faults": []}
    return row | rest | more


def account(username: str, of: str, state: str = "signed_in", **more: Any) -> dict[str, Any]:
    """A row of ``accounts``."""
    row: Row = {"home_account_id": f"{username}.{of}", "username": username, "name": username}
    rest = {"environment": "https://idp.example.org/", "realm": "", "profile": of, "state": state}
    return row | rest | {"default": False} | more


def entry(of: str, username: str, scopes: str, left: int, **more: Any) -> dict[str, Any]:
    """A row of ``cache``."""
    now = int(time.time())
    row: Row = {"profile": of, "username": username, "home_account_id": username and f"{username}.{of}"}
    times: Row = {"expires_on": now + left, "refresh_on": now + left // 2, "last_used": None}
    return row | times | {"scopes": scopes.split(), "source": "identity_provider", "renewing": False} | more


def kernel(notebook: str | None, of: str, last: int, **more: Any) -> dict[str, Any]:
    """A row of ``kernels``."""
    uses = [{"profile": p, "count": 3, "last_used": int(time.time()) - last} for p in of.split()]
    row: Row = {"kernel_id": f"k-{notebook}", "kernel_name": "Python 3 (ipykernel)", "notebook": notebook}
    return row | {"connected": True, "profiles": uses, "grants": []} | more


def grant(of: str, decision: str = "allow", remember: str = "kernel", **more: Any) -> dict[str, Any]:
    """What a person has said about a kernel: a row of its ``grants``."""
    row: Row = {"profile": of, "scopes": None, "account": None, "home_account_id": None}
    return row | {"decision": decision, "remember": remember, "granted_on": int(time.time()) - 125} | more


def ruled() -> list[Row]:
    """Kernels of which each kind of thing has been said; ``lake`` asks, every kernel may use ``graph``."""
    of_ada: Row = {"scopes": ["openid", "lake.read"], "account": "ada.lovelace"}
    return [
        kernel("projects/2026/sales-forecast.ipynb", "graph lake", 130, grants=[grant("lake", **of_ada)]),
        kernel("reports/weekly.ipynb", "lake", 200, grants=[grant("lake", remember="notebook", **of_ada)]),
        kernel("untitled.ipynb", "", 0, grants=[grant("lake", "deny")], connected=False),
        kernel("blocked.ipynb", "graph", 900, grants=[grant("graph", "deny", "notebook")]),
        kernel("next.ipynb", "lake", 2000),
        kernel("shut.ipynb", "archive", 4000),
        kernel(None, "lake", 5000, grants=[grant("lake", **of_ada)]),
    ]


def with_rules() -> Row:
    """Answers in which kernels stand in every way to profiles."""
    graph = profile("graph", host="login.microsoftonline.com")
    archive = profile("archive", "sso.example.net", kernel_access="deny")
    return {"profiles": [graph, profile("lake", kernel_access="ask"), archive], "kernels": ruled()}


def waiting(identity: str = "i1", state: str = "pending", **more: Any) -> dict[str, Any]:
    """A row of ``interactions``."""
    now = int(time.time())
    asked: Row = {"notebook": "projects/2026/sales-forecast.ipynb", "kernel_id": "k1", "waiting": 1}
    row: Row = {"id": identity, "profile": "graph", "title": None, "client_id": "nb", "tenant": None}
    code = {"user_code": "D7KX-92QP", "verification_uri": "https://idp.example.org/device"}
    rest = {"verification_uri_complete": None, "authorization_uri": None, "username": None, "reason": None}
    more = {
        "requested_by": asked | {"kernel_name": "Python 3 (ipykernel)"},
        "message": None,
        "hint": None,
    } | more
    row |= {"issuer": "https://idp.example.org/", "scopes": ["User.Read"], "scope_titles": {}, "slow": False}
    row |= {"flow": "device_code", "state": state, "created_on": now, "expires_on": now + 840}
    return row | code | rest | more


def usual() -> dict[str, Any]:
    """Three people, four profiles, four tokens, two notebooks."""
    graph = {"host": "login.microsoftonline.com"}
    last = int(time.time()) - 130
    return {
        "status": store(),
        "profiles": [
            profile("graph", **graph),
            profile("lake"),
            profile("archive", "sso.example.net"),
            profile("batch", provider="client_credentials"),
        ],
        "accounts": [
            account("ada@contoso.com", "graph", name="Ada Lovelace"),
            account("bob@contoso.com", "graph", "needs_sign_in", name="Bob Stone"),
            account("ada.lovelace", "lake"),
        ],
        "cache": [
            entry("graph", "ada@contoso.com", "User.Read Files.Read", 3500),
            entry("lake", "ada.lovelace", "lake.read", 1470, source="cache", last_used=last),
            entry("graph", "ada@contoso.com", "Mail.Read", 250, renewing=True),
            entry("batch", "", "batch.submit", -5, source="cache", last_used=last),
        ],
        "interactions": [],
        "kernels": [
            kernel("projects/2026/sales-forecast.ipynb", "graph lake", 130),
            kernel("weekly.ipynb", "graph", 545),
        ],
    }
