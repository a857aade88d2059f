"""A JupyterHub where people sign in once, at the Hub, and every notebook has its tokens.

The tests run this very file. What is yours comes from the environment; in your own copy, write it down.
"""

import os
import sys
from pathlib import Path

import requests
from oauthenticator.generic import GenericOAuthenticator

from jupyter_auth.hub.redis_users import RedisUsers
from jupyter_auth.hub.signing_out import forgetting

c = get_config()  # noqa: F821 -- JupyterHub's own

ISSUER = os.environ["OIDC_ISSUER"]  # https://idp.example.org/realms/science
CLIENT = os.environ.get("OIDC_CLIENT_ID", "jupyterhub")
HUB = os.environ["HUB_URL"].rstrip("/")  # https://hub.example.org, as browsers see it
FOLDER = Path(os.environ["HUB_FOLDER"])  # /srv/jupyterhub: the Hub's own, mode 0700
HERE = Path(__file__).parent

# --- people sign in with your identity provider ----------------------------------------------------

known = requests.get(f"{ISSUER}/.well-known/openid-configuration", timeout=10).json()

c.JupyterHub.authenticator_class = forgetting(GenericOAuthenticator)  # logging out forgets the tokens as well
c.GenericOAuthenticator.authorize_url = known["authorization_endpoint"]
c.GenericOAuthenticator.token_url = known["token_endpoint"]
c.GenericOAuthenticator.userdata_url = known["userinfo_endpoint"]
c.GenericOAuthenticator.oauth_callback_url = f"{HUB}/hub/oauth_callback"
c.GenericOAuthenticator.client_id = CLIENT
c.GenericOAuthenticator.client_secret = (FOLDER / "client_secret").read_text().strip()
c.GenericOAuthenticator.scope = ["openid", "profile", "offline_access", "lake.read"]
c.GenericOAuthenticator.extra_authorize_params = {"prompt": "consent"}  # many give offline_access only so
c.GenericOAuthenticator.username_claim = "preferred_username"
c.GenericOAuthenticator.allow_all = True
c.GenericOAuthenticator.auto_login = True

# The Hub keeps what the sign-in gave, sealed with JUPYTERHUB_CRYPT_KEY, until the service below takes it up.
# The service alone refreshes it from then on: two programs with one refresh token are taken for thieves.
c.Authenticator.enable_auth_state = True
c.Authenticator.auth_refresh_age = 0
c.Authenticator.refresh_pre_spawn = False

# --- the service -----------------------------------------------------------------------------------

SERVICE = "access:services!service=jupyter-auth"

c.JupyterHub.services = [
    {
        "name": "jupyter-auth",
        "url": os.environ.get("HUB_SERVICE", "http://127.0.0.1:10101"),
        "command": [
            sys.executable,
            "-m",
            "jupyter_auth.hub",
            f"--config={HERE / 'jupyter_auth_hub_config.py'}",
        ],
        "environment": {"HUB_FOLDER": str(FOLDER), "OIDC_CLIENT_ID": CLIENT, "OIDC_ISSUER": ISSUER},
        "oauth_no_confirm": True,
        "display": False,
    }
]
c.JupyterHub.load_roles = [
    {
        "name": "jupyter-auth",
        "services": ["jupyter-auth"],
        "scopes": ["admin:auth_state", "read:users", "read:servers"],
    },
    {"name": "user", "scopes": ["self", SERVICE]},
    {"name": "server", "scopes": ["users:activity!user", "access:servers!server", SERVICE]},
]

# --- people's servers ------------------------------------------------------------------------------

c.JupyterHub.bind_url = os.environ.get("HUB_BIND", "http://127.0.0.1:8000")  # a proxy of yours speaks TLS
c.JupyterHub.public_url = HUB
c.JupyterHub.shutdown_on_logout = True
c.JupyterHub.cookie_secret_file = str(FOLDER / "cookie_secret")
c.JupyterHub.db_url = f"sqlite:///{FOLDER / 'jupyterhub.sqlite'}"
redis_users = RedisUsers(
    FOLDER / "redis.url", FOLDER / "redis_users"
)  # a Redis user, and a key, for each person
c.Spawner.pre_spawn_hook = redis_users.pre_spawn
c.Spawner.post_stop_hook = redis_users.post_stop
c.Spawner.environment = {
    "JUPYTER_CONFIG_PATH": str(HERE / "server"),  # or put its file into /etc/jupyter of their image
    "NOTEBOOKS_CLIENT_ID": os.environ.get("NOTEBOOKS_CLIENT_ID", "notebooks"),
    "OIDC_ISSUER": ISSUER,
}
