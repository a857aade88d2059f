"""Secrets that are known again wherever they turn up, in whatever form."""

import base64
import json
import random
import secrets
import string
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote_plus

from joserfc.jwk import RSAKey

from tests.idp import Answer, MisbehavingProvider, Request, Responder

#: What the provider or the test makes up: whatever the value, it begins and ends with the mark of its kind.
MARKED = ("access_token", "client_secret", "code", "device_code", "id_token", "refresh_token")
#: What else travels between a client and a provider, by the names of the forms: known when it was seen.
SEEN = ("client_assertion", "code_verifier", "subject_token", "user_code")
#: What a test itself puts where it should be found.
PLANTED = "planted"

MARK = 8  # characters: of no secret so much as its first eight may be seen
OWN = 3  # of those are the kind's own; the rest all kinds share, so that one search finds any of them
AROUND = 64  # bytes on each side of what is shared, in which a mark lies whole in every form

_LETTERS = string.ascii_letters + string.digits


def _marks() -> dict[str, str]:
    """A mark for each kind. Where two differ no letter is the same, so that they differ in all forms."""
    kinds = (*MARKED, PLANTED)
    own = zip(*(random.sample(_LETTERS, len(kinds)) for _ in range(OWN)), strict=True)
    shared = "".join(random.choices(_LETTERS, k=MARK - OWN))
    return {kind: "".join(letters) + shared for kind, letters in zip(kinds, own, strict=True)}


@dataclass(frozen=True, slots=True)
class Canaries:
    """All secrets of one run, by kind."""

    marks: Mapping[str, str] = field(default_factory=_marks)
    #: every value that was in use, so that a kind of which there was none cannot pass for well kept
    used: defaultdict[str, set[str]] = field(default_factory=lambda: defaultdict(set))

    def make(self, kind: str) -> str:
        """A new secret, with signs in it that look otherwise in a URL, in HTML and in base64."""
        return f"{self.marks[kind]}{secrets.token_urlsafe(15)}.~+/={self.marks[kind]}"

    def watch(self, provider: MisbehavingProvider) -> None:
        """Have a provider give canaries, and note what passes by it."""
        provider.grants.make_secret = self.make
        # whoever has an id token has its head, in which the key's id stands encoded; by itself that is public
        provider.grants.key = RSAKey.generate_key(2048, {"kid": self.marks["id_token"]})
        for endpoint, responder in provider.answers.items():
            provider.answers[endpoint] = self.watched(responder)

    def watched(self, responder: Responder) -> Responder:
        """The same answers, each noted before it is given."""

        def respond(request: Request) -> Answer | None:
            self._note(request.form)
            scheme, _, credentials = request.headers.get("Authorization", "").partition(" ")
            if scheme == "Basic":
                pair = base64.b64decode(credentials).decode()
                self._note({"client_secret": unquote_plus(pair.partition(":")[2])})
            answer = responder(request)
            if answer is not None:
                self._note(_json(answer[2]))
            return answer

        return respond

    def needles(self, kind: str) -> set[bytes]:
        """What to look for, in all its forms."""
        if kind == "id_token":
            return set(_base64_forms(self.marks[kind].encode()))
        if kind in self.marks:
            return set(forms(self.marks[kind]))
        return {form for value in self.used[kind] for start in _starts(kind, value) for form in forms(start)}

    def near(self, data: bytes) -> list[bytes]:
        """The parts of large data in which any mark may be."""
        found = []
        for needle in set(forms(self.marks[PLANTED][OWN:])):
            at = data.find(needle)
            while at >= 0:
                found.append(data[max(0, at - AROUND) : at + AROUND])
                at = data.find(needle, at + 1)
        return found

    def _note(self, fields: Mapping[str, object]) -> None:
        for kind in (*MARKED, *SEEN):
            value = fields.get(kind)
            if isinstance(value, str) and value:
                self.used[kind].add(value)


def forms(text: str) -> list[bytes]:
    """A text as it may look where it has leaked: plain, in wide strings, in hex, within any base64."""
    raw = text.encode()
    plain = [raw, text.encode("utf-16-le"), text.encode("utf-32-le")]
    return [*plain, raw.hex().encode(), raw.hex().upper().encode(), *_base64_forms(raw)]


def _base64_forms(raw: bytes) -> list[bytes]:
    found = [_within_base64(raw, shift) for shift in range(3)]
    return found + [form.translate(bytes.maketrans(b"+/", b"-_")) for form in found]


def _within_base64(raw: bytes, shift: int) -> bytes:
    """What stands in the base64 of any text that has ``raw`` at a place of that remainder by 3."""
    whole = base64.b64encode(b"\0" * shift + raw)
    return whole[-(-shift * 8 // 6) : (shift + len(raw)) * 8 // 6]


def _starts(kind: str, value: str) -> list[str]:
    if kind == "user_code":  # short, and people leave the dash out
        return [value, value.replace("-", "")]
    return [value[:MARK]]


def _json(body: bytes) -> dict[str, object]:
    try:
        value = json.loads(body)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}
