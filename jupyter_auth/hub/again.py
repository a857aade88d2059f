"""What only a new login at the Hub can mend."""

from jupyter_auth.core.errors import InteractionRequiredError

AGAIN = "Log out at the Hub and log in again, then run the cell once more."


def log_in_again(reason: str, claims: str | None = None) -> InteractionRequiredError:
    """The error for what only a new login at the Hub can mend."""
    words = {
        "invalid_scope": "The Hub's sign-in does not cover these scopes.",
        "no_refresh_token": "The Hub's sign-in came without a refresh token.",
        "no_sign_in": "The Hub holds no sign-in of yours.",
        "signed_out": "You have logged out at the Hub.",
    }
    hint = AGAIN
    if reason == "no_refresh_token":
        hint += " If that does not help, the Hub's administrator has to ask for the scope offline_access."
    message = words.get(reason, "The provider no longer accepts the Hub's sign-in.")
    return InteractionRequiredError(message, reason=f"hub_{reason}", hint=hint, claims=claims)
