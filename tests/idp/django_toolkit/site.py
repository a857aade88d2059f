"""The Django site: its settings, its tables, its clients. Any name may sign in, with any password."""

from collections.abc import Sequence
from pathlib import Path
from secrets import token_urlsafe
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from django.conf import settings

from ..base import CONFIDENTIAL_CLIENT, CONFIDENTIAL_SECRET, PUBLIC_CLIENT
from .control import Control

SCOPES = ("openid", "offline_access", "profile", "email", "lake.read", "lake.write", "read", "write")
WATCHED = {
    "/o/token/": "token",
    "/o/device-authorization/": "device_authorization",
    "/o/revoke_token/": "revocation",
    "/o/.well-known/openid-configuration": "discovery",
    "/o/.well-known/oauth-authorization-server": "discovery",
}
_APPS = ("auth", "contenttypes", "sessions", "messages")
_LOGIN = """<form method="post">{% csrf_token %}{{ form.as_p }}
<input type="hidden" name="next" value="{{ next }}"><button>Log in</button></form>"""


def configure(issuer: str, database: Path, control: Control) -> None:
    """Set Django up, in this process."""
    import django

    settings.configure(
        ALLOWED_HOSTS=["127.0.0.1"],
        AUTHENTICATION_BACKENDS=["tests.idp.django_toolkit.people.AnyPassword"],
        CONTROL=control,
        DATABASES={"default": _database(database)},
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        INSTALLED_APPS=[*(f"django.contrib.{name}" for name in _APPS), "oauth2_provider"],
        LOGIN_URL="/accounts/login/",
        # Without their migrations the tables are made as the models are now, in a fraction of the time.
        MIGRATION_MODULES=dict.fromkeys((*_APPS, "oauth2_provider")),
        MIDDLEWARE=[
            "django.contrib.sessions.middleware.SessionMiddleware",
            "django.middleware.common.CommonMiddleware",
            "django.middleware.csrf.CsrfViewMiddleware",
            "django.contrib.auth.middleware.AuthenticationMiddleware",
            "django.contrib.messages.middleware.MessageMiddleware",
        ],
        OAUTH2_PROVIDER=_oauth(issuer, control),
        ROOT_URLCONF="tests.idp.django_toolkit.urls",
        SECRET_KEY=token_urlsafe(32),
        STATIC_URL="/static/",
        TEMPLATES=_templates(),
        USE_TZ=True,
    )
    django.setup()


def make_application(redirect_uris: Sequence[str]) -> Any:
    """Make the tables and the clients; returns the WSGI application."""
    from django.core.management import call_command
    from django.core.wsgi import get_wsgi_application
    from oauth2_provider.models import get_application_model

    call_command("migrate", run_syncdb=True, verbosity=0)
    clients = get_application_model()
    common = {"redirect_uris": " ".join(redirect_uris), "algorithm": clients.RS256_ALGORITHM}
    clients.objects.create(
        **common,
        name="notebooks",
        client_id=PUBLIC_CLIENT,
        client_type=clients.CLIENT_PUBLIC,
        authorization_grant_type=clients.GRANT_DEVICE_CODE,
    )
    clients.objects.create(
        **common,
        name="service",
        client_id=CONFIDENTIAL_CLIENT,
        client_secret=CONFIDENTIAL_SECRET,
        hash_client_secret=False,
        client_type=clients.CLIENT_CONFIDENTIAL,
        authorization_grant_type=clients.GRANT_CLIENT_CREDENTIALS,
    )
    return get_wsgi_application()


def revoke_all() -> None:
    """Delete all that was granted; browser sessions and pending device codes stay."""
    from django.db import close_old_connections
    from oauth2_provider import models

    for model in (models.RefreshToken, models.AccessToken, models.IDToken, models.Grant):
        model.objects.all().delete()
    close_old_connections()  # this did not come through Django, which would do it itself


def _database(path: Path) -> dict[str, Any]:
    # Every transaction takes its lock as it begins: with many threads none ends as "database is locked".
    options = {"timeout": 20, "transaction_mode": "IMMEDIATE"}
    options["init_command"] = "PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF"
    return {"ENGINE": "django.db.backends.sqlite3", "NAME": str(path), "OPTIONS": options}


def _oauth(issuer: str, control: Control) -> dict[str, Any]:
    key = rsa.generate_private_key(65537, 2048).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return {
        "EXTRA_SERVER_KWARGS": {"token_expires_in": lambda _request: control.settings["at_ttl"]},
        "OAUTH2_VALIDATOR_CLASS": "tests.idp.django_toolkit.people.Validator",
        "OAUTH_DEVICE_VERIFICATION_URI": f"{issuer}/device/",
        "OAUTH_DEVICE_VERIFICATION_URI_COMPLETE": f"{issuer}/device/?user_code={{user_code}}",
        "OIDC_ENABLED": True,
        "OIDC_ISS_ENDPOINT": issuer,
        "OIDC_RSA_PRIVATE_KEY": key.decode(),
        "PKCE_REQUIRED": True,
        "REFRESH_TOKEN_REUSE_PROTECTION": True,
        "SCOPES": {name: name for name in SCOPES},
        **{f"COMPLIANT_BCP_RFC9700_{name}": True for name in ("AUTHZ_RESPONSE_ISS", "PKCE_METHOD")},
    }


def _templates() -> list[dict[str, Any]]:
    login = [("django.template.loaders.locmem.Loader", {"login.html": _LOGIN})]
    processors = ["django.template.context_processors.request", "django.contrib.auth.context_processors.auth"]
    engine = "django.template.backends.django.DjangoTemplates"
    return [
        {"BACKEND": engine, "NAME": "login", "OPTIONS": {"loaders": login}},
        {"BACKEND": engine, "APP_DIRS": True, "OPTIONS": {"context_processors": processors}},
    ]
