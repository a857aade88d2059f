"""What the demo knows by heart: its people, its one application, its scopes and its audience."""

from __future__ import annotations

from dataclasses import dataclass
from secrets import compare_digest
from typing import Final

#: The access tokens' audience when they are for the lake (RFC 9068): the API takes no other.
LAKE_AUDIENCE: Final = "urn:jupyter-auth-demo:science-lake"

#: Every scope the provider knows, in the words the consent page shows.
SCOPE_TITLES: Final[dict[str, str]] = {
    "openid": "Know which account you sign in with",
    "profile": "Read your name",
    "email": "Read your email address",
    "offline_access": "Stay signed in until you sign out",
    "lake.read": "Read the lake's measurements",
    "lake.write": "Add measurements to the lake",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody who can sign in. The password is on the sign-in page: this is a demo."""

    sub: str
    username: str
    name: str
    email: str
    password: str = "demo"

    def claims(self, scopes: list[str]) -> dict[str, str]:
        """What these scopes let a program know about this person (OpenID Connect Core, 5.4)."""
        known = {"sub": self.sub}
        if "profile" in scopes:
            known |= {"name": self.name, "preferred_username": self.username}
        if "email" in scopes:
            known["email"] = self.email
        return known


@dataclass(frozen=True, slots=True, kw_only=True)
class Application:
    """A public client: a name for people and no secret. The methods are those Authlib asks a client for."""

    client_id: str
    name: str
    grant_types: tuple[str, ...]

    def get_client_id(self) -> str:
        return self.client_id

    def check_grant_type(self, grant_type: str) -> bool:
        return grant_type in self.grant_types

    def check_client_secret(self, client_secret: str) -> bool:
        return False

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        return method == "none"


PEOPLE: Final[dict[str, Person]] = {
    person.username: person
    for person in (
        Person(sub="demo-person-1815", username="ada", name="Ada Lovelace", email="ada@lake.example"),
        Person(sub="demo-person-1906", username="grace", name="Grace Hopper", email="grace@lake.example"),
    )
}

DEVICE_CODE: Final = "urn:ietf:params:oauth:grant-type:device_code"

#: The name is also the profile's title, so that the card in the notebook and the consent page agree.
APPLICATIONS: Final[dict[str, Application]] = {
    "demo-notebooks": Application(
        client_id="demo-notebooks", name="Science lake demo", grant_types=(DEVICE_CODE, "refresh_token")
    )
}


def person_with(username: str, password: str) -> Person | None:
    """The person whose name and password these are."""
    person = PEOPLE.get(username.strip().lower())
    known = person.password if person else ""
    return person if compare_digest(known.encode(), password.encode()) else None
