"""What a resource's 401 demands, as arguments of ``get_token``; what cannot be understood demands nothing."""

import base64
import json
from typing import Any

import pytest

from jupyter_auth.adapters.challenge import demanded

CLAIMS = {"access_token": {"nbf": {"essential": True, "value": "1604106651"}, "ü?>": None}}
ENTRA = 'Bearer realm="", authorization_uri="https://login.microsoftonline.com/common/oauth2/authorize", '


def encoded(value: object = CLAIMS) -> str:
    return base64.b64encode(json.dumps(value).encode()).decode()


@pytest.mark.parametrize(
    "claims", [encoded(), encoded().rstrip("="), encoded().replace("+", "-").replace("/", "_")]
)
def test_entra_names_claims(claims: str) -> None:
    wanted = demanded(f'{ENTRA}error="insufficient_claims", claims="{claims}"')
    assert json.loads(wanted.pop("claims_challenge")) == CLAIMS and not wanted


@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        ('acr_values="mfa phr", max_age="60"', {"acr_values": "mfa phr", "max_age": 60}),
        ("max_age=0", {"max_age": 0}),
        ('acr_values="mfa", max_age="-1"', {"acr_values": "mfa"}),
        ('acr_values="a\tb"', {}),
        (f'acr_values="{"x" * 600}"', {}),
        ('max_age="99999999999"', {}),
        ("", {}),
    ],
)
def test_rfc_9470_names_how_one_must_have_signed_in(said: str, wanted: dict[str, Any]) -> None:
    head = 'Basic realm="a, b", Bearer error="insufficient_user_authentication"'
    assert demanded(f"{head}, {said}") == wanted


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Bearer",
        'Bearer error="invalid_token"',
        'Basic error="insufficient_claims", claims="e30="',
        'Bearer error="insufficient_claims"',
        'Bearer error="insufficient_claims", claims="%%%"',
        f'Bearer error="insufficient_claims", claims="{encoded([1])}"',
        f'Bearer error="insufficient_claims", claims="{base64.b64encode(b"[" * 9000).decode()}"',
        f'Bearer error="insufficient_claims", claims="{base64.b64encode(b"[" * 3000).decode()}"',
        'Bearer error="insufficient_claims", claims="/w=="',
    ],
)
def test_anything_else_demands_nothing(header: str) -> None:
    assert demanded(header) == {}
