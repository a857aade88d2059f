"""A client's own credentials, read where they are used and never kept."""

from collections.abc import Callable
from urllib.parse import quote_plus

import jwskate
from attrs import frozen
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from requests.auth import AuthBase
from requests_oauth2client import ClientSecretBasic, ClientSecretPost, PrivateKeyJwt, PublicApp
from requests_oauth2client.client_authentication import BaseClientAssertionAuthenticationMethod

from jupyter_auth.core.errors import ProfileError
from jupyter_auth.core.profile import Profile
from jupyter_auth.providers.base import ProviderMetadata
from jupyter_auth.providers.credential_files import client_secret, credential_file, missing

_LIFETIME = 60  # seconds for which an assertion made here is good
#: What to sign with, by kind of key; a key in JWK form says that itself.
_ALGORITHMS = {"RSA": "RS256", "OKP": "EdDSA"}
_CURVES = {"P-256": "ES256", "P-384": "ES384", "P-521": "ES512"}


@frozen
class _Federated(BaseClientAssertionAuthenticationMethod):
    """An assertion that another issuer made (RFC 7523 §2.2), as it is at this moment."""

    read: Callable[[], str]

    def client_assertion(self, audience: str) -> str:
        return self.read()


def client_authentication(profile: Profile, metadata: ProviderMetadata) -> AuthBase:
    """How the client authenticates at the token endpoint (RFC 6749 §2.3, OpenID Connect Core §9)."""
    if profile.client_assertion_file:
        return _Federated(
            client_id=profile.client_id,
            lifetime=_LIFETIME,
            jti_gen=str,
            aud=metadata.token_endpoint,
            alg=None,
            read=lambda: credential_file(profile, "client_assertion_file"),
        )
    if profile.client_key_file:
        key = _private_key(profile)
        return PrivateKeyJwt(profile.client_id, key, lifetime=_LIFETIME, aud=metadata.token_endpoint)
    secret = client_secret(profile)
    if secret is None:
        return PublicApp(profile.client_id)
    if _in_the_body(profile, metadata):
        return ClientSecretPost(profile.client_id, secret)
    # form-encoded first (RFC 6749 §2.3.1), which the library leaves to its caller
    return ClientSecretBasic(quote_plus(profile.client_id), quote_plus(secret))


def _in_the_body(profile: Profile, metadata: ProviderMetadata) -> bool:
    methods = metadata.token_endpoint_auth_methods_supported
    only_in_the_body = "client_secret_post" in methods and "client_secret_basic" not in methods
    return only_in_the_body or profile.quirks.get("client_secret_in") == "body"


def _private_key(profile: Profile) -> jwskate.Jwk:
    """The key with an algorithm and an id. Of a key in PEM, the id is its thumbprint (RFC 7638)."""
    text = credential_file(profile, "client_key_file")
    named, is_of_certificate = None, True
    try:
        key = jwskate.Jwk(text) if text.startswith("{") else jwskate.Jwk.from_pem(text)
        if not key.is_private or key.is_symmetric:
            raise ValueError
        algorithm = key.alg or _ALGORITHMS.get(key.kty) or _CURVES[str(key.get("crv"))]
        named = key if key.get("kid") else key.with_kid_thumbprint()
        named = jwskate.Jwk({**named, "alg": algorithm})
        is_of_certificate = not profile.client_certificate_file or _belongs(named, profile)
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError, UnsupportedAlgorithm):
        named = None
    if named is None:  # raised out here: what the library says quotes the key
        raise missing(profile, "client_key_file", "it holds no private key without a password")
    if not is_of_certificate:
        raise missing(profile, "client_key_file", "it is not the key of client_certificate_file")
    return named


def _belongs(key: jwskate.Jwk, profile: Profile) -> bool:
    certificate = certificate_of(profile).public_key()
    own = key.public_jwk().cryptography_key
    form = Encoding.DER, PublicFormat.SubjectPublicKeyInfo
    return bool(certificate.public_bytes(*form) == own.public_bytes(*form))


def certificate_of(profile: Profile) -> x509.Certificate:
    """The certificate of ``client_certificate_file``; raises ``ProfileError`` where there is none."""
    text = credential_file(profile, "client_certificate_file")
    try:
        return x509.load_pem_x509_certificate(text.encode())
    except ValueError:
        problem: ProfileError = missing(profile, "client_certificate_file", "it holds no certificate in PEM")
    raise problem
