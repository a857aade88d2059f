"""Each client sends what is in the cache, and what it keeps for later holds no secret."""

import base64
import pickle

import pytest

from tests.adapters.cells import cell
from tests.adapters.desk import Desk
from tests.adapters.drivers import DRIVERS
from tests.support.resource import Resource

ALL = tuple(DRIVERS)
SCOPES = "openid profile offline_access lake.read"
#: A process that the kernel starts: it unpickles, and sends.
CHILD = """
import base64, pickle, subprocess
code = (
    "import base64, pickle, sys; sys.path.insert(0, sys.argv[1]);"
    "from tests.adapters.drivers import DRIVERS;"
    "subject = pickle.loads(base64.b64decode(sys.argv[3]));"
    "print(DRIVERS[sys.argv[2]](subject).send(sys.argv[4]))"
)
pickled = base64.b64encode(pickle.dumps(d.subject)).decode()
words = [sys.executable, "-c", code, sys.path[0], d.name, pickled, {url!r}]
done = subprocess.run(words, capture_output=True, text=True)
"""


@cell("silent", *ALL)
def test_the_cached_token_is_sent(desk: Desk, api: Resource, client: str) -> None:
    assert desk.sends(client, api.url, api.url) == [200, 200]
    assert set(api.tokens) == {desk.token} and desk.refreshes == 0
    assert desk.run("", "repr(d.subject)").count("lake")


@pytest.mark.parametrize("client", ALL)
def test_a_worker_s_handle_does_as_well(desk: Desk, api: Resource, client: str) -> None:
    desk.run(f"d = driver({client!r}, ja.worker_handle('lake', scopes={SCOPES!r}))")
    assert desk.run("", f"d.send({api.url!r})") == 200
    assert api.tokens == [desk.token]


@pytest.mark.parametrize("client", ALL)
@pytest.mark.parametrize("what", ["'lake'", "ja.worker_handle('lake')"], ids=["profile", "handle"])
def test_what_cannot_be_meant_is_refused_at_once(desk: Desk, client: str, what: str) -> None:
    assert "takes no colour" in desk.kernel.fails(f"driver({client!r}, {what}, colour=1)")


@cell("pickled", *ALL)
def test_a_pickle_holds_no_secret_and_works_in_another_process(
    desk: Desk, api: Resource, client: str
) -> None:
    assert desk.sends(client, api.url, options=", interactive=False") == [200]
    desk.run(CHILD.format(url=api.url))
    raw = base64.b64decode(desk.run("", "pickled"))
    assert secrets_in(raw, desk.token) == []
    assert desk.run("", "[done.stdout.strip(), done.stderr[-2000:]]") == ["200", ""]
    assert api.tokens == [desk.token] * 2
    assert desk.run("", "repr(pickle.loads(pickle.dumps(d.subject))) == repr(d.subject)")


def secrets_in(raw: bytes, token: str) -> list[str]:
    """The forms of ``token`` that a pickle has."""
    forms = {
        "itself": token.encode(),
        "in base64": base64.b64encode(token.encode()).rstrip(b"="),
        "its beginning": token[:12].encode(),
    }
    return [name for name, form in forms.items() if form in raw]


def test_a_pickled_token_would_be_found() -> None:
    assert secrets_in(pickle.dumps({"token": "canary-of-a-token"}), "canary-of-a-token")
