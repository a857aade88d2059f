"""Plain http is for this machine alone, and a proxy elsewhere is not on it."""

import pytest

from jupyter_auth.adapters.wanted import Wanted
from jupyter_auth.core.errors import PolicyError

VARIABLES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")


@pytest.fixture(autouse=True)
def no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.mark.parametrize(
    "url",
    [
        *("http://lake.example/", "http://127.0.0.1.lake.example/", "http://localhost@lake.example/"),
        *("HTTP://LAKE.EXAMPLE/", "ftp://lake.example/", "//lake.example/", "lake.example", ""),
        *(
            "http://0.0.0.0/",
            "http://[::ffff:127.0.0.1]/",
            "http://[fe80::1]/",
            "http://localhost.lake.example",
        ),
    ],
)
def test_a_token_goes_nowhere_else(url: str) -> None:
    with pytest.raises(PolicyError, match="plain http"):
        Wanted.check(url)


@pytest.mark.parametrize("url", ["http://localhost:8888/", "http://127.0.0.1/", "http://[::1]:1/"])
@pytest.mark.parametrize("variable", ["http_proxy", "HTTP_PROXY", "ALL_PROXY"])
def test_nor_by_way_of_a_proxy(monkeypatch: pytest.MonkeyPatch, variable: str, url: str) -> None:
    Wanted.check(url)
    for proxy in ("http://proxy.example:3128", "proxy.example:3128"):
        monkeypatch.setenv(variable, proxy)
        with pytest.raises(PolicyError, match="NO_PROXY"):
            Wanted.check(url)
        Wanted.check("https://lake.example/")
    monkeypatch.setenv(variable, "http://127.0.0.1:3128")
    Wanted.check(url)
    monkeypatch.setenv(variable, "http://proxy.example:3128")
    monkeypatch.setenv("NO_PROXY", "localhost,127.0.0.0/8,[::1],::1")
    Wanted.check(url)
