"""The description of the REST resources says what the routes are: each, and nothing else."""

import contextlib
import json
import re
from typing import Any

import pytest
import requests
from jsonschema import ValidationError
from openapi_spec_validator import validate
from tornado.web import RequestHandler

from jupyter_auth.broker.request import TokenRequest
from jupyter_auth.broker.signing_in import redirects
from jupyter_auth.core.errors import AuthError
from jupyter_auth.server.front_ends import PATH
from jupyter_auth.server.handlers import PREFIX, routes
from tests.support.description import check, description, operations, pages, websockets

SCHEMAS: dict[str, Any] = description()["components"]["schemas"]


def test_it_is_valid_openapi() -> None:
    validate(description())
    assert description()["openapi"].startswith("3.1")


def test_every_route_and_method_is_described_and_nothing_else() -> None:
    served = set()
    for pattern, handler in routes():
        names = iter(re.findall(r"\{(\w+)\}", _path_like(pattern)))
        path = re.sub(r"\([^)]*\)", lambda _, names=names: f"{{{next(names)}}}", pattern.removeprefix(PREFIX))  # type: ignore[misc]
        for method in RequestHandler.SUPPORTED_METHODS:
            ours = getattr(handler, method.lower())
            if ours.__module__.startswith("jupyter_auth"):  # not Jupyter's own OPTIONS
                served.add((path, method.lower()))
    assert served == operations()


def test_the_websocket_of_the_front_ends_is_described() -> None:
    assert websockets() == {(f"/{PATH}", "get")}


def test_the_callback_is_described() -> None:
    assert {(f"{PREFIX}{path}", method) for path, method in pages()} == {(f"/{redirects.PATH}", "get")}


def _path_like(pattern: str) -> str:
    """The described path whose parameters have just the pattern of the route."""
    for path, item in description()["paths"].items():
        regex = PREFIX + path
        for parameter in item.get("parameters", ()):
            inner = parameter["schema"]["pattern"].removeprefix("^").removesuffix("$")
            regex = regex.replace(f"{{{parameter['name']}}}", f"({inner})")
        if regex == pattern:
            return str(path)
    raise AssertionError(f"{pattern} is not described")


def test_every_object_of_an_answer_is_closed() -> None:
    def objects(schema: Any) -> list[dict[str, Any]]:
        if isinstance(schema, list):
            return [found for part in schema for found in objects(part)]
        if not isinstance(schema, dict):
            return []
        own = [schema] if schema.get("type") == "object" else []
        return own + [found for part in schema.values() for found in objects(part)]

    answers = [schema for name, schema in SCHEMAS.items() if not name.endswith("Request")]
    closed = [found for found in objects(answers) if "properties" in found]
    assert len(closed) > 10
    for found in closed:
        assert found["additionalProperties"] is False
    for found in (f for f in closed if "error" not in f["properties"]):
        assert set(found["required"]) == set(found["properties"])


@pytest.mark.parametrize(
    ("status", "body", "is_described"),
    [
        (404, {"error": "http_404", "message": "Not Found", "hint": ""}, True),
        (404, {"error": "http_404", "message": "Not Found", "hint": "", "access_token": "CANARY"}, False),
        (404, {"error": "http_404", "message": "Not Found"}, False),
        (418, {"error": "http_418", "message": "A teapot", "hint": ""}, False),
    ],
)
def test_what_is_not_described_is_noticed(status: int, body: dict[str, str], is_described: bool) -> None:
    answer = requests.Response()
    answer.request = requests.Request("GET", f"http://127.0.0.1{PREFIX}/accounts/a.b?x=y").prepare()
    answer.status_code, answer._content = status, json.dumps(body).encode()
    answer.headers["Content-Type"] = "application/json"
    with contextlib.nullcontext() if is_described else pytest.raises((AssertionError, ValidationError)):
        check(answer)


def _errors(base: type[AuthError]) -> list[type[AuthError]]:
    return [base, *(e for child in base.__subclasses__() for e in _errors(child))]


@pytest.mark.parametrize("error", _errors(AuthError))
def test_every_field_of_an_error_is_described(error: type[AuthError]) -> None:
    names = {"oauth_error" if name == "error" else name for name in error.fields}
    assert {"reason", *names} <= set(SCHEMAS["Error"]["properties"])


def test_a_request_is_described_as_it_is_read() -> None:
    described = SCHEMAS["InteractionRequest"]["properties"]
    # without meaning before a person, or no argument at all
    read = set(TokenRequest.__dataclass_fields__) - {"force_refresh", "have", "within"}
    assert set(described) == read
    for name, schema in described.items():
        if "maxLength" in schema:
            TokenRequest.from_wire({name: "x" * schema["maxLength"]})
            with pytest.raises(AuthError):
                TokenRequest.from_wire({name: "x" * (schema["maxLength"] + 1)})
