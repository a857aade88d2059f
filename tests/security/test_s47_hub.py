"""S47: at a JupyterHub: stop and logout wipe memory, nothing of ours is in JUPYTERHUB_* variables, and the
documentation advises a subdomain for each person.

The server is one as the Hub starts it, as far as it can be without a Hub: with the Hub's variables.
"""

import json
import os
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psutil
import pytest
import requests

import jupyter_auth
from tests.idp import MisbehavingProvider
from tests.integration.code_flow import browser
from tests.integration.conftest import pending
from tests.security.canaries import Canaries
from tests.security.signed_in import TOKENS, Scene, asking
from tests.support import Kernel, place, until

DOCS = Path(__file__).parents[2] / "docs"
HUB = {
    "JUPYTERHUB_API_TOKEN": "of-the-hub",
    "JUPYTERHUB_API_URL": "http://127.0.0.1:9/hub/api",
    "JUPYTERHUB_BASE_URL": "/",
    "JUPYTERHUB_CLIENT_ID": "jupyterhub-user-ada",
    "JUPYTERHUB_PUBLIC_URL": "https://ada.hub.example.org/user/ada/",
    "JUPYTERHUB_SERVICE_PREFIX": "/user/ada/",
    "JUPYTERHUB_USER": "ada",
}
LEVEL = "tok.metadata.token_source, tok.metadata.cache_level"


@pytest.fixture(scope="module")
def at_hub() -> Iterator[Scene]:
    canaries = Canaries()
    with MisbehavingProvider() as provider, place(provider.issuer) as home:
        canaries.watch(provider)
        home.variables(**HUB)
        with home.server("--ServerApp.base_url=/user/ada/") as server, closing(Kernel(server)) as kernel:
            kernel.run("import jupyter_auth as ja")
            made = Scene(home=home, server=server, provider=provider, canaries=canaries, kernel=kernel)
            made.sign_in()
            yield made


def log_out(session: requests.Session, scene: Scene) -> requests.Response:
    return session.get(f"{scene.server.url}logout", timeout=20, allow_redirects=False)


def level(scene: Scene) -> list[str | None]:
    """From where a kernel has its token now."""
    return list(scene.kernel.run("tok = ja.get_token('lake', interactive=False)", f"[{LEVEL}]"))


def test_nothing_of_ours_is_in_the_variables(at_hub: Scene) -> None:
    """In the server, in kernels, and in what a cell starts."""
    process = psutil.Process(at_hub.server.pid)
    seen = [one.environ() for one in (process, *process.children(recursive=True))]
    seen.append(at_hub.kernel.value("dict(__import__('os').environ)"))
    seen.append(
        json.loads(
            at_hub.kernel.value(
                "__import__('subprocess').check_output([__import__('sys').executable, '-c', "
                "'import json, os; print(json.dumps(dict(os.environ)))'], text=True)"
            )
        )
    )
    for environment in seen:
        hubs = {name: value for name, value in environment.items() if name.startswith("JUPYTERHUB_")}
        assert hubs == HUB
        everything = json.dumps(environment).encode()
        found = [kind for kind in TOKENS for needle in at_hub.canaries.needles(kind) if needle in everything]
        assert found == []


def test_logging_out_wipes_memory_and_keeps_sign_ins(at_hub: Scene) -> None:
    level(at_hub)
    assert level(at_hub) == ["cache", "kernel"]
    with browser(at_hub.server) as page:
        assert log_out(page, at_hub).status_code == 200
        assert page.get(f"{at_hub.server.url}jupyter_auth/v1/status", timeout=20).status_code == 403
    assert level(at_hub) == ["cache", "store"]
    assert level(at_hub) == ["cache", "kernel"]


def test_a_stranger_who_logs_out_wipes_nothing(at_hub: Scene) -> None:
    level(at_hub)
    with asking(at_hub.server, token=False) as stranger:
        assert log_out(stranger, at_hub).status_code == 200
    assert level(at_hub) == ["cache", "kernel"]


def test_stopping_ends_all_that_held_a_token() -> None:
    """The server, its kernels, their socket. What only memory held is gone for the next server."""
    with MisbehavingProvider() as provider, place(provider.issuer) as home:
        home.variables(**HUB)
        options = ("--ServerApp.base_url=/user/ada/", "--JupyterAuth.store=memory")
        server = home.server(*options).start()
        kernel = Kernel(server)
        kernel.run("import jupyter_auth as ja")
        cell = kernel.start("tok = ja.get_token('lake')", "None")
        pending(server)
        provider.approve()
        kernel.result_of(cell)
        held = [psutil.Process(server.pid), *psutil.Process(server.pid).children(recursive=True)]
        kernel.close()
        server.stop()
        until(lambda: not any(one.is_running() and one.status() != psutil.STATUS_ZOMBIE for one in held))
        assert list(home.runtime.glob("jupyter_auth-*.sock")) == []
        with home.server(*options) as next_one:
            assert next_one.get("jupyter_auth/v1/accounts").json() == []


def test_the_product_sets_no_variable_of_the_hub() -> None:
    own = Path(jupyter_auth.__file__).parent
    writes = [
        path.name
        for path in own.rglob("*.py")
        for line in path.read_text(encoding="utf-8").splitlines()
        if "JUPYTERHUB_" in line and ("environ[" in line or "putenv" in line or "setdefault" in line)
    ]
    assert writes == []
    assert set(HUB) & set(os.environ) == set()


def test_subdomains_and_an_end_at_logout_are_advised() -> None:
    advice = (DOCS / "how-to" / "set-up-for-others.md").read_text(encoding="utf-8")
    for word in ("c.JupyterHub.subdomain_host", "c.JupyterHub.shutdown_on_logout"):
        assert word in advice
