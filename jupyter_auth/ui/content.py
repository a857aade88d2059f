"""What the prompt says, whatever it is shown as: one reading of an interaction for HTML and for text.

Every value of an interaction may come from a provider, a kernel or a file name somebody chose, so all
of them are cleaned here, and an address that is not safe to open does not get past this module.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import urlsplit

from jupyter_auth.core.text import clean
from jupyter_auth.core.urls import host_of, is_safe_link
from jupyter_auth.ui.strings import Phrase, phrase, verbatim
from jupyter_auth.ui.words import ScopeWords, scope_words

_LOW_SHARE = 0.25  # of the time: what is left counts as little
_COMMAND = "jupyter auth grants"
_FAILURES = {  # reason → sentence, hint, icon
    "unreachable": ("card.failed.unreachable", "card.failed.unreachableHint", "offline"),
    "device_code_blocked": ("card.failed.policy", "card.failed.policyHint", "shield"),
    "unsafe_address": ("card.failed.unsafe", "card.failed.unsafeHint", "shield"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line of a fact: its ``value``, what ``continues`` it, or a ``note`` below it."""

    kind: Literal["value", "continues", "note"] = "value"
    words: Phrase
    raw: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """A row of the card: "Notebook", "Sign in at" and so on."""

    label: str
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """A request that waits for a person: a sign-in, or a kernel that has to be allowed something."""

    id: str
    title: Phrase
    caution: Phrase
    facts: tuple[Fact, ...]
    by_code: bool
    must_paste: bool  # the browser does not come back by itself
    why: tuple[Phrase, ...]  # it is not the way that comes first, where that is of interest
    code: str
    url: str
    url_name: str
    elsewhere: Phrase | None  # where to answer, for what must not be answered by way of a kernel
    slow: bool
    created_on: float
    expires_on: float
    left: float

    @property
    def share_left(self) -> float:
        return max(0.0, min(1.0, self.left / max(1.0, self.expires_on - self.created_on)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How it ended: one line, with no code and no address."""

    icon: str
    phrases: tuple[Phrase, ...]

    @property
    def good(self) -> bool:
        return self.icon == "done"

    @property
    def urgent(self) -> bool:
        return self.icon in {"declined", "failed", "offline", "shield"}


def read(interaction: Mapping[str, Any], *, now: float) -> Card | Outcome:
    """The card of a pending interaction, the outcome of any other.

    A pending one whose address is not safe to open is shown as failed: its code would only lead a
    person to look for that address elsewhere.
    """
    if interaction.get("state") != "pending":
        return outcome(interaction)
    if _is_consent(interaction):
        return _consent(interaction, now=now)
    by_code = interaction.get("flow") != "authorization_code"
    url = interaction.get("verification_uri" if by_code else "authorization_uri") or ""
    if url and not is_safe_link(url, _string(interaction, "issuer")):
        return outcome({**interaction, "state": "failed", "reason": "unsafe_address"})
    return _card(interaction, by_code=by_code, url=url, now=now)


def _card(interaction: Mapping[str, Any], *, by_code: bool, url: str, now: float) -> Card:
    created_on = _time(interaction.get("created_on"), now)
    expires_on = _time(interaction.get("expires_on"), now)
    left = expires_on - now
    profile = clean(interaction.get("profile"))
    notebook = _notebook_name(interaction)
    return Card(
        id=_string(interaction, "id"),
        title=phrase("card.title.notebook", notebook=notebook, profile=profile)
        if notebook
        else phrase("card.title.you", profile=profile),
        caution=phrase("card.caution"),
        facts=_facts(interaction, interaction.get("username")),
        by_code=by_code,
        must_paste=not by_code and interaction.get("paste") is True,
        why=_why(interaction),
        code=clean(interaction.get("user_code")) if by_code else "",
        url=url,
        url_name=_url_name(url, with_path=by_code),
        elsewhere=None,
        slow=bool(interaction.get("slow")) or left < _LOW_SHARE * (expires_on - created_on),
        created_on=created_on,
        expires_on=expires_on,
        left=left,
    )


def _is_consent(interaction: Mapping[str, Any]) -> bool:
    return interaction.get("flow") == "consent"


def _consent(interaction: Mapping[str, Any], *, now: float) -> Card:
    expires_on = _time(interaction.get("expires_on"), now)
    notebook, profile = _notebook_name(interaction), clean(interaction.get("profile"))
    kernel = clean(_requested_by(interaction).get("kernel_name"))
    unnamed = (
        phrase("card.consent.titleKernel", kernel=kernel, profile=profile)
        if kernel
        else phrase("card.consent.titleNobody", profile=profile)
    )
    asked = phrase("card.consent.title", notebook=notebook, profile=profile) if notebook else unnamed
    return Card(
        id=_string(interaction, "id"),
        title=asked,
        caution=phrase("card.consent.caution" if notebook else "card.consent.cautionKernel"),
        facts=_facts(interaction, interaction.get("username") or interaction.get("account")),
        by_code=False,
        must_paste=False,
        why=(),
        code="",
        url="",
        url_name="",
        elsewhere=phrase("card.consent.elsewhere", command=_COMMAND),
        slow=False,
        created_on=_time(interaction.get("created_on"), now),
        expires_on=expires_on,
        left=expires_on - now,
    )


def _why(interaction: Mapping[str, Any]) -> tuple[Phrase, ...]:
    if interaction.get("flow_reason") != "device_code_blocked":
        return ()
    return phrase("card.failed.policy"), phrase("card.failed.policyHint")


def _facts(interaction: Mapping[str, Any], account: object) -> tuple[Fact, ...]:
    asker = _requested_by(interaction)
    waiting = int(_time(asker.get("waiting"), 1))
    more = [Line(kind="continues", words=phrase("card.fact.more", count=waiting - 1))] if waiting > 1 else []
    kernel_note = Line(kind="note", words=phrase("card.fact.kernelNote"))
    title, tenant = clean(interaction.get("title")), clean(interaction.get("tenant"))
    unverified = [Line(kind="note", words=phrase("card.fact.unverified"))]
    about_kernel = [kernel_note] if asker.get("in_process") else unverified  # a kernel chooses its name
    for_tenant = [Line(kind="continues", words=phrase("card.fact.tenant", tenant=tenant))] if tenant else []
    rows = [
        _fact("notebook", clean(asker.get("notebook")), more),
        _fact("kernel", clean(asker.get("kernel_name")), about_kernel),
        _fact("application", title or clean(interaction.get("client_id")), [] if title else unverified),
        _fact("account", clean(account)),
        _fact("provider", _provider(interaction), for_tenant),
        _scopes(interaction),
    ]
    return tuple(row for row in rows if row.lines)


def _fact(name: str, value: str, more: list[Line] | None = None) -> Fact:
    lines = [Line(words=verbatim(value)), *(more or [])] if value else []
    return Fact(label=str(phrase(f"card.fact.{name}")), lines=tuple(lines))


def _scopes(interaction: Mapping[str, Any]) -> Fact:
    scopes, titles = interaction.get("scopes"), interaction.get("scope_titles")
    words: list[ScopeWords] = scope_words(
        scopes if isinstance(scopes, list | tuple) else (), titles if isinstance(titles, Mapping) else {}
    )
    lines = tuple(Line(words=scope.words, raw=scope.raw) for scope in words)
    return Fact(label=str(phrase("card.fact.scopes")), lines=lines)


def outcome(interaction: Mapping[str, Any]) -> Outcome:
    """How an interaction ended; a state nobody knows counts as failed."""
    if _is_consent(interaction):
        return _answered(interaction)
    profile, host = clean(interaction.get("profile")), _provider(interaction)
    match interaction.get("state"):
        case "succeeded":
            username = clean(interaction.get("username"))
            done = phrase("card.done", username=username, profile=profile)
            nobody = phrase("card.done.nobody", profile=profile)
            return Outcome(icon="done", phrases=(done if username else nobody,))
        case "declined":
            said = phrase("card.denied.text", host=host, profile=profile)
            return Outcome(icon="declined", phrases=(_headline("card.denied.title"), said))
        case "expired":
            by_code = interaction.get("flow") != "authorization_code"
            return Outcome(icon="expired", phrases=(expired(by_code=by_code),))
        case "cancelled":
            return Outcome(icon="cancelled", phrases=(phrase("card.cancelled"),))
        case _:
            return _failed(interaction, host)


def _answered(interaction: Mapping[str, Any]) -> Outcome:
    profile = clean(interaction.get("profile"))
    match interaction.get("state"):
        case "succeeded":
            return Outcome(icon="done", phrases=(phrase("card.consent.allowed", profile=profile),))
        case "declined":
            return Outcome(icon="refused", phrases=(phrase("card.consent.refused", profile=profile),))
        case "expired":
            return Outcome(icon="expired", phrases=(phrase("card.consent.expired"),))
        case "cancelled":
            return Outcome(icon="cancelled", phrases=(phrase("card.consent.cancelled"),))
        case _:
            return Outcome(icon="cancelled", phrases=(phrase("card.consent.gone"),))


def expired(*, by_code: bool) -> Phrase:
    return phrase("card.expired.line" if by_code else "card.expired.request")


def _failed(interaction: Mapping[str, Any], host: str) -> Outcome:
    headline = _headline("card.failed.title")
    reason = _string(interaction, "reason")
    if reason in _FAILURES:
        sentence, hint, icon = _FAILURES[reason]
        said = tuple(phrase(key, host=host) for key in (sentence, hint))
        return Outcome(icon=icon, phrases=(headline, *said))
    told = [clean(interaction.get(name), 240) for name in ("message", "hint")]
    said = tuple(verbatim(sentence) for sentence in told if sentence)
    if not said:
        details = clean(reason) or clean(interaction.get("state"))
        said = (Phrase(template=f"{phrase('card.failed.details')}: {{value}}", values={"value": details}),)
    return Outcome(icon="failed", phrases=(headline, *said))


def _headline(key: str) -> Phrase:
    return Phrase(template=f"{phrase(key)}.")


def _requested_by(interaction: Mapping[str, Any]) -> Mapping[str, Any]:
    value = interaction.get("requested_by")
    return value if isinstance(value, Mapping) else {}


def _notebook_name(interaction: Mapping[str, Any]) -> str:
    return clean(_string(_requested_by(interaction), "notebook").rsplit("/", 1)[-1])


def _provider(interaction: Mapping[str, Any]) -> str:
    issuer = _string(interaction, "issuer")
    return clean(host_of(issuer) or issuer)


def _url_name(url: str, *, with_path: bool) -> str:
    path = urlsplit(url).path.rstrip("/") if with_path else ""
    return clean(host_of(url) + path)


def _string(values: Mapping[str, Any], name: str) -> str:
    value = values.get(name)
    return value if isinstance(value, str) else ""


def _time(value: object, otherwise: float) -> float:
    """A number that can be counted with: no string, NaN, infinity or anything past the year 5000."""
    return float(value) if isinstance(value, int | float) and abs(value) < 1e11 else otherwise
