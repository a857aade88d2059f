"""No secret is seen where it has no business: a whole life is lived, then all that was seen is searched.

Beside the secrets something is planted in every place, which must be found: a search that finds nothing
proves nothing.
"""

from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass

import pytest
import requests

from tests.idp import MisbehavingProvider
from tests.security import evidence as at
from tests.security.canaries import PLANTED, Canaries, forms
from tests.security.evidence import PLACES, Evidence
from tests.security.life import Life, configure, ending, failing, signed_in
from tests.security.looking import look_at_files, look_at_processes
from tests.security.notebook import WAITING, in_notebook
from tests.security.planting import plant
from tests.security.recording import SocketTap
from tests.support import EventPage, Kernel, place, until

pytestmark = pytest.mark.timeout(400)  # a whole life comes before the first of them

#: Where a secret must never be seen. To add a kind (``code_verifier``, say), give it a line.
FORBIDDEN = {
    "refresh_token": PLACES,
    "device_code": PLACES,
    "client_secret": PLACES,
    "id_token": PLACES,
    "access_token": tuple(p for p in PLACES if p not in {at.OBJECTS, at.MEMORY, at.FRAMES}),
    "user_code": (at.PROCESSES, at.EVENTS, at.LOGS, at.NOTEBOOKS, at.FILES),
}
IN_KERNELS = (PLANTED, *(kind for kind, places in FORBIDDEN.items() if kind != "user_code"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Lived:
    """What a life left to search in."""

    evidence: Evidence
    while_waiting: str  # the notebook, saved while its prompt was shown


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lived]:
    canaries, folder = Canaries(), tmp_path_factory.mktemp("outside")
    secret = folder / "client_secret"
    secret.write_text(canaries.make("client_secret") + "\n", encoding="utf-8")
    with MisbehavingProvider() as provider, place() as made:
        canaries.watch(provider)
        configure(made, provider, secret)
        server = made.server("--debug", "--LabApp.expose_app_in_browser=True", module="jupyterlab")
        life = Life(
            place=made,
            server=server,
            provider=provider,
            canaries=canaries,
            evidence=Evidence(canaries),
            folder=folder,
            kinds=IN_KERNELS,
        )
        while_waiting = live(life)
        look_at_files(life.evidence, made, but=[made.log])
        life.evidence.add(at.LOGS, "output of the server", made.log.read_bytes())
        yield Lived(evidence=life.evidence, while_waiting=while_waiting)


def live(life: Life) -> str:
    """From the server's start to its end; the notebook as it was while its prompt waited."""

    with life.server, ExitStack() as ears:
        until(lambda: any(life.place.runtime.glob("jupyter_auth-*.sock")))
        tap = ears.enter_context(closing(SocketTap(life.place.socket)))
        events = ears.enter_context(closing(EventPage(life.server)))

        def kernel() -> Kernel:
            started = ears.enter_context(closing(Kernel(life.server)))
            started.run("%load_ext jupyter_auth\nimport jupyter_auth as ja\n%auth status")
            return started

        ada, other = kernel(), kernel()
        signed_in(life, ada, other)
        failing(life, ada, other)
        while_waiting = in_notebook(life)
        ending(life, ada, other)
        planted = kernel()  # not before: the server lets go of who is not heard of for a minute and a half
        plant(life, planted)
        until(lambda: life.canaries.marks[PLANTED] in events.text)
        life.look_into(ada, other, planted)
        look_at_processes(life.evidence, life.server)
        look_at_files(life.evidence, life.place, but=[life.place.log])
    for one in (ada, other, planted):
        life.evidence.add(at.CHANNELS, f"channels of {one.kernel_id}", one.text())
    life.evidence.add(at.EVENTS, "a listener", events.text)
    for name, heard in (("to a kernel", tap.to_kernels), ("to the broker", tap.to_broker)):
        for frames in heard:
            life.evidence.add(at.FRAMES, name, bytes(frames))
    return while_waiting


@pytest.mark.parametrize(("kind", "where"), [(kind, p) for kind, places in FORBIDDEN.items() for p in places])
def test_a_secret_is_not_seen(lived: Lived, kind: str, where: str) -> None:
    assert lived.evidence.canaries.used[kind], f"there was no {kind} in this life"
    assert lived.evidence.found(where, kind) == []


@pytest.mark.parametrize("where", PLACES)
def test_what_is_planted_in_a_place_is_found_there(lived: Lived, where: str) -> None:
    """So that the tests above can fail."""
    assert lived.evidence.found(where, PLANTED)


@pytest.mark.parametrize("where", [at.OBJECTS, at.MEMORY, at.FRAMES])
def test_an_access_token_is_seen_where_it_belongs(lived: Lived, where: str) -> None:
    assert lived.evidence.found(where, "access_token")


def test_the_life_was_a_full_one(lived: Lived) -> None:
    used = lived.evidence.canaries.used
    assert len(used["refresh_token"]) >= 12 and len(used["device_code"]) >= 12
    assert WAITING in lived.while_waiting
    assert not any(code in lived.while_waiting for code in used["user_code"])
    logs = lived.evidence.text(at.LOGS)
    for line in ("urllib3.connectionpool:", "DEBUG:asyncio:", "[D ", "ServerApp] 200 GET ", "[IPKernelApp] "):
        assert line in logs, line


def test_what_cannot_be_marked_is_known_again_too() -> None:
    canaries = Canaries()
    evidence = Evidence(canaries)
    with MisbehavingProvider() as provider:
        canaries.watch(provider)
        with requests.Session() as session:
            session.trust_env = False
            sent = {"code_verifier": "V3r1f13r-of-this-run", "user_code": "BCDF-GHJK"}
            session.post(f"{provider.issuer}/token", data=sent, timeout=20)
        evidence.add("here", "a log", f"{provider.id_token()} V3r1f13r... BCDFGHJK")
        evidence.add("there", "a log", f"kid={canaries.marks['id_token']} V3r1f0ther BCDF")
    for kind in ("id_token", "code_verifier", "user_code"):
        assert evidence.found("here", kind) and not evidence.found("there", kind), kind


@pytest.mark.parametrize("shape", range(len(forms("x" * 8))))
def test_each_form_of_a_secret_is_found(shape: int) -> None:
    canaries = Canaries()
    secret = canaries.make("refresh_token")
    evidence = Evidence(canaries)
    evidence.add("here", "text", b"before " + forms(secret)[shape] + b" after")
    evidence.add("there", "text", b"before " + forms("something else")[shape] + b" after")
    assert evidence.found("here", "refresh_token")
    assert not evidence.found("there", "refresh_token")
