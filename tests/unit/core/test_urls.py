"""Which addresses are shown to people and called: the raw text is judged before any parser sees it."""

from typing import Any

import pytest

from jupyter_auth.core.urls import checked_split, host_of, is_loopback, is_safe_endpoint, is_safe_link

ISSUER = "https://idp.example.org/realms/science"
LOCAL = "http://127.0.0.1:8080/realms/dev"

SAFE = [
    "https://idp.example.org",
    "https://microsoft.com/devicelogin?otc=D7KX-92QP",
    "https://login.example.org:8443/a/b;c=d?e=%2F#f",
    "HTTPS://IDP.example.org/",
    "https://192.0.2.1/",
    "https://[2001:db8::1]:8443/x",
    "https://xn--mnchen-3ya.example/",
    "https://under_score.example/",
    "https://example.org./",
    "https://example.org/" + "x" * 2000,
]
UNSAFE: list[Any] = [
    None, 5, b"https://idp.example.org", ["https://idp.example.org"], "", " ", "x", "idp.example.org",
    "javascript:alert(1)", "JaVaScRiPt:alert(1)", "java\nscript:alert(1)", "data:text/html,<script>",
    "vbscript:x", "file:///etc/passwd", "ftp://idp.example.org/", "blob:https://idp.example.org/1",
    "about:blank", "mailto:a@b", "ssh://idp.example.org", "https:", "https:/idp.example.org",
    "https:///idp.example.org", "https:idp.example.org", "https://", "https://?q", "https://#f",
    "https:// idp.example.org", " https://idp.example.org", "https://idp.example.org ", "//evil.example",
    "///evil.example", "\\\\evil.example", "/\\evil.example", "https:\\\\evil.example",
    "https://idp.example.org\\@evil.example", "https://evil.example\\.idp.example.org/",
    "https://microsoft.com@evil.example", "https://microsoft.com:443@evil.example/",
    "https://@evil.example", "https://:@evil.example", "https://a:b@idp.example.org",
    "https://microsoft.com%40evil.example/", "https://microsoft.com%2f.evil.example/",
    "https://idp.example.org%00.evil.example/", "https://%6dicrosoft.com", "https://idp.example.org/\n",
    "https://idp.example.org\n.evil.example", "https://idp.exa\tmple.org",
    "https://idp.example.org/\r\nSet-Cookie: a=b", "https://idp.example.org/\x00",
    "https://idp.example.org/\x7f", "https://idp.example.org/\x1b[31m", "\x01https://idp.example.org",
    "https://idp.example.org/\u202egro", "https://münchen.example/", "https://\u0430pple.com/",
    "https://idp.example.org\u3002evil.example/", "https://idp\uff0eexample.org/",
    "https://idp.example.org/é", "https://idp.example.org\u2044evil.example", "https://idp.example.org:0/",
    "https://idp.example.org:65536/", "https://idp.example.org:x/", "https://idp.example.org:-1/",
    "https://idp.example.org:443:443/", "https://[::1", "https://::1/", "https://[::1]x/",
    "https://[evil.example]/", "https://[fe80::1%25eth0]/", "https://<b>.example/", 'https://"x".example/',
    "https://a,b.example/", "https://example.org/" + "x" * 2030, "https://" + "a" * 10**6,
]  # fmt: skip


@pytest.mark.parametrize("url", SAFE, ids=lambda url: url[:60])
def test_an_https_address_may_be_shown(url: str) -> None:
    assert is_safe_link(url, ISSUER) and is_safe_link(url, LOCAL)


@pytest.mark.parametrize("url", UNSAFE, ids=lambda url: ascii(url)[:60])
def test_a_tricky_address_is_neither_shown_nor_called_nor_named(url: Any) -> None:
    for issuer in (ISSUER, LOCAL):
        assert not is_safe_link(url, issuer)
        assert not is_safe_endpoint(url, issuer)
    assert checked_split(url) is None
    assert host_of(url) == ""


LOOPBACK = [
    "http://127.0.0.1:8080/device",
    "http://localhost/device",
    "http://[::1]:9/x",
    "http://127.9.9.9/",
]
NO_LOOPBACK = [
    "http://idp.example.org/",
    "http://192.168.0.1/",
    "http://169.254.169.254/latest/meta-data",
    "http://0.0.0.0/",
    "http://[::]/",
    "http://127.1/",
    "http://2130706433/",
    "http://0x7f.0.0.1/",
    "http://0177.0.0.1/",
    "http://127.0.0.1.evil.example/",
    "http://localhost.evil.example/",
    "http://localhost./",
    "http://[::ffff:169.254.169.254]/",
]


@pytest.mark.parametrize("url", LOOPBACK)
def test_plain_http_is_for_loopback_hosts_of_a_loopback_issuer(url: str) -> None:
    assert is_safe_link(url, LOCAL) and is_safe_endpoint(url, LOCAL)
    assert is_safe_link(url, "http://localhost:9000")
    assert not is_safe_link(url, ISSUER) and not is_safe_endpoint(url, ISSUER)
    assert not is_safe_link(url, "https://127.0.0.1@evil.example")
    assert not is_safe_link(url, "")


@pytest.mark.parametrize("url", NO_LOOPBACK)
def test_plain_http_elsewhere_is_refused(url: str) -> None:
    assert not is_safe_link(url, LOCAL) and not is_safe_endpoint(url, LOCAL)


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
