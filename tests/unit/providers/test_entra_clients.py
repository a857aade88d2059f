"""How an application proves itself to Entra: by a certificate, or an assertion that somebody renews."""

import base64
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jwskate
import pytest

from jupyter_auth.core.errors import ProfileError
from tests.idp.entra import APP_KEY, APP_SCOPE, HOME, EntraProvider
from tests.idp.entra.certificates import self_signed
from tests.unit.providers.conftest import MakeEntra

APP_SCOPES = (APP_SCOPE,)


def header_of(token: str) -> dict[str, Any]:
    part = token.split(".", maxsplit=1)[0]
    return dict(json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))))


def test_a_certificate(entra: EntraProvider, make_entra: MakeEntra) -> None:
    files = {
        "client_certificate_file": str(entra.client_certificate),
        "client_key_file": str(entra.client_key),
    }
    assert make_entra(APP_KEY, **files).client_credentials(APP_SCOPES, (), {}).realm == HOME
    header = header_of(entra.seen("token")[-1]["form"]["client_assertion"])
    assert header["alg"] == "PS256" and header["x5t#S256"] and header["x5c"]


def test_a_federated_assertion_is_read_anew_each_time(
    entra: EntraProvider, make_entra: MakeEntra, tmp_path: Path
) -> None:
    file = tmp_path / "token"
    engine = make_entra(APP_KEY, client_assertion_file=str(file))
    for jti in ("one", "two"):
        file.write_text(assertion(entra, jti) + "\n")
        assert engine.client_credentials(APP_SCOPES, (), {}).realm == HOME
        assert entra.seen("token")[-1]["form"]["client_assertion"] == file.read_text().strip()


def assertion(entra: EntraProvider, jti: str) -> str:
    key = jwskate.Jwk.from_pem(entra.client_key.read_text())
    now = int(time.time())
    audience = f"{entra.authority()}/oauth2/v2.0/token"
    claims = {"iss": APP_KEY, "sub": APP_KEY, "aud": audience, "iat": now, "exp": now + 60, "jti": jti}
    return str(jwskate.Jwt.sign(claims, key=key, alg="PS256"))


BROKEN: dict[str, Callable[[EntraProvider, Path], dict[str, Path]]] = {
    "no file": lambda entra, folder: {"client_key_file": folder / "gone"},
    "no key": lambda entra, folder: {"client_key_file": entra.client_certificate},
    "no certificate": lambda entra, folder: {"client_certificate_file": entra.client_key},
    "another key": lambda entra, folder: {"client_key_file": self_signed(folder, "other")[1]},
    "a folder": lambda entra, folder: {"client_key_file": folder},
}


@pytest.mark.parametrize("broken", BROKEN.values(), ids=BROKEN)
def test_a_certificate_that_is_none(
    entra: EntraProvider,
    make_entra: MakeEntra,
    tmp_path: Path,
    broken: Callable[[EntraProvider, Path], dict[str, Path]],
) -> None:
    files = {"client_certificate_file": entra.client_certificate, "client_key_file": entra.client_key}
    files |= broken(entra, tmp_path)
    engine = make_entra(APP_KEY, **{name: str(file) for name, file in files.items()})
    with pytest.raises(ProfileError) as caught:
        engine.client_credentials(APP_SCOPES, (), {})
    assert caught.value.reason in ("client_key", "client_certificate")
    assert "PRIVATE KEY" not in str(caught.value)
    assert entra.seen("token") == []
