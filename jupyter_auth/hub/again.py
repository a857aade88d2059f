"""What only a new login at the Hub can mend."""

from jupyter_auth.core.errors import InteractionRequiredError


def log_in_again(reason: str, claims: str | None = None, *, login_url: str = "") -> InteractionRequiredError:
    """The error for what only a new login at the Hub can mend. At ``login_url`` nobody has to log out first,
    which many Hubs answer by stopping the person's servers."""
    words = {
        "invalid_scope": "The Hub's sign-in does not cover these scopes.",
        "no_refresh_token": "The Hub's sign-in came without a refresh token.",
        "no_sign_in": "The Hub holds no sign-in of yours.",
        "signed_out": "You have logged out at the Hub.",
    }
    way = f"Sign in at the Hub again, at {login_url}" if login_url else "Log out at the Hub and log in again"
    hint = f"{way}; then run the cell once more."
    if reason == "no_refresh_token":
        hint += " If that does not help, the Hub's administrator has to ask for the scope offline_access."
    message = words.get(reason, "The provider no longer accepts the Hub's sign-in.")
    return InteractionRequiredError(message, reason=f"hub_{reason}", hint=hint, claims=claims)
