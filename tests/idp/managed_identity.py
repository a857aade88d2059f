"""The endpoints at which Azure machines give tokens of their own, one shape each.

Learnt from msal and the pages it names; there is no Azure machine behind them.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urlsplit

from . import faults
from .faults import Answer, Request

HEADER_SECRET = "CANARY-identity-header"
_LIFETIME = 7200


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """A kind of machine: how its environment names the endpoint (``{origin}``), and what that wants."""

    path: str
    environment: dict[str, str]
    headers: dict[str, str]
    client_id_as: str
    body: Callable[[int], dict[str, object]]


SHAPES = {
    "app service": Shape(
        path="/msi/token",
        environment={"IDENTITY_ENDPOINT": "{origin}/msi/token", "IDENTITY_HEADER": HEADER_SECRET},
        headers={"x-identity-header": HEADER_SECRET},
        client_id_as="client_id",
        body=lambda now: {"expires_on": str(now + _LIFETIME)},
    ),
    "azure ml": Shape(
        path="/ml",
        environment={"MSI_ENDPOINT": "{origin}/ml", "MSI_SECRET": HEADER_SECRET},
        headers={"secret": HEADER_SECRET},
        client_id_as="clientid",
        body=lambda now: {"expires_on": now + _LIFETIME},
    ),
    "vm": Shape(
        path="/metadata/identity/oauth2/token",
        environment={"AZURE_POD_IDENTITY_AUTHORITY_HOST": "{origin}"},
        headers={"metadata": "true"},
        client_id_as="client_id",
        body=lambda now: {"expires_in": str(_LIFETIME), "expires_on": str(now + _LIFETIME)},
    ),
}
#: Every variable that decides where a machine's identity is.
VARIABLES = (
    "IDENTITY_ENDPOINT", "IDENTITY_HEADER", "IDENTITY_SERVER_THUMBPRINT", "IMDS_ENDPOINT", "MSI_ENDPOINT",
    "MSI_SECRET", "AZURE_POD_IDENTITY_AUTHORITY_HOST",
)  # fmt: skip


@dataclass(slots=True)
class Machine:
    """A responder for the endpoint of ``shape``; ``asked`` holds the query of each request."""

    shape: Shape
    asked: list[dict[str, str]] = field(default_factory=list)

    def __call__(self, request: Request) -> Answer | None:
        query = dict(parse_qsl(urlsplit(request.path).query))
        self.asked.append(query)
        given = {name.lower(): value for name, value in request.headers.items()}
        if request.method != "GET" or not self.shape.headers.items() <= given.items():
            return faults.json(400, {"statusCode": 400, "message": "who are you?"})(request)
        body = {"access_token": "CANARY-machine", "token_type": "Bearer", "resource": query.get("resource")}
        return faults.json(200, body | self.shape.body(int(time.time())))(request)
