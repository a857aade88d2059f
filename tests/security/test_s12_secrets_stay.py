"""S12: refresh token, device_code, client secret and code_verifier never reach a kernel or a browser.

Canaries on the kernel's channels (ZMQ, as a browser has them), the panel's comm among them, on HTTP and on
the kernel socket. ``test_canaries`` looks into memory, logs, files and notebooks as well.
"""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from tests.idp import MisbehavingProvider
from tests.integration.code_flow import FLOWS, browser, visit
from tests.integration.test_panel import open_panel
from tests.security.canaries import Canaries
from tests.security.evidence import CHANNELS, FRAMES, HTTP, Evidence
from tests.security.life import REFRESH, Life, configure
from tests.security.looking import add_answer
from tests.security.recording import SocketTap
from tests.security.undefended import undefended
from tests.support import Kernel, Place, place, until

KINDS = ("refresh_token", "device_code", "client_secret", "code_verifier")
SURFACES = (CHANNELS, HTTP, FRAMES)


@contextmanager
def lived(folder: Path, *off: str) -> Iterator[Evidence]:
    """Sign-ins of three kinds, refreshes, the panel and a clear; all that kernel and browser had of it."""
    canaries = Canaries()
    secret = folder / "client_secret"
    secret.write_text(canaries.make("client_secret") + "\n", encoding="utf-8")
    with MisbehavingProvider() as provider, place() as made:
        canaries.watch(provider)
        configure(made, provider, secret)
        made.profile(provider.issuer, "redirect", more=FLOWS)
        server = undefended(made, *off) if off else made.server()
        life = Life(
            place=made, server=server, provider=provider, canaries=canaries,
            evidence=Evidence(canaries), folder=folder, kinds=KINDS,
        )  # fmt: skip
        with server:
            _live(life, made)
        yield life.evidence


def _live(life: Life, made: Place) -> None:
    until(lambda: any(made.runtime.glob("jupyter_auth-*.sock")))
    with closing(SocketTap(made.socket)) as tap, closing(Kernel(life.server)) as kernel:
        kernel.run("import jupyter_auth as ja")
        panel = open_panel(kernel)
        life.sign_in(kernel, "tok = ja.get_token('lake')")
        life.sign_in(kernel, "vault = ja.get_token('vault')")
        with browser(life.server) as page:
            waiting = life.server.post("jupyter_auth/v1/interactions", {"profile": "redirect"}).json()
            back = visit(page, waiting["authorization_uri"]).headers["Location"]
            add_answer(life.evidence, visit(page, back))
        for profile in ("lake", "vault", "redirect"):
            kernel.run(REFRESH.format(profile))
        for path in ("status", "accounts", "cache", "interactions", "kernels"):
            assert panel.ask("GET", path)[0] == 200
        life.read()
        kernel.run("ja.clear_cache(revoke=True)")
        life.evidence.add(CHANNELS, "a kernel", kernel.text())
    for frames in (*tap.to_kernels, *tap.to_broker):
        life.evidence.add(FRAMES, "the socket", bytes(frames))


@pytest.fixture(scope="module")
def evidence(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Evidence]:
    with lived(tmp_path_factory.mktemp("outside")) as found:
        yield found


@pytest.mark.parametrize("surface", SURFACES)
@pytest.mark.parametrize("kind", KINDS)
def test_it_is_not_seen(evidence: Evidence, kind: str, surface: str) -> None:
    assert evidence.canaries.used[kind], f"there was no {kind} in this life"
    assert evidence.sizes[surface] > 1000
    assert evidence.found(surface, kind) == []


def test_without_the_defence_each_is_seen_on_each_surface(tmp_path: Path) -> None:
    with lived(tmp_path, "s12") as found:
        unseen = {(kind, place) for kind in KINDS for place in SURFACES if not found.found(place, kind)}
    assert unseen == set()
