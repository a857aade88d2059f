"""A server that tells its routes, and a kernel in which somebody has signed in; every secret is marked."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from http.cookiejar import DefaultCookiePolicy

import requests

from jupyter_auth.cli.demo.jupyter_process import JupyterProcess
from tests.idp import MisbehavingProvider
from tests.integration.conftest import pending
from tests.security.canaries import Canaries
from tests.security.enumerating import OPTION, Route, routes
from tests.security.undefended import ROOT, undefended
from tests.support import Kernel, Place, place

TOKENS = ("access_token", "refresh_token", "id_token")


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """Who takes part."""

    home: Place
    server: JupyterProcess
    provider: MisbehavingProvider
    canaries: Canaries
    kernel: Kernel

    @property
    def routes(self) -> list[Route]:
        return routes(self.home)

    def tokens_in(self, answer: requests.Response) -> list[str]:
        """The kinds of tokens that are in an answer's head or body, in whatever form."""
        seen = str(dict(answer.headers)).encode() + answer.content
        return [kind for kind in TOKENS if any(needle in seen for needle in self.canaries.needles(kind))]

    def sign_in(self) -> None:
        """As a person does whom a cell asks."""
        cell = self.kernel.start("tok = ja.get_token('lake')", "None")
        pending(self.server)
        self.provider.approve()
        self.kernel.result_of(cell)

    def ids(self, route: Route) -> list[str]:
        """Addresses of a route: with each id that there is now, and with one that there is not."""
        known = [row["home_account_id"] for row in self.server.get("jupyter_auth/v1/accounts").json()]
        known += [row["id"] for row in self.server.get("jupyter_auth/v1/interactions").json()[-2:]]
        return sorted({route.path(found) for found in (*known, self.kernel.kernel_id, "nobody")})


@contextmanager
def scene(*promises: str, options: tuple[str, ...] = (), code: str = "") -> Iterator[Scene]:
    """With ``promises`` the server is built without these defences; ``code`` is for its configuration."""
    canaries = Canaries()
    with MisbehavingProvider() as provider, place(provider.issuer) as home:
        canaries.watch(provider)
        home.server_code(code)
        home.variables(PYTHONPATH=str(ROOT))
        asked = (OPTION, *options)
        server = undefended(home, *promises, options=asked) if promises else home.server(*asked)
        with server, closing(Kernel(server)) as kernel:
            kernel.run("import jupyter_auth as ja")
            made = Scene(home=home, server=server, provider=provider, canaries=canaries, kernel=kernel)
            made.sign_in()
            yield made


@contextmanager
def asking(server: JupyterProcess, *, token: bool = True) -> Iterator[requests.Session]:
    """Somebody who holds the server's token, or nothing; no cookie is kept, no redirect followed."""
    with requests.Session() as session:
        session.trust_env = False
        session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        if token:
            session.headers["Authorization"] = f"token {server.token}"
        yield session
