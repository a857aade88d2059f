"""What went wrong on the way to a provider, as one of our errors."""

import ssl

import requests
from urllib3.exceptions import MaxRetryError, NameResolutionError

from jupyter_auth.core.errors import AuthError, ProfileError, TransportError


class CaBundleError(requests.RequestException):
    """The profile's ``ca_bundle`` is not there."""


class BodyTooLargeError(requests.RequestException):
    """The answer is larger than any answer of an identity provider should be."""


def failure_of(problem: Exception, host: str) -> AuthError:
    """The error for what ``requests`` or urllib3 raised, with nothing of its text."""
    if isinstance(problem, CaBundleError):
        return ProfileError(
            f"The ca_bundle for {host} is not there.", reason="ca_bundle", hint="Correct it in the profile."
        )
    tried = problem.args[0] if problem.args else None
    reason = tried.reason if isinstance(tried, MaxRetryError) else None
    if isinstance(problem, requests.exceptions.SSLError):
        return _tls(host, reason)
    if isinstance(problem, BodyTooLargeError):
        return TransportError(
            f"{host} sent an answer that is too large.", reason="body_too_large", retryable=True
        )
    if isinstance(reason, NameResolutionError):
        return TransportError(
            f"{host} was not found: its name has no address here.",
            reason="unreachable",
            hint="Check that the profile spells it right, and your connection or VPN, then try again.",
            retryable=True,
        )
    timed_out = isinstance(problem, requests.exceptions.Timeout)
    return TransportError(
        f"{host} did not answer in time." if timed_out else f"{host} did not answer.",
        reason="timeout" if timed_out else "unreachable",
        hint="Check your connection, VPN or proxy, then try again.",
        retryable=True,
    )


def _tls(host: str, reason: object) -> TransportError:
    """A handshake failed: for the certificate, or for plain http at that port, or an old TLS."""
    cause = next(iter(reason.args), None) if isinstance(reason, Exception) else None
    if isinstance(cause, ssl.SSLError) and not isinstance(cause, ssl.SSLCertVerificationError):
        what = f"{host} and this machine find no common TLS."
        hint = "See that it is to be asked with https, there and at that port: jupyter auth doctor"
    else:
        what = f"{host} has a certificate that is not trusted here."
        hint = "Behind a company proxy, set ca_bundle in the profile to the company's CA file."
    return TransportError(what, reason="tls", hint=hint, retryable=False)
