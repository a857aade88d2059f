"""REST by schemathesis: every operation of ``openapi.yaml`` against a real Jupyter server with the extension.

Examples at the limits of every schema, valid and invalid requests at random, and sequences of operations,
each held against the description by schemathesis' own checks; and no answer, nor the server's log, holds a
secret.
"""

import json
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import requests

from jupyter_auth.cli.demo.jupyter_process import JupyterProcess
from tests.fuzz.hearing import Hearing
from tests.fuzz.playing import Budget
from tests.fuzz.rest_hooks import NEEDLES, PRINTABLE, TOKEN, URL
from tests.fuzz.tally import CrashError, LeakError, Tally
from tests.idp import MisbehavingProvider
from tests.security.canaries import Canaries
from tests.support import Kernel, place, until
from tests.support.description import description, operations, pages, websockets

ROOT = str(Path(__file__).resolve().parents[2])
PROFILE, USER = "lake", "ada"
MANY = 8  # pending sign-ins, which only people start: a server takes 20
EACH = (
    20  # requests at random for each operation, where the budget is a time: then once more, of another seed
)
SLOW = 60.0  # seconds for one answer
LEAK = "no_secret"  # the check of ``rest_hooks``

#: What schemathesis cannot know, each with its reason.
CONFIGURATION = """
continue-on-failure = true
# How fast requests are made up, which hypothesis minds, is the machine's affair.
suppress-health-check = ["all"]
max-redirects = 0
request-timeout = {slow}
hooks = "tests.fuzz.rest_hooks"
headers = {{ Authorization = "token ${{FUZZ_TOKEN}}" }}

[checks]
# It wants 401 where the Authorization header is missing; a Jupyter server's API answers 403 to strangers, and
# the callback sends a browser to the login. That nobody gets in without it is what ignored_auth checks.
missing_required_header.enabled = false

[[operations]]
# A sign-in that is cancelled can still be asked about, as its description says.
include-path = "/interactions/{{id}}"
checks.use_after_free.enabled = false

[[operations]]
# What is taken back there leaves a list, which may be empty.
include-path = "/kernels/{{kernel_id}}/grants"
checks.use_after_free.enabled = false
{pages}
"""
#: A GET that opens a websocket is no plain request, and a page's query is not of the caller's making.
PAGE = """
[[operations]]
include-path = "{path}"
checks.positive_data_acceptance.enabled = false
"""


def narrowed(document: Mapping[str, Any]) -> dict[str, Any]:
    """The description, with what a schema does not say but its words do: that text is printable, that a
    profile or an account has to be there, that only Entra has tenants, and that an address or a decision has
    to answer the very request: nobody can make up a right one, so that all of those have to be refused."""
    made = deepcopy(dict(document))
    for schema in _asked(made):
        if "oneOf" in schema:
            schema["oneOf"] = [
                way for way in schema["oneOf"] if not {"url", "decision"} & {*way.get("required", ())}
            ]
        properties = schema.get("properties", {})
        properties.pop("tenant", None)
        if "decision" in properties:
            properties["account"] = {"enum": [USER, None]}
            properties["remember"] = {"enum": ["kernel"]}  # it is of no notebook
        for name, wanted in properties.items():
            _narrow(name, wanted)
    for parameter in _parameters(made):
        if parameter.get("in") == "query":
            _narrow(parameter["name"], parameter["schema"])
    return made


def _narrow(name: str, schema: dict[str, Any]) -> None:
    types = schema.get("type")
    if name == "profile" and types is not None:
        schema.clear()
        schema["enum"] = [PROFILE, *([None] if "null" in types else [])]
    elif name == "scopes" and "items" in schema:
        schema["items"] = {"type": "string", "pattern": "^[!#-\\[\\]-~]+$", "maxLength": 512}
    elif types is not None and "string" in types and "pattern" not in schema and name != "url":
        schema["format"] = PRINTABLE


