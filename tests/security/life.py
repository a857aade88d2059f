"""A life with all that can happen to a sign-in, with everything at DEBUG and every ear open."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from jupyter_auth.cli.demo.jupyter_process import JupyterProcess
from tests.idp import MisbehavingProvider, Request, Responder, faults
from tests.integration.conftest import pending
from tests.security.canaries import Canaries
from tests.security.evidence import Evidence
from tests.security.looking import METHODS, look_at_answers, look_at_memory, look_at_objects
from tests.support import CellError, Kernel, Place

#: Neither the filter of logs nor the guard of output is on: what is looked for is what the product itself
#: would show, and not what was masked in time.
SERVER_CONFIG = """
import logging, pytest
from tests.security.off import switch_off
switch_off(pytest.MonkeyPatch(), "s33", "s35")
logging.basicConfig(level=logging.DEBUG)
c.Application.log_level = "DEBUG"
"""
ROOT = Path(__file__).parents[2]
#: asyncio's own debugging is for the server: ipykernel does not live through it.
KERNEL_CONFIG = SERVER_CONFIG + "import os\nos.environ.pop('PYTHONASYNCIODEBUG', None)\n"

#: Twice, so that the provider is asked: the first may find a token that another kernel has just got.
REFRESH = """
for _ in range(2):
    tok = ja.get_token({!r}, force_refresh=True, interactive=False)
"""

#: What somebody sees who opens a traceback: every frame's variables, and all of the exception.
INSPECT = """
import sys
def inspect_it(problem):
    while problem is not None:
        step = problem.__traceback__
        while step is not None:
            print(step.tb_frame.f_code.co_name, {k: repr(v) for k, v in step.tb_frame.f_locals.items()})
            step = step.tb_next
        print(repr(problem), problem.args, {n: getattr(problem, n, None) for n in dir(problem)})
        problem = problem.__cause__ or problem.__context__
