"""What a test may turn on the running provider, and what it may read back. No secret ever enters the log.

A WSGI application around the provider's own, so that a planned failure never reaches it.
"""

import base64
import io
import json
import os
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

Environ = dict[str, Any]
Application = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]

_FAILURE = {
    "status": 500,
    "body": "",
    "content_type": "application/json",
    "headers": {},
    "count": 1,
    "grant_type": None,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Answer:
    status: str
    headers: list[tuple[str, str]]
    body: bytes

    @property
    def code(self) -> int:
        return int(self.status.split()[0])

    @property
    def json(self) -> dict[str, Any]:
        try:
            value = json.loads(self.body)
        except ValueError:
            return {}
        return value if isinstance(value, dict) else {}


class Control:
    """The control API and the log. ``settings`` is replaced, never changed: any thread may read it."""

    def __init__(self, *, at_ttl: int, dc_ttl: int) -> None:
        self._initial: dict[str, Any] = {
            "at_ttl": at_ttl,
            "dc_ttl": dc_ttl,
            "hold_ms": 0,
            "fail": None,
            "issue_id_token_on_refresh": True,
            "rotate": True,
            "interval": None,
        }
        self.settings = self._initial
        self._log: list[dict[str, Any]] = []
        self._lock = threading.Lock()

    def serve(
        self, application: Application, watched: Mapping[str, str], revoke_all: Callable[[], None]
    ) -> None:
        """Stand before ``application``; ``watched`` are the names of endpoints by their paths."""
        self._application, self._watched, self._revoke_all = application, watched, revoke_all

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Answer as WSGI wants it."""
        path = environ["PATH_INFO"]
        if path.startswith("/_control/"):
            answer = self._controlled(
                f"{environ['REQUEST_METHOD']} {path.removeprefix('/_control/')}", environ
            )
        elif path in self._watched and environ["REQUEST_METHOD"] != "OPTIONS":
            answer = self._watch(self._watched[path], environ)
        else:
            answer = self._asked(environ)
        start_response(answer.status, answer.headers)
        return [answer.body]

    # -- what it watches -------------------------------------------------------------------------------------

    def _watch(self, endpoint: str, environ: Environ) -> _Answer:
        """Note the request; answer or hold it as a test asked."""
        at, hold = time.time(), self.settings["hold_ms"] / 1000
        body = _read(environ)
        form = dict(parse_qsl(body.decode()))
        planned = self._planned_failure(form) if endpoint == "token" else None
        environ["wsgi.input"] = io.BytesIO(body)
        answer = planned or self._asked(environ)
        self._note(endpoint, environ, at, form, answer)
        if endpoint == "token" and form.get("grant_type") == "refresh_token":
            time.sleep(hold)
        return answer

    def _asked(self, environ: Environ) -> _Answer:
        """What the provider itself answers."""
        started: list[Any] = []
        parts = self._application(environ, lambda status, headers, _=None: started.extend((status, headers)))
        try:
            body = b"".join(parts)
        finally:
            getattr(parts, "close", lambda: None)()  # Django gives its database connection back here
        return _Answer(status=started[0], headers=started[1], body=body)

    def _planned_failure(self, form: Mapping[str, str]) -> _Answer | None:
        with self._lock:
            failure = self.settings["fail"]
            if failure is None or failure["grant_type"] not in (None, form.get("grant_type")):
                return None
            if failure["count"] is not None:
                left = failure["count"] - 1
                self.settings = {**self.settings, "fail": {**failure, "count": left} if left > 0 else None}
        body = failure["body"] if isinstance(failure["body"], str) else json.dumps(failure["body"])
        headers = [(name, str(value)) for name, value in failure["headers"].items()]
        if failure["content_type"]:
            headers.append(("Content-Type", failure["content_type"]))
        return _Answer(status=f"{failure['status']} Planned", headers=headers, body=body.encode())

    def _note(
        self, endpoint: str, environ: Environ, at: float, form: Mapping[str, str], answer: _Answer
    ) -> None:
        body = answer.json
        entry = {
            "endpoint": endpoint,
            "path": environ["PATH_INFO"],
            "at": at,
            "grant_type": form.get("grant_type"),
            "scope": form.get("scope"),
            "claims": form.get("claims"),
            "client_id": form.get("client_id") or _basic_username(environ.get("HTTP_AUTHORIZATION", "")),
            "status": answer.code,
            "ok": "access_token" in body if endpoint == "token" else answer.code == 200,
            "error": body.get("error"),
        }
        with self._lock:
            self._log.append(entry)

    # -- what it is told -------------------------------------------------------------------------------------

    def _controlled(self, verb: str, environ: Environ) -> _Answer:
        verbs: dict[str, Callable[[], object]] = {
            "GET alive": lambda: {"alive": True, "pid": os.getpid()},
            "GET log": lambda: list(self._log),
            "POST set": lambda: self._set(json.loads(_read(environ))),
            "POST reset": self._reset,
            "POST reset_log": self._log.clear,
            "POST revoke_all": self._revoke_all,
        }
        if verb not in verbs:
            return _plain("404 Not Found", f"no such control: {verb}")
        try:
            value = verbs[verb]()
        except ValueError as problem:
            return _plain("400 Bad Request", str(problem))
        body = json.dumps(value).encode()
        return _Answer(status="200 OK", headers=[("Content-Type", "application/json")], body=body)

    def _set(self, changes: Mapping[str, Any]) -> dict[str, Any]:
        with self._lock:
            settings = _merged(self.settings, changes, "setting")
            if changes.get("fail") is not None:
                settings["fail"] = _merged(_FAILURE, changes["fail"], "field of fail")
            self.settings = settings
        return settings

    def _reset(self) -> dict[str, Any]:
        with self._lock:
            self._log.clear()
            self.settings = self._initial
        return self.settings


def _merged(defaults: Mapping[str, Any], changes: Mapping[str, Any], what: str) -> dict[str, Any]:
    unknown = ", ".join(name for name in changes if name not in defaults)
    if unknown:
        raise ValueError(f"unknown {what}: {unknown}; known: {', '.join(defaults)}")
    return {**defaults, **changes}


def _plain(status: str, text: str) -> _Answer:
    return _Answer(status=status, headers=[("Content-Type", "text/plain")], body=text.encode())


def _read(environ: Environ) -> bytes:
    body: bytes = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    return body


def _basic_username(authorization: str) -> str | None:
    scheme, _, credentials = authorization.partition(" ")
    return base64.b64decode(credentials).decode().partition(":")[0] if scheme == "Basic" else None
