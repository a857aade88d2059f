"""The Hub service: with which provider, and which client, the Hub signs people in."""

import os

c = get_config()  # noqa: F821 -- traitlets' own

FOLDER = os.environ["HUB_FOLDER"]

c.JupyterAuthHub.folder = f"{FOLDER}/jupyter_auth"  # refresh tokens, sealed; for this service alone
c.JupyterAuthHub.profile = {
    "issuer": os.environ["OIDC_ISSUER"],
    "client_id": os.environ.get("OIDC_CLIENT_ID", "jupyterhub"),
    "client_secret_file": f"{FOLDER}/client_secret",
    "scopes": ["openid", "profile", "offline_access", "lake.read"],
}
c.JupyterAuthHub.audiences = [
    "https://downstream.example/"
]  # for which a token may be exchanged; none by default
