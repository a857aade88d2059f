"""People's servers: /etc/jupyter/jupyter_server_config.py in their image."""

import os

c = get_config()  # noqa: F821 -- traitlets' own

SERVICE = os.environ["JUPYTERHUB_PUBLIC_HUB_URL"].removesuffix("hub/") + "services/jupyter-auth"

c.JupyterAuth.default_profile = "lake"
c.JupyterAuth.profiles = {
    "lake": {"provider": "jupyterhub", "issuer": SERVICE, "title": "Science lake"},
    "downstream": {
        "provider": "jupyterhub",
        "issuer": SERVICE,
        "audience": "https://downstream.example/",  # another audience: the service exchanges a token for it
        "scopes": ["read"],
    },
    "other": {
        "provider": "oidc",
        "issuer": os.environ["OIDC_ISSUER"],
        "client_id": os.environ["NOTEBOOKS_CLIENT_ID"],
        "scopes": ["openid", "profile", "offline_access", "lake.write"],
        "flows": ["authorization_code"],
    },
}
c.JupyterAuth.callback_url = f"{SERVICE}/callback"  # registered once at the provider, for everybody's servers

FILES = os.environ["JUPYTER_AUTH_FILES"]  # a folder of this person's, which the Hub's hook has made
c.JupyterAuth.store = "redis"
c.JupyterAuth.redis_url_file = f"{FILES}/redis.url"
c.JupyterAuth.seal_key_file = f"{FILES}/seal.key"
