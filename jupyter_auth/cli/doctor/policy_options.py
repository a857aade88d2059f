"""The command line of ``jupyter auth doctor --policy``."""

import argparse

from jupyter_auth.core.policy import ALL_FLOWS

_QUESTION = ("profile", "issuer", "client", "provider", "scopes", "flow", "tenant")


def add_arguments(doctor: argparse.ArgumentParser) -> None:
    """The options of ``--policy``."""
    doctor.add_argument("--policy", action="store_true", help="what an administrator has set")
    asked = doctor.add_argument_group("what if (with --policy)")
    asked.add_argument("--profile", help="a profile by its name")
    asked.add_argument("--issuer", help="or one that somebody might write: its issuer (entra: its authority)")
    asked.add_argument("--client", help="and its client id")
    asked.add_argument("--provider", choices=("oidc", "entra"), help="and its kind; oidc by default")
    asked.add_argument("--scopes", help="the scopes to ask for, separated by spaces")
    asked.add_argument("--flow", choices=ALL_FLOWS, help="the way to a token")
    asked.add_argument("--tenant", help="another tenant (entra)")


def is_question(args: argparse.Namespace) -> bool:
    """True where something of a "what if" was said."""
    return any(getattr(args, name) is not None for name in _QUESTION)


def is_complete(args: argparse.Namespace) -> bool:
    """False for a question without ``--policy``, about no profile, or about two."""
    return not is_question(args) or (args.policy and (args.profile is None) != (args.issuer is None))
