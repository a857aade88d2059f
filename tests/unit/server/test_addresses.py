"""What the configuration of a Jupyter server tells of its address."""

from typing import Any

import pytest
from jupyter_server.serverapp import ServerApp

from jupyter_auth.core.profile import Profile
from jupyter_auth.server.addresses import ServerRedirects, base_of

ALL = "0.0.0.0"  # noqa: S104 -- nothing listens
PUBLIC = "https://hub.example.org/user/ada/"
HUB = "JUPYTERHUB_SERVICE_PREFIX"
HUB_URL = "JUPYTERHUB_PUBLIC_URL"


@pytest.fixture(autouse=True)
def no_hub(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (HUB, HUB_URL):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({}, "http://localhost:8888/"),
        ({"base_url": "/a/b/"}, "http://localhost:8888/a/b/"),
        ({"ip": "127.0.0.1", "port": 9}, "http://127.0.0.1:9/"),
        ({"ip": "::1"}, "http://[::1]:8888/"),
        ({"certfile": "x.pem"}, "https://localhost:8888/"),
        ({"ip": ALL}, None),
        ({"ip": ""}, None),
        ({"ip": "192.0.2.7"}, None),
        ({"sock": "/run/jupyter.sock"}, None),
        ({"custom_display_url": "https://h.example.org/lab?token=x"}, "https://h.example.org/"),
        ({"custom_display_url": "https://h.example.org", "base_url": "/a/"}, "https://h.example.org/a/"),
        ({"custom_display_url": "http://h.example.org/"}, None),
        ({"custom_display_url": "https://u@h.example.org/"}, None),
    ],
)
def test_the_address_of_a_server(settings: dict[str, Any], expected: str | None) -> None:
    assert base_of(ServerApp(**settings)) == expected


@pytest.mark.parametrize(
    ("told", "expected"), [(PUBLIC, PUBLIC), ("", None), ("http://hub.example.org/user/ada/", None)]
)
def test_at_a_hub_only_the_hub_knows(
    monkeypatch: pytest.MonkeyPatch, told: str, expected: str | None
) -> None:
    monkeypatch.setenv(HUB, "/user/ada/")
    monkeypatch.setenv(HUB_URL, told)
    assert base_of(ServerApp(ip="127.0.0.1")) == expected


def test_what_is_configured_wins() -> None:
    redirects = ServerRedirects(ServerApp(), PUBLIC + "jupyter_auth/v1/callback")
    assert redirects.is_configured
    assert redirects.open(Profile(name="lake")).uri == PUBLIC + "jupyter_auth/v1/callback"


@pytest.mark.parametrize(("provider", "host"), [("oidc", "127.0.0.1"), ("entra", "localhost")])
def test_where_nothing_is_known_the_address_is_pasted(provider: str, host: str) -> None:
    redirects = ServerRedirects(ServerApp(ip=ALL), None)
    opened = redirects.open(Profile(name="lake", provider=provider))
    assert (opened.uri, opened.arrives) == (f"http://{host}/jupyter_auth/v1/callback", False)
    assert not redirects.is_configured
