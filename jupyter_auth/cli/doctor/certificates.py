"""TLS with a provider, and what is wrong with a certificate that does not hold."""

import json
import os
import socket
import ssl
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from jupyter_auth.cli.doctor.finding import Reason
from jupyter_auth.cli.doctor.trouble import WAIT, Trouble

if TYPE_CHECKING:
    from jupyter_auth.cli.doctor.way import Way

#: Where the CAs of a machine are, beside what the environment and OpenSSL say.
_BUNDLES = ("/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem")
_VARIABLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE")
#: OpenSSL's X509_V_ERR_…: not valid yet, expired; the name, the address differs.
_OF_TIME, _OF_NAME = (9, 10), (62, 64)


def trouble(way: "Way", problem: ssl.SSLCertVerificationError) -> Trouble:
    """What is wrong with the certificate that was refused, and what would help."""
    if problem.verify_code in _OF_TIME:
        when = "is not valid yet" if problem.verify_code == _OF_TIME[0] else "has expired"
        advice = "Compare this machine's clock with another (date -u). If it is right, tell the provider's "
        return Trouble(
            reason=Reason.CERTIFICATE_TIME,
            message=f"the certificate of {way.host} {when}.",
            advice=advice + "administrator.",
        )
    if problem.verify_code in _OF_NAME:
        return Trouble(
            reason=Reason.CERTIFICATE_NAME,
            message=f"the certificate that {way.host} shows is for another name.",
            advice="Check the issuer's host. If it is right, something else answers in its place: a captive "
            "portal, or a proxy. Do not go on before your administrator has explained it.",
        )
    signer = _signer(way)
    by = f"is signed by {signer!r}, who" if signer else "is signed by somebody who"
    found = next(_trusting(way), None)
    return Trouble(
        reason=Reason.CERTIFICATE_UNTRUSTED,
        message=f"the certificate of {way.host} {by} is not trusted here.",
        advice="This machine trusts it. If that is your organisation's, say so in the profile:"
        if found
        else "If that is your organisation's own CA (a proxy that looks inside is one), have its "
        "administrator give you the CA's certificate as a PEM file, and name it in the profile:",
        write=(f"ca_bundle = {json.dumps(found or '/path/to/ca.pem')}",),
    )


def _signer(way: "Way") -> str:
    from cryptography import x509
    from cryptography.x509.oid import NameOID

    with (
        suppress(OSError, ValueError, Trouble),
        way.connected() as sock,
        handshake(sock, way.host, None) as tls,
    ):
        issuer = x509.load_der_x509_certificate(tls.getpeercert(binary_form=True) or b"").issuer
        for kind in (NameOID.COMMON_NAME, NameOID.ORGANIZATION_NAME):
            for part in issuer.get_attributes_for_oid(kind):
                text = str(part.value)
                return text[:80] if text.isprintable() else ""
    return ""


def _trusting(way: "Way") -> Iterator[str]:
    """Bundles of this machine with which the certificate holds."""
    paths = ssl.get_default_verify_paths()
    places = [os.environ.get(name) for name in _VARIABLES]
    for place in dict.fromkeys([*places, paths.cafile, paths.openssl_cafile, *_BUNDLES]):
        if place and Path(place).is_file() and _is_trusted(way, place):
            yield place


def _is_trusted(way: "Way", bundle: str) -> bool:
    try:
        with way.connected() as sock:
            handshake(sock, way.host, bundle).close()
    except (OSError, ValueError, Trouble):
        return False
    return True


def handshake(sock: socket.socket, host: str, bundle: str | None) -> ssl.SSLSocket:
    """Speak TLS over ``sock`` as an engine does; without ``bundle`` whoever answers will do, for nothing is
    sent. Raises ``OSError``."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.hostname_checks_common_name = False
    if bundle is None:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    elif Path(bundle).is_dir():
        context.load_verify_locations(capath=bundle)
    else:
        context.load_verify_locations(bundle)
    sock.settimeout(WAIT)
    return context.wrap_socket(sock, server_hostname=host)
