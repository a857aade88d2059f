"""Addresses: which may be called, which are loopback ones, what their host is. The attacks are S30's."""

import pytest

from jupyter_auth.core.urls import host_of, is_loopback, is_safe_endpoint, is_safe_link

ISSUER = "https://idp.example.org/realms/science"


def test_an_endpoint_has_no_fragment() -> None:
    assert is_safe_link(ISSUER + "/x#y", ISSUER) and not is_safe_endpoint(ISSUER + "/x#y", ISSUER)
    assert not is_safe_endpoint(ISSUER + "/x#", ISSUER)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.255.255.254", "::1"])
def test_loopback(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize(
    "host",
    [None, "", "127.1", "localhost.", "LOCALHOST.example", "0.0.0.0", "::", "10.0.0.1"],  # noqa: S104
)
def test_no_loopback(host: str | None) -> None:
    assert not is_loopback(host)


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://idp.example.org/realms/x", "idp.example.org"),
        ("https://IDP.Example.org:443/x", "idp.example.org"),
        ("http://localhost:80", "localhost"),
        ("https://idp.example.org:8443", "idp.example.org:8443"),
        ("http://127.0.0.1:443", "127.0.0.1:443"),
        ("https://[2001:db8::1]/", "[2001:db8::1]"),
        ("https://[2001:db8::1]:8443/", "[2001:db8::1]:8443"),
        ("https://xn--mnchen-3ya.example/", "xn--mnchen-3ya.example"),
    ],
)
def test_the_host_that_people_are_shown(url: str, host: str) -> None:
    assert host_of(url) == host
