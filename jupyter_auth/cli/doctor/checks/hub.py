"""Provider ``jupyterhub``: is this a server of a Hub's, does the service answer, and has it a sign-in?"""

import os
from dataclasses import replace
from urllib.parse import urlsplit

import requests

from jupyter_auth.cli.doctor.checks.looked import CHECK, Looked
from jupyter_auth.cli.doctor.finding import Finding, Findings, Reason
from jupyter_auth.cli.doctor.trouble import Trouble
from jupyter_auth.cli.doctor.way import Way
from jupyter_auth.core.errors import AuthError
from jupyter_auth.core.profile import Profile
from jupyter_auth.core.urls import host_of
from jupyter_auth.providers.jupyterhub import API_TOKEN, JupyterHubEngine, service_of, service_session
from jupyter_auth.providers.transport import fetch, json_object

#: Where nobody is found at the service's address; what is wrong with a certificate is told as elsewhere.
_NOBODY = {Reason.NAME_UNKNOWN, Reason.REFUSED, Reason.TIMEOUT, Reason.UNREACHABLE}
_ADMINISTRATOR = "This is for the Hub's administrator:"
#: What the engine and the service say, and what is to be done besides.
_TOLD = {
    Reason.HUB_IN_CLEAR_TEXT: "Correct service_url in the profile.",
    Reason.UNKNOWN_HUB_TOKEN: "It gets a new token.",
    Reason.HUB_SCOPE_MISSING: f"{_ADMINISTRATOR} in jupyterhub_config.py.",
    Reason.NO_AUTH_STATE: f"{_ADMINISTRATOR} in c.JupyterHub.load_roles of jupyterhub_config.py.",
    Reason.HUB_NO_SIGN_IN: "If that does not help, the Hub's administrator has to set "
    "c.Authenticator.enable_auth_state = True, with JUPYTERHUB_CRYPT_KEY in the Hub's environment.",
    Reason.HUB_NO_REFRESH_TOKEN: "",
    Reason.HUB_SIGNED_OUT: "",
    Reason.HUB_UNREACHABLE: f"{_ADMINISTRATOR} the service does not reach the Hub; its log is a part of the "
    "Hub's.",
}


def look(looked: Looked) -> Findings:
    """Step by step, to the first fault. The service is asked whether a token could be had, and for none."""
    profile = looked.profile
    if not os.environ.get(API_TOKEN):
        yield looked.fault(
            Reason.NO_HUB,
            f"{API_TOKEN} is not set: this is no server that a JupyterHub has started, and the profile works "
            "in none other.",
            "Run the doctor in a terminal of your server at the Hub. Elsewhere use a profile with provider "
            "'oidc'.",
        )
        return
    if (absent := _absent(looked)) is not None:
        yield absent
        return
    engine = JupyterHubEngine(profile)
    try:
        engine.check()
    except AuthError as problem:
        yield _refused(looked, problem)
    else:
        yield Finding(check=CHECK, about=profile.name, state="ok", message=service_of(profile))
    finally:
        engine.close()


def _absent(looked: Looked) -> Finding | None:
    """Why there is no service at its address."""
    profile = looked.profile
    try:
        _way(profile).walk()
        session = service_session(profile)
        try:
            response = fetch(profile.issuer, lambda: session.get(f"{service_of(profile)}/health"))
        finally:
            session.close()
    except Trouble as trouble:
        advice = trouble.advice
        if trouble.reason in _NOBODY:
            advice = (
                f"Check {_key(profile)} in the profile; if it is right, the Hub or its service does not run: "
            )
            advice += "tell its administrator."
        return looked.fault(trouble.reason, trouble.message, advice, run=trouble.run, write=trouble.write)
    except AuthError as problem:
        return looked.fault(Reason.HUB_SERVICE_DOWN, problem.message, problem.hint)
    return None if (json_object(response) or {}).get("ok") is True else _no_service(looked, response)


def _no_service(looked: Looked, response: requests.Response) -> Finding:
    """The Hub itself answers for what no service is at; its proxy with 503 for one that does not run."""
    where = service_of(looked.profile)
    if response.is_redirect or response.status_code == requests.codes.not_found:
        return looked.fault(
            Reason.HUB_SERVICE_MISSING,
            f"the Hub at {host_of(where)} has no service at {urlsplit(where).path} "
            f"(HTTP {response.status_code}).",
            f"Check {_key(looked.profile)} in the profile. If it is right, the Hub's administrator has to "
            "add the service to c.JupyterHub.services; the documentation tells how (Set up on a JupyterHub).",
        )
    return looked.fault(
        Reason.HUB_SERVICE_DOWN,
        f"the token service of the Hub at {host_of(where)} does not run (HTTP {response.status_code}).",
        f"{_ADMINISTRATOR} the Hub's log says why the service jupyter-auth has ended; restart it.",
    )


def _way(profile: Profile) -> Way:
    way = Way.to(profile, service_of(profile))
    return replace(way, proxy=None) if service_of(profile).startswith("http:") else way


def _refused(looked: Looked, problem: AuthError) -> Finding:
    reason = next((known for known in _TOLD if known == problem.reason), Reason.PROVIDER_REFUSED)
    advice = " ".join(filter(None, [problem.hint, _TOLD.get(reason)]))
    return looked.fault(reason, problem.message, advice or "Tell the Hub's administrator.")


def _key(profile: Profile) -> str:
    return "service_url" if profile.service_url else "issuer"