inspect_it(sys.last_value)
"""


@dataclass(slots=True, kw_only=True)
class Life:
    """Who takes part."""

    place: Place
    server: JupyterProcess
    provider: MisbehavingProvider
    canaries: Canaries
    evidence: Evidence
    folder: Path  # outside of the place
    kinds: Sequence[str]  # what is looked for in the kernels

    def read(self, *methods: str, more: tuple[str, ...] = ()) -> None:
        """Ask the server for everything, as a page does."""
        look_at_answers(self.evidence, self.server, methods or ("GET",), more)

    def look_into(self, *kernels: Kernel) -> None:
        """Search kernels, and the memory of all that the server started, for what is known by now."""
        for kernel in kernels:
            look_at_objects(self.evidence, kernel, self.folder, self.kinds)
        look_at_memory(self.evidence, self.server, self.kinds)

    @contextmanager
    def answering(self, responder: Responder) -> Iterator[None]:
        """For a while the token endpoint answers otherwise."""
        before = self.provider.answers["token"]
        self.provider.answers["token"] = self.canaries.watched(responder)
        try:
            yield
        finally:
            self.provider.answers["token"] = before

    def start(self, kernel: Kernel, code: str) -> str:
        """Run a cell until its prompt is there."""
        cell = kernel.start(code, "None")
        pending(self.server)
        kernel.shows(cell)
        return cell

    def sign_in(self, kernel: Kernel, code: str) -> None:
        """Run a cell that asks, and answer."""
        cell = self.start(kernel, code)
        self.read()
        self.provider.approve()
        kernel.result_of(cell)


def configure(place: Place, provider: MisbehavingProvider, secret: Path) -> None:
    """Two profiles, one of a confidential client; every logger of the server and of its kernels at DEBUG."""
    place.profile(provider.issuer)
    place.profile(provider.issuer, "vault", "nb-confidential", f'client_secret_file = "{secret}"')
    (place.config / "jupyter_server_config.py").write_text(SERVER_CONFIG, encoding="utf-8")
    place.kernel_code(KERNEL_CONFIG)
    place.variables(PYTHONASYNCIODEBUG="1", PYTHONPATH=str(ROOT))


def echo(status: int, error: str) -> Responder:
    """A provider that repeats what it was sent, whole and in part, in the body and in the headers."""

    def respond(request: Request) -> faults.Answer:
        sent = [*request.form.values(), request.headers.get("Authorization", "")]
        words = " ".join(f"{value} {value[:12]}… ({value[-14:]})" for value in sent)
        body = {"error": error, "error_description": words, "error_uri": words, "trace_id": sent[-1]}
        headers = {"X-Request-Id": sent[0], "WWW-Authenticate": f'Basic realm="{sent[-1]}"'}
        return faults.json(status, body, headers)(request) or (500, {}, b"")

    return respond


def echo_page(request: Request) -> faults.Answer:
    """The page of a broken provider, with the request on it."""
    page = f"<h1>Service unavailable</h1><pre>{dict(request.form)} {dict(request.headers)}</pre>"
    return 503, {"Content-Type": "text/html", "Retry-After": "0"}, page.encode()


def signed_in(life: Life, ada: Kernel, other: Kernel) -> None:
    """Sign-ins by device code, hits, rotations, a claims challenge, more scopes."""
    life.sign_in(ada, "tok = ja.get_token('lake')")
    for kernel in (ada, other, ada, other):
        kernel.run("tok = ja.get_token('lake')\ntok, tok.access_token, tok.account")
    for kernel in (ada, other):
        kernel.run(REFRESH.format("lake"))
    challenge = '{"access_token": {"nbf": {"essential": true}}}'
    ada.run(f"tok = ja.get_token('lake', claims_challenge={challenge!r})")
    ada.run("tok = ja.get_token('lake', scopes='lake.read lake.write', interactive=False)")
    life.sign_in(ada, "tok = ja.acquire_token_by_device_flow('lake', scopes='lake.read lake.write')")
    life.sign_in(other, "vault = ja.get_token('vault')")
    other.run(REFRESH.format("vault") + "ja.get_accounts()")
    life.read()


def failing(life: Life, ada: Kernel, other: Kernel) -> None:
    """What a provider refuses or fails to do, what a person denies or interrupts, and looking at why."""
    ada.run("%xmode Verbose")
    other.run("%xmode Verbose")
    for responder in (
        echo_page,
        faults.html(503),
        echo(400, "unauthorized_client"),
        echo(500, "server_error"),
    ):
        with life.answering(responder):
            for kernel, profile in ((ada, "lake"), (other, "vault")):
                try:
                    kernel.run(REFRESH.format(profile))
                except CellError:
                    kernel.run(INSPECT)
                    kernel.run("%tb")
    for responder in (
        echo(400, "access_denied"),
        echo(400, "unauthorized_client"),
        echo(400, "expired_token"),
    ):
        ended_by(life, ada, "vault", responder)
    cell = life.start(ada, "tok = ja.acquire_token_by_device_flow('lake')")
    life.provider.deny()
    raises(ada, cell)
    cell = life.start(ada, "tok = ja.acquire_token_by_device_flow('lake')")
    ada.interrupt()
    raises(ada, cell)
    waiting = life.server.post("jupyter_auth/v1/interactions", {"profile": "lake"}).json()
    life.server.delete(f"jupyter_auth/v1/interactions/{waiting['id']}").raise_for_status()
    life.read()


def ended_by(life: Life, kernel: Kernel, profile: str, responder: Responder) -> None:
    """A prompt that ends with an answer of the provider's."""
    cell = life.start(kernel, f"tok = ja.acquire_token_by_device_flow('{profile}')")
    with life.answering(responder):
        raises(kernel, cell)


def raises(kernel: Kernel, cell: str) -> None:
    """The cell raises, and is looked into."""
    try:
        kernel.result_of(cell)
    except CellError:
        kernel.run(INSPECT)
        return
    raise AssertionError("the cell did not raise")


def ending(life: Life, ada: Kernel, other: Kernel) -> None:
    """A refresh token that is refused, a new sign-in, a restart, sign-out with revocation, a clear."""
    with life.answering(echo(400, "invalid_grant")):
        for kernel, profile in ((ada, "lake"), (other, "vault")):
            kernel.fails(REFRESH.format(profile))
            kernel.run(INSPECT)
    for profile in ("lake", "vault"):
        life.sign_in(ada, f"tok = ja.acquire_token_by_device_flow('{profile}')")
    ada.restart()
    ada.run("import jupyter_auth as ja\ntok = ja.get_token('lake')\nvault = ja.get_token('vault')")
    life.look_into(ada, other)
    ada.run("print(ja.sign_out('lake'))")
    life.sign_in(other, "tok = ja.get_token('lake')")
    other.run("print(ja.clear_cache(revoke=True))")
    for kernel in (ada, other):
        kernel.fails("ja.acquire_token_silent('lake')")
    life.sign_in(ada, "tok = ja.get_token('vault')")
    life.read(*(method for method in METHODS if method != "DELETE"))
    life.read("DELETE")
