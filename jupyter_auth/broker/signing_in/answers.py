"""What a browser brings back to the redirect URI (RFC 6749 §4.1.2): to whom it belongs, taken once."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

from jupyter_auth.broker.signing_in.code_sign_in import CodeSignIn
from jupyter_auth.broker.signing_in.interactions import Interaction, Interactions
from jupyter_auth.core.errors import ProfileError

MAX_ADDRESS = 32 * 1024  # characters: a code may have 8192, and each may be written as three
MAX_PARAMETERS = 32


class Answers:
    """The answers to the authorization requests among ``interactions``."""

    def __init__(self, interactions: Interactions) -> None:
        self._interactions = interactions

    def awaiting(self, state: str) -> Interaction | None:
        """The pending interaction whose sign-in waits for the answer with this ``state``."""
        for known in self._interactions.all():
            sign_in = known.sign_in
            if known.state == "pending" and isinstance(sign_in, CodeSignIn) and sign_in.awaits(state):
                return known
        return None

    async def take(self, answer: Mapping[str, str], place: str | None = None) -> Interaction | None:
        """Give it to who waits for it, once; how that went is the interaction's state. None: nobody waits.
        ``place``: at which callback it arrived, where that has not been looked at (``CodeSignIn.take``)."""
        waiting = self.awaiting(answer.get("state", ""))
        if waiting is None or not isinstance(waiting.sign_in, CodeSignIn):
            return None
        sign_in = waiting.sign_in
        sign_in.use()
        await self._interactions.attempt(waiting, sign_in, lambda: sign_in.take(answer, place))
        return waiting

    async def heed(self, interaction: Interaction, said: Mapping[str, Any]) -> None:
        """What a person does about a pending interaction: ``url``, the address that they ended up on, or
        ``flow``, another way to go on. Raises ``ProfileError`` and ``PolicyError``."""
        match said:
            case {"url": str(url)}:
                await self.take_address(interaction, url)
            case {"flow": str(flow)}:
                await self._interactions.switch(interaction, flow)
            case _:
                raise ProfileError("Send the url of the answer, or a flow.", reason="bad_argument")

    async def take_address(self, interaction: Interaction, address: str) -> None:
        """Take the address that a person copied from their browser. ``ProfileError``: another request's."""
        sign_in = interaction.sign_in
        if isinstance(sign_in, CodeSignIn) and interaction.state == "pending":
            answer = answer_in(address, sign_in.redirect_uri)
            if answer is not None and sign_in.awaits(answer.get("state", "")):
                await self.take(answer)
                return
        raise ProfileError(
            "This address does not belong to this request.",
            reason="wrong_address",
            hint="Copy it again from the sign-in page.",
        )


def answer_in(address: str, redirect_uri: str) -> dict[str, str] | None:
    """The parameters of ``address``, or None where it is not at ``redirect_uri``."""
    address = address.strip()
    if not address.isascii() or not address.isprintable() or len(address) > MAX_ADDRESS:
        return None
    place, _, query = address.partition("#")[0].partition("?")
    if place != redirect_uri.partition("?")[0] and not _is_the_same(place, redirect_uri):
        return None
    try:
        found = parse_qs(query, keep_blank_values=True, max_num_fields=MAX_PARAMETERS)
    except ValueError:
        return None
    return single(found)


def single(parameters: Mapping[str, list[str]]) -> dict[str, str] | None:
    """Each parameter's one value; None where one comes twice (RFC 6749 §3.1)."""
    if any(len(values) != 1 for values in parameters.values()):
        return None
    return {name: values[0] for name, values in parameters.items()}


def _is_the_same(place: str, redirect_uri: str) -> bool:
    """Browsers leave out the scheme's own port, and write the host in small letters."""
    try:
        here, there = urlsplit(place), urlsplit(redirect_uri)
        return (
            here.scheme,
            here.hostname,
            here.port or _PORTS.get(here.scheme),
            here.path,
            here.username,
        ) == (
            there.scheme,
            there.hostname,
            there.port or _PORTS.get(there.scheme),
            there.path,
            None,
        )
    except ValueError:
        return False


_PORTS = {"http": 80, "https": 443}
