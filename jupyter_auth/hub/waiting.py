"""Answers of providers whose person is at the Hub's login.

They wait in the person's own browser, sealed: no address and no log holds them, and nothing is kept here that
strangers could fill.
"""

import json
import os
import secrets
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterable
from urllib.parse import urlsplit

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from tornado.web import RequestHandler

LIFE = 600  # seconds for which an answer waits
PART = 3500  # bytes of a cookie, of which browsers keep 4096
MOST = 4  # cookies of one browser, which proxies refuse if it sends more than some 16 kB
_NONCE = 12
_NAME = "jupyter-auth-answer-"


class Waiting:
    """Seals and opens. ``path`` is that of the service; its key ends with this process."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._cipher = AESGCM(secrets.token_bytes(32))

    def put(self, handler: RequestHandler, answer: dict[str, str]) -> str | None:
        """Have the browser keep it; the id to get it back by, or None for what is too long. Where it has many
        already, it lets go of them."""
        back = secrets.token_urlsafe(16)
        plain = json.dumps([time.time(), answer]).encode()
        nonce = secrets.token_bytes(_NONCE)
        text = urlsafe_b64encode(nonce + self._cipher.encrypt(nonce, plain, back.encode())).decode("ascii")
        parts = [text[at : at + PART] for at in range(0, len(text), PART)]
        if len(parts) > MOST:
            return None
        held = [name for name in handler.cookies if name.startswith(_NAME)]
        for name in held if len(held) + len(parts) > MOST else ():
            handler.clear_cookie(name, path=self._path)
        is_secure = urlsplit(os.environ.get("JUPYTERHUB_PUBLIC_URL", "")).scheme == "https"
        for name, part in zip(_names(back), parts, strict=False):
            handler.set_cookie(
                name, part, path=self._path, max_age=LIFE, httponly=True, samesite="Lax", secure=is_secure
            )
        return back

    def take(self, handler: RequestHandler, back: str) -> dict[str, str] | None:
        """The answer of that id, if the browser has it; it lets go of it."""
        parts = []
        for name in _names(back):
            if (part := handler.get_cookie(name)) is None:
                break
            parts.append(part)
            handler.clear_cookie(name, path=self._path)
        try:
            raw = urlsafe_b64decode("".join(parts))
            since, answer = json.loads(self._cipher.decrypt(raw[:_NONCE], raw[_NONCE:], back.encode()))
        except (ValueError, InvalidTag):
            return None
        return dict(answer) if time.time() - since < LIFE else None


def _names(back: str) -> Iterable[str]:
    return (f"{_NAME}{back}-{number}" for number in range(MOST))
