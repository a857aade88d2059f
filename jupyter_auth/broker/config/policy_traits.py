"""``c.JupyterAuth`` as far as it says what people may do, and where that is written down."""

from traitlets import Bool, Int, List, Unicode
from traitlets.config import LoggingConfigurable

from jupyter_auth.broker.config.setting import setting
from jupyter_auth.broker.config.setting_checks import (
    a_path,
    above_zero,
    agent,
    an_access,
    exact,
    flows,
    issuers,
    people,
    scopes,
)
from jupyter_auth.broker.config.settings import DEFAULTS
from jupyter_auth.core.policy import ALL_FLOWS


class PolicyTraits(LoggingConfigurable):
    """The policy of an administrator."""

    allow_user_profiles = setting(
        Bool(
            True,
            help="""Whether people may have profiles of their own.

            Type: bool. Default: True. With False, only those ``jupyter_auth.toml`` count that lie in a
            system folder of Jupyter's configuration path (``/etc/jupyter``, ``/usr/local/etc/jupyter``), and
            the profiles set here.""",
        ),
        "True or False",
    )

    allowed_issuers = setting(
        List(
            Unicode(),
            help="""The issuers that profiles may name, as full URLs, compared character by character.

            Type: list of strings. Default: empty, which allows every issuer. A profile with another issuer is
            refused when it is used, wherever it is from; so is one that names endpoints elsewhere than at its
            issuer. There are no patterns, here and in the lists below. For ``entra`` the issuer is the
            authority, as in
            ``https://login.microsoftonline.com/contoso.com``; for ``managed_identity`` it is
            ``https://login.microsoftonline.com/managed_identity``.""",
        ),
        "a list of issuer URLs",
        issuers,
    )

    allowed_clients = setting(
        List(
            Unicode(),
            help="""The client ids that profiles may name, compared character by character.

            Type: list of strings. Default: empty, which allows every client. It says nothing of the issuer:
            set ``allowed_issuers`` too. The machine's own identity (``managed_identity`` without
            ``client_id``) is ``system_assigned_managed_identity``.""",
        ),
        "a list of client ids",
        exact,
    )

    allowed_scopes = setting(
        List(
            Unicode(),
            help="""The scopes that tokens may be asked for, compared character by character; for ``entra``
            without case, as Entra does.

            Type: list of strings. Default: empty, which allows every scope. ``openid``, ``profile`` and
            ``offline_access`` are always allowed: they open no API. A profile whose ``scopes`` go beyond it
            is refused, and so is a request. A token for which the provider has granted more than that is
            not handed out, but for Entra's, which grants all that a person has ever consented to.""",
        ),
        "a list of scopes",
        scopes,
    )

    allowed_flows = setting(
        List(
            Unicode(),
            default_value=list(ALL_FLOWS),
            help="""The ways in which tokens may be got.

            Type: list of strings. Default: all of them, ``"authorization_code"``, ``"device_code"``,
            ``"client_credentials"`` (an application's own tokens, those of a managed identity among them) and
            ``"on_behalf_of"``. What is not in it is never offered, and refused where it is asked for; a
            profile for which none is left is refused whole. Who has signed in before stays signed in.""",
        ),
        f"a list of {', '.join(ALL_FLOWS)}",
        flows,
    )

    pending_sign_in_limit = setting(
        Int(
            DEFAULTS.pending_sign_in_limit,
            help="""How many requests may wait for a person at once, in one server. One more is refused.
            Type: int. Default: 20.""",
        ),
        "a number",
        above_zero,
    )

    kernel_access = setting(
        Unicode(
            "allow",
            help="""Whether kernels may use the sign-ins of this server.

            Type: string. Default: ``"allow"``: every kernel of the server may. With ``"ask"`` each may use
            what a person has allowed to it, and asks before its first use; with ``"deny"`` none may. A
            profile may have a ``kernel_access`` of its own: that of an administrator's profile, here or in a
            system folder, decides; that of a person's own can only be stricter than this.""",
        ),
        "allow, ask or deny",
        an_access,
    )

    people = setting(
        Unicode(
            "one",
            help="""How many people use a server: ``"one"``, or ``"many"``.

            Type: string. Default: ``"one"``: whoever uses the server has its sign-ins. With ``"many"`` each
            person has a broker and a store of their own, and sees nothing of the others; a kernel belongs to
            whoever started it. It needs a Jupyter login that knows people by their names (an identity
            provider; not a token or a password), and ``sqlite``, ``memory`` or ``redis``. Who cannot be told
            apart gets nothing.""",
        ),
        "'one' or 'many'",
        people,
    )

    agent = setting(
        Unicode(
            DEFAULTS.agent,
            help="""What processes without a Jupyter server do about ``jupyter auth agent``.

            Type: string. Default: ``"use"``: one that runs is used, else each such process has a broker of
            its own. With ``"start"`` the first that finds none starts it. With ``"never"`` none is used, and
            none runs. A person may say otherwise, in ``jupyter_auth.toml`` (``agent = "start"``) and over
            that in ``JUPYTER_AUTH_AGENT``, but where it says ``"never"`` here.""",
        ),
        "never, use or start",
        agent,
    )

    audit_file = setting(
        Unicode(
            None,
            allow_none=True,
            help="""The file to which every decision about tokens is appended, a line of JSON each.

            Type: string, an absolute path; ``~`` is expanded. Default: none. The file is made with mode 0600,
            its folder has to be there; a link, or somebody else's file, is refused. Where it was moved, a
            new one is made. What cannot be written is told in the log and by ``%auth status``, and tokens
            are given out all the same. The same records go to the logger ``jupyter_auth.audit`` (INFO).""",
        ),
        "a path",
        a_path,
    )
