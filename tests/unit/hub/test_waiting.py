"""What strangers bring to the callback is kept by their own browsers, and none of it by the service."""

import asyncio
import secrets
import socket
import sys
import time
from typing import Any

import pytest
from jupyterhub.services.auth import HubOAuth

from jupyter_auth.core.errors import ProfileError
from jupyter_auth.hub import app, pages
from jupyter_auth.hub.waiting import LIFE, PART, Waiting

ANSWER = {"code": "canary-code-0123456789", "state": "canary-state.L3VzZXIvYWRhLw"}
FLOOD = 12_000


class Browser:
    """A browser's cookies, as a handler has them."""

    def __init__(self) -> None:
        self.cookies: dict[str, str] = {}
        self.said: list[dict[str, Any]] = []

    def set_cookie(self, name: str, value: str, **more: Any) -> None:
        self.cookies[name] = value
        self.said.append(more)

    def get_cookie(self, name: str) -> str | None:
        return self.cookies.get(name)

    def clear_cookie(self, name: str, **_: Any) -> None:
        del self.cookies[name]


def test_no_flood_of_others_pushes_an_answer_out_or_is_kept() -> None:
    kept, ada = Waiting("/services/jupyter-auth/"), Browser()
    back = kept.put(ada, ANSWER)  # type: ignore[arg-type]  # as far as it is needed
    held = {name: sys.getsizeof(value) for name, value in vars(kept).items()}
    for _ in range(FLOOD):
        kept.put(Browser(), {"code": secrets.token_hex(8), "state": "x"})  # type: ignore[arg-type]
    assert {name: sys.getsizeof(value) for name, value in vars(kept).items()} == held
    assert back and kept.take(ada, back) == ANSWER  # type: ignore[arg-type]
    assert ada.cookies == {} and kept.take(ada, back) is None  # type: ignore[arg-type]


def test_what_the_browser_keeps_is_sealed_and_for_the_service_alone() -> None:
    ada = Browser()
    Waiting("/services/jupyter-auth/").put(ada, ANSWER)  # type: ignore[arg-type]
    (cookie,), (said,) = ada.cookies.values(), ada.said
    assert "canary" not in cookie
    assert said["path"] == "/services/jupyter-auth/" and said["max_age"] == LIFE
    assert said["httponly"] and said["samesite"] == "Lax"


def test_over_https_it_goes_by_https_only(monkeypatch: pytest.MonkeyPatch) -> None:
    for url, is_secure in (("https://hub.example.org/x/", True), ("http://127.0.0.1/x/", False)):
        monkeypatch.setenv("JUPYTERHUB_PUBLIC_URL", url)
        ada = Browser()
        Waiting("/x/").put(ada, ANSWER)  # type: ignore[arg-type]
        assert ada.said[0]["secure"] is is_secure


def test_another_id_another_service_a_changed_one_and_a_late_one_open_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    kept, ada = Waiting("/x/"), Browser()
    back = kept.put(ada, ANSWER)  # type: ignore[arg-type]
    ((name, cookie),) = ada.cookies.items()
    renamed, changed, other = Browser(), Browser(), Browser()
    renamed.cookies = {name.replace(str(back), "another"): cookie}
    changed.cookies = {name: cookie[:-8] + "AAAAAAA="}
    other.cookies = {name: cookie}
    assert kept.take(renamed, "another") is None  # type: ignore[arg-type]
    assert kept.take(changed, str(back)) is None  # type: ignore[arg-type]
    assert Waiting("/x/").take(other, str(back)) is None  # type: ignore[arg-type]
    assert kept.take(Browser(), str(back)) is None  # type: ignore[arg-type]
    late = time.time() + LIFE
    monkeypatch.setattr(time, "time", lambda: late)
    assert kept.take(ada, str(back)) is None  # type: ignore[arg-type]


def test_a_long_code_takes_several_cookies_and_a_hostile_one_none() -> None:
    kept, ada = Waiting("/x/"), Browser()
    answer = ANSWER | {"code": "c" * 8192}
    back = kept.put(ada, answer)  # type: ignore[arg-type]
    sizes = [len(f"{name}={value}") for name, value in ada.cookies.items()]
    assert len(sizes) > 1 and max(sizes) < 4096
    assert kept.take(ada, str(back)) == answer  # type: ignore[arg-type]
    assert kept.put(ada, ANSWER | {"code": "c" * 4 * PART}) is None and ada.cookies == {}  # type: ignore[arg-type]


def test_a_browser_sends_no_more_of_them_than_a_proxy_takes() -> None:
    kept, ada = Waiting("/x/"), Browser()
    ada.cookies["service-jupyter-auth"] = "its own"
    several = [str(kept.put(ada, ANSWER)) for _ in range(4)]  # type: ignore[arg-type]
    assert kept.take(ada, several[0]) == ANSWER  # type: ignore[arg-type]
    for _ in range(20):
        last = str(kept.put(ada, ANSWER | {"code": "c" * 5000}))  # type: ignore[arg-type]
        assert len(ada.cookies) <= 5
    assert kept.take(ada, several[1]) is None and kept.take(ada, last)  # type: ignore[arg-type]
    assert ada.cookies["service-jupyter-auth"] == "its own"


def test_of_logins_under_way_so_many_are_kept_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    """What JupyterHub itself remembers of each browser that it sends to the Hub's login."""
    monkeypatch.setattr(pages, "MOST", 5)
    auth = HubOAuth(api_token="t", oauth_client_id="service-x", base_url="/x/")
    made = []
    for _ in range(20):
        made.append(auth.generate_state("/x/callback"))
        pages._bound(auth._oauth_states)
    assert len(auth._oauth_states) == 5 and auth.get_next_url(made[-1]) == "/x/callback"


async def test_the_address_is_waited_for_as_long_as_an_older_service_takes_to_end() -> None:
    with socket.create_server(("127.0.0.1", 0)) as older:
        port = older.getsockname()[1]
        with pytest.raises(ProfileError, match="Something else listens") as raised:
            await app.bound(port, "127.0.0.1", 0)
        assert raised.value.reason == "hub_port_taken" and str(port) in raised.value.message
        task = asyncio.create_task(app.bound(port, "127.0.0.1", 60))
        await asyncio.sleep(0)
        assert not task.done()
    with await task as found:
        assert found.getsockname()[1] == port
