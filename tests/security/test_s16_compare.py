"""S16: secrets are compared with ``compare_digest`` only, so that how long it takes tells nothing."""

import ast
import hmac
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import jupyter_auth
from jupyter_auth.core import frames, secret
from jupyter_auth.core.secret import Secret

ROOT = Path(jupyter_auth.__file__).parent
#: What holds a secret, or a part of a proof, when it is called so.
SECRETS = {
    "access_token", "assertion", "client_assertion", "client_secret", "code", "code_verifier", "device_code",
    "digest", "id_token", "mac", "nonce", "password", "proof", "refresh_token", "secret", "state",
    "user_code", "verifier",
}  # fmt: skip
#: Called like a secret, and none; or no part of the product proper.
INNOCENT = {
    "broker/signing_in/loopback.py: code == HTTPStatus.NOT_IMPLEMENTED": "the code of an answer of HTTP",
    "broker/tokens/ready.py: state != self.state()": "counters of what was changed",
    "broker/tokens/ready.py: state != self._state": "counters of what was changed",
    "broker/tokens/ready.py: self.state() != self._state": "counters of what was changed",
    "cli/demo/state.py: _letters(r.user_code) == typed": "the demo's provider, of one person on one machine",
    "cli/doctor/checks/packages.py: base64.urlsafe_b64encode(digest).rstrip(b'=').decode() != file.hash.value": (  # noqa: E501
        "the digest of a file of ours, as pip has written it down for everybody"
    ),
    "core/errors.py: c.code == wire.get('error')": "the slug of an error",
}


def compared(source: str) -> Iterator[str]:
    """The comparisons of what is called like a secret, but for those with a literal, and of ``Secret``s."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Compare) and any(isinstance(op, ast.Eq | ast.NotEq) for op in node.ops):
            sides = [node.left, *node.comparators]
            if any(isinstance(side, ast.Constant) or _is_secret(side) for side in sides):
                continue
            if any(_names(side) & (SECRETS | {"reveal"}) for side in sides):
                yield ast.unparse(node)
        elif isinstance(node, ast.Compare) and "reveal" in _names(node):
            yield ast.unparse(node)  # a secret looked up among others


def _is_secret(side: ast.expr) -> bool:
    return isinstance(side, ast.Call) and isinstance(side.func, ast.Name) and side.func.id == "Secret"


def _names(side: ast.expr) -> set[str]:
    found = set()
    for part in ast.walk(side):
        if isinstance(part, ast.Name):
            found.add(part.id)
        elif isinstance(part, ast.Attribute):
            found.add(part.attr)
        elif isinstance(part, ast.Constant) and isinstance(part.value, str):
            found.add(part.value)
    return {name.strip("_") for name in found}


def test_nothing_that_is_secret_is_compared_in_any_other_way() -> None:
    found = {
        f"{path.relative_to(ROOT).as_posix()}: {comparison}"
        for path in ROOT.rglob("*.py")
        for comparison in compared(path.read_text(encoding="utf-8"))
    }
    assert found == set(INNOCENT)


@pytest.mark.parametrize(
    "careless",
    [
        "mac == expected",
        "message['mac'] != proof(key)",
        "self._state == answer.get('state', '')",
        "token.reveal() == other",
        "token.reveal() in known",
        "user.password == sent",
    ],
)
def test_the_search_finds_what_is_careless(careless: str) -> None:
    assert list(compared(careless)) == [careless]


@pytest.mark.parametrize("careful", ["Secret(sent) == self._state", "state == 'pending'", "a.kind == b.kind"])
def test_the_search_passes_what_is_not(careful: str) -> None:
    assert list(compared(careful)) == []


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> list[tuple[bytes, bytes]]:
    """What is compared in constant time."""
    real, pairs = hmac.compare_digest, list[tuple[bytes, bytes]]()

    def compare(a: bytes, b: bytes) -> bool:
        pairs.append((a, b))
        return real(a, b)

    monkeypatch.setattr(hmac, "compare_digest", compare)
    monkeypatch.setattr(secret, "compare_digest", compare)
    return pairs


@pytest.mark.parametrize(
    "equal",
    [
        lambda a, b: Secret(a) == Secret(b),
        lambda a, b: not Secret(a) != Secret(b),  # noqa: SIM202 -- that operator is what is looked at
        lambda a, b: frames.proof_matches(b"key", "broker", "nonce", b if a != b else _proof()),
    ],
)
def test_all_of_both_is_compared(seen: list[tuple[bytes, bytes]], equal: Callable[[str, str], bool]) -> None:
    assert equal("same", "same")
    for other in ("", "s", "sam", "samE", "x" * 10_000, "\ud800", "ä"):
        assert not equal("same", other)
    assert len(seen) == 8


def _proof() -> str:
    return frames.proof(b"key", "broker", "nonce")
