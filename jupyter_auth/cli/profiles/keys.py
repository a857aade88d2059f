"""The keys of a profile that the command line can write, and what is asked for them."""

from collections.abc import Mapping
from typing import Any, NamedTuple

#: key → what it is; each is an option of ``profiles add``
OPTIONS = {
    "preset": "what is known of google, github or keycloak",
    "issuer": "the provider's URL, as its discovery document has it; at a JupyterHub the service's",
    "service_url": "JupyterHub: the service's address for servers, where it is another one for browsers",
    "tenant": "Entra: the tenant's domain or id",
    "authority": "Entra: the authority, where it is not that of the public cloud",
    "client_id": "the application, as the provider knows it",
    "client_secret_file": "a file with the application's secret",
    "client_secret_env": "a variable with the application's secret",
    "scopes": "with spaces between them",
    "flows": "authorization_code and device_code, in the order of preference, with spaces between them",
    "resource": "for what the tokens are (RFC 8707)",
    "audience": "the same where the provider calls it audience",
    "ca_bundle": "a file with a company's own certificate authorities",
    "title": "what people read in prompts",
}
_LISTS = ("scopes", "flows")


class Question(NamedTuple):
    """One question; ``needs`` an answer, or takes an empty one for a key that is left out."""

    key: str
    words: str
    needs: bool = False


_ISSUER = Question("issuer", "Its issuer, as in https://idp.example.org/realms/science", needs=True)
_CLIENT = Question("client_id", "The client id of the application that is registered there", needs=True)
_SECRET = "The file that holds the application's secret"  # noqa: S105 -- a question
_SCOPES = Question("scopes", "Scopes, with spaces between them")
_TITLE = Question("title", "What people are to read in prompts (Enter for the name)")

QUESTIONS: Mapping[str, tuple[Question, ...]] = {
    "oidc": (
        _ISSUER,
        _CLIENT,
        Question("client_secret_file", f"{_SECRET} (Enter for a public client)"),
        _SCOPES,
        _TITLE,
    ),
    "entra": (
        Question("tenant", "The tenant: its domain, its id, common or organizations", needs=True),
        _CLIENT,
        Question("client_secret_file", f"{_SECRET} (Enter for a public client)"),
        _SCOPES,
        _TITLE,
    ),
    "client_credentials": (
        _ISSUER,
        _CLIENT,
        Question("client_secret_file", _SECRET, needs=True),
        _SCOPES,
        _TITLE,
    ),
    "managed_identity": (
        Question("resource", "For what the tokens are, as in https://storage.azure.com", needs=True),
        Question("client_id", "The client id of a user-assigned identity (Enter for the machine's own)"),
        _TITLE,
    ),
    "jupyterhub": (
        Question(
            "issuer",
            "The address of the Hub's service, as in https://hub.example.org/services/jupyter-auth",
            needs=True,
        ),
        Question("service_url", "Its address for servers (Enter for the same)"),
        Question("audience", "Another audience to exchange a token for (Enter for the sign-in's own)"),
        Question("scopes", "Scopes, with spaces between them (Enter for all of the sign-in)"),
        _TITLE,
    ),
}
#: The question after which enough is known to ask the provider.
LOOKS_AFTER = {
    "oidc": "issuer",
    "entra": "tenant",
    "client_credentials": "issuer",
    "jupyterhub": "service_url",
}
#: One of these answers a question as well.
INSTEAD = {
    "tenant": ("authority",),
    "client_secret_file": ("client_secret_env",),
    "resource": ("scopes", "audience"),
    "audience": ("resource",),
}


def value_of(key: str, text: str) -> Any:
    """What ``text`` stands for in TOML."""
    return text.split() if key in _LISTS else text.strip()
