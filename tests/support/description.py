"""The description of the REST resources, and answers held against it."""

import re
from functools import cache
from pathlib import Path
from typing import Any

import requests
import yaml
from jsonschema import Draft202012Validator
from referencing import Registry
from referencing.jsonschema import DRAFT202012

import jupyter_auth.server

FILE = Path(jupyter_auth.server.__file__).parent / "openapi.yaml"
_PREFIX = "jupyter_auth/v1"


@cache
def description() -> dict[str, Any]:
    """The document."""
    loaded: dict[str, Any] = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    return loaded


def operations() -> set[tuple[str, str]]:
    """Every path with each of its methods, but for websockets and pages, which answer no JSON."""
    return _methods() - websockets() - pages()


def websockets() -> set[tuple[str, str]]:
    """The paths where a GET opens a websocket."""
    return {(path, m) for path, m in _methods() if "101" in description()["paths"][path][m]["responses"]}


def pages() -> set[tuple[str, str]]:
    """The paths where a GET shows a page."""
    return {
        (path, m)
        for path, m in _methods()
        if "text/html" in description()["paths"][path][m]["responses"].get("200", {}).get("content", {})
    }


def _methods() -> set[tuple[str, str]]:
    methods = {"get", "put", "post", "delete", "options", "head", "patch", "trace"}
    return {(path, m) for path, item in description()["paths"].items() for m in item if m in methods}


def check(answer: requests.Response) -> tuple[str, str, str]:
    """Hold a server's answer against the description; gives path, method and status as described."""
    method = str(answer.request.method).lower()
    path = _path(str(answer.request.path_url).partition("?")[0].partition(_PREFIX)[2])
    responses = description()["paths"][path][method]["responses"]
    code = str(answer.status_code)
    status = code if code in responses else f"{code[0]}XX"
    assert status in responses, f"{method} {path} answers {code}, which is not described"
    assert answer.headers["Content-Type"].partition(";")[0] == "application/json"
    _validator(path, method, status).validate(answer.json())
    return path, method, status


def _path(asked: str) -> str:
    found = [p for p in description()["paths"] if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", p), asked)]
    assert len(found) == 1, asked
    return str(found[0])


@cache
def _validator(path: str, method: str, status: str) -> Draft202012Validator:
    response = description()["paths"][path][method]["responses"][status]
    pointer = f"/paths/{path.replace('/', '~1')}/{method}/responses/{status}"
    pointer = response.get("$ref", "#" + pointer).removeprefix("#")
    schema = f"urn:openapi#{pointer}/content/application~1json/schema".replace("{", "%7B").replace("}", "%7D")
    registry: Registry[Any] = Registry().with_resource(
        "urn:openapi", DRAFT202012.create_resource(description())
    )
    return Draft202012Validator({"$ref": schema}, registry=registry)