def _asked(document: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Every schema of a body that may be sent."""
    for item in [*_operations(document), *document["components"].get("requestBodies", {}).values()]:
        body = item.get("requestBody", item)
        for content in body.get("content", {}).values():
            yield from _parts(content["schema"], document)


def _parts(schema: dict[str, Any], document: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    if "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    yield schema
    for part in schema.get("oneOf", ()):
        yield from _parts(part, document)


def _operations(document: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for item in document["paths"].values():
        yield from (operation for name, operation in item.items() if name != "parameters")


def _parameters(document: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    listed = [*document["components"].get("parameters", {}).values()]
    for operation in _operations(document):
        listed += [parameter for parameter in operation.get("parameters", ()) if "$ref" not in parameter]
    yield from listed


@contextmanager
def asked_server(canaries: Canaries) -> Iterator[tuple[JupyterProcess, Path]]:
    """A server with ada signed in, and a kernel that has asked for something; and its log. While it runs,
    somebody cancels what too many sign-ins wait for, and signs in again where nobody is."""
    with MisbehavingProvider() as provider:
        canaries.watch(provider)
        with place(provider.issuer) as home, home.server("--debug") as server:
            kernel = Kernel(server)
            kernel.run("import jupyter_auth as ja; ja.get_accounts()")
            person = _Person(server, provider)
            try:
                until(person.look)
                person.start()
                yield server, home.log
            finally:
                person.stop()
                kernel.close()


class _Person:
    """Somebody at the server, once a second."""

    def __init__(self, server: JupyterProcess, provider: MisbehavingProvider) -> None:
        self._server, self._provider = server, provider
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopped.set()
        if self._thread.is_alive():
            self._thread.join(30)

    def look(self) -> bool:
        """Whether anybody is signed in, after doing something about it."""
        waiting = [row for row in self._get("interactions") if row["state"] == "pending"]
        for row in waiting[MANY:]:
            self._server.delete(f"jupyter_auth/v1/interactions/{row['id']}")
        if self._get("accounts"):
            return True
        self._server.post("jupyter_auth/v1/interactions", {"profile": PROFILE})
        with _none_pending():
            self._provider.approve()
        return False

    def _get(self, resource: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self._server.get(f"jupyter_auth/v1/{resource}").json()
        return found

    def _run(self) -> None:
        while not self._stopped.wait(1):
            try:
                self.look()
            except requests.RequestException:
                continue


@contextmanager
def _none_pending() -> Iterator[None]:
    try:
        yield
    except LookupError:
        return


@dataclass(frozen=True, slots=True, kw_only=True)
class RestTarget:
    """The REST resources, as a target like the others. ``inputs`` of a budget are those of all operations."""

    name: str = "rest"
    what: str = "every REST operation of `openapi.yaml`, by schemathesis"

    def play(self, budget: Budget, seed: int) -> Tally:
        """Run schemathesis; each request that fails a check is a crash, or a leak."""
        tally, began = Tally(target=self.name, seed=seed), time.monotonic()
        canaries = Canaries()
        hearing = Hearing(canaries)
        each = EACH if budget.inputs is None else max(1, budget.inputs // len(operations()))
        with TemporaryDirectory(prefix="jf-") as folder, asked_server(canaries) as (server, log):
            while True:
                report = _run(Path(folder), server, each, seed, hearing)
                _judge(tally, report)
                seed += 1
                if budget.seconds is None or time.monotonic() - began >= budget.seconds or not tally.is_clean:
                    break
            try:
                _judge_log(log.read_text("utf-8", "replace"), hearing)
            except AssertionError as problem:
                tally.note(problem, "the server's log")
        tally.seconds = time.monotonic() - began
        return tally


def _run(folder: Path, server: JupyterProcess, each: int, seed: int, hearing: Hearing) -> dict[str, Any]:
    unlike = sorted(path for path, _ in websockets() | pages())
    asides = "".join(PAGE.format(path=path) for path in unlike)
    (folder / "openapi.json").write_text(json.dumps(narrowed(description())), encoding="utf-8")
    (folder / "schemathesis.toml").write_text(CONFIGURATION.format(slow=SLOW, pages=asides), encoding="utf-8")
    url = f"{server.url}jupyter_auth/v1"
    command = [sys.executable, "-m", "schemathesis.cli", "--config-file", str(folder / "schemathesis.toml")]
    command += ["run", str(folder / "openapi.json"), "--url", url, "--no-color"]
    command += ["--seed", str(seed), "--report", "json", "--report-json-path", str(folder / "report.json")]
    command += ["--max-examples", str(each)]
    needles = sorted(
        {needle.hex() for kind in hearing.canaries.marks for needle in hearing.canaries.needles(kind)}
    )
    environment = os.environ | {
        TOKEN: server.token,
        URL: url,
        NEEDLES: json.dumps(needles),
        "PYTHONPATH": ROOT,
    }
    told = subprocess.run(command, capture_output=True, text=True, env=environment, cwd=folder, check=False)
    try:
        report: dict[str, Any] = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    except OSError:
        raise CrashError(f"schemathesis did not run: {told.stdout[-2000:]} {told.stderr[-2000:]}") from None
    return report | {"told": told.stdout}


def _judge(tally: Tally, report: Mapping[str, Any]) -> None:
    tally.inputs += report["test_cases"]["generated"]
    if not report["complete"] or report["test_cases"]["errored"] or report["errors"]:
        tally.note(CrashError(f"not all was tried: {report['errors']}"), report["told"][-4000:])
    for failure in report["failures"]:
        words = f"{failure['title']}: {failure['count']} times at {', '.join(failure['operations'])}"
        kind = LeakError if LEAK in str(failure) else CrashError
        tally.note(kind(words), _example(report["told"], failure["title"]))


def _example(told: str, title: str) -> str:
    """The first of those failures as schemathesis tells it."""
    at = told.find(title)
    return re.sub(r"\s+", " ", told[at : at + 2500])


def _judge_log(text: str, hearing: Hearing) -> None:
    hearing.search("the server's log", text)
    wrong = [line for line in text.splitlines() if re.match(r"\[E |.*Uncaught exception", line)]
    if wrong:
        raise CrashError("\n".join(wrong[:10]))


TARGET = RestTarget()
