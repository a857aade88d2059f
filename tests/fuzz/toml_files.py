"""``jupyter_auth.toml`` and ``c.JupyterAuth``: valid files with something changed, tables of any values,
random text; read, listed, resolved, and made into engines. A secret that stands where it should not is never
quoted."""

import json
import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from hypothesis import strategies as st
from traitlets.config import Config

from jupyter_auth.broker import listing
from jupyter_auth.broker.config.configuration import load
from jupyter_auth.broker.config.settings import DEFAULTS, Settings
from jupyter_auth.broker.config.traits import JupyterAuth
from jupyter_auth.broker.request import TokenRequest, resolve
from jupyter_auth.core.errors import AuthError
from jupyter_auth.core.profile_checks import CHECKS
from jupyter_auth.providers.registry import make_engine
from tests.fuzz import values
from tests.fuzz.hearing import Hearing
from tests.fuzz.playing import Attempt, Target
from tests.fuzz.tally import CrashError

LIMIT = 60.0  # seconds: what needs more hangs, also on a machine that has other work
SECRET = "%SECRET%"  # in an input, for a canary
CORPUS = [path.read_bytes() for path in sorted((Path(__file__).parent / "corpus" / "toml").iterdir())]

_WORDS = st.sampled_from(
    (
        *("oidc", "entra", "client_credentials", "managed_identity", "jupyterhub", "github", "google"),
        *("device_code", "authorization_code", "https://idp.example", "http://127.0.0.1", "https://a@b"),
        *("common", "contoso.com", "https://login.microsoftonline.com/x", "https://x.b2clogin.com/x/y"),
        *("openid", "a b", "~/x", "keycloak"),
    )
)
_nested = st.builds(values.nested, st.sampled_from([2, 30, 100]), st.sampled_from("[{"))
_any_value = st.one_of(
    _WORDS, _WORDS, values.any_json, _nested, st.sampled_from(values.ODD_FLOATS), st.lists(_WORDS, max_size=4)
)
#: Keys that no version takes; what stands there may well be a password.
_REFUSED = ("client_secret", "password", "refresh_token", "secret")


@st.composite
def _profile(draw: st.DrawFn) -> dict[str, Any]:
    chance = draw(values.dice)
    keys = chance.sample(sorted(CHECKS), chance.randint(0, 6))
    made = {key: draw(_any_value if chance.random() < 0.5 else _WORDS) for key in keys}
    if chance.random() < 0.6:
        made |= {"issuer": "https://idp.example", "client_id": "nb"}
    if chance.random() < 0.3:
        made[chance.choice(_REFUSED)] = chance.choice([SECRET, [SECRET], {"value": SECRET}])
    if chance.random() < 0.1:
        made |= draw(st.dictionaries(values.any_text, _any_value, max_size=2))
    return made


_names = st.one_of(st.sampled_from(["lake", "graph", "a.b", "-", "x" * 65]), values.any_text)
_profiles = st.one_of(st.dictionaries(_names, _profile(), max_size=3), _any_value)
_tables = st.one_of(
    st.fixed_dictionaries({"profiles": _profiles}, optional={"default_profile": _names | _any_value}),
    values.changed(
        {"profiles": {"lake": {"issuer": "https://idp.example", "client_id": "nb"}}}, values=_any_value
    ),
)
_TRAITS = sorted(JupyterAuth.class_trait_names(config=True))


@st.composite
def _settings(draw: st.DrawFn) -> dict[str, Any]:
    chance = draw(values.dice)
    made = {name: draw(_any_value) for name in chance.sample(_TRAITS, chance.randint(0, 5))}
    if chance.random() < 0.7:
        made["profiles"] = draw(_profiles)
    if chance.random() < 0.3:
        made["allowed_issuers"] = ["https://idp.example"]
    if chance.random() < 0.1:
        made |= draw(st.dictionaries(st.text(min_size=1, max_size=8), _any_value, max_size=2))
    return made


_inputs = st.one_of(
    st.fixed_dictionaries(
        {"text": st.one_of(values.mutated(CORPUS), values.mutated(CORPUS), st.binary(max_size=200))}
    ),
    st.fixed_dictionaries({"table": _tables}),
    st.fixed_dictionaries({"settings": _settings(), "text": values.mutated(CORPUS)}),
)


def toml(value: Any) -> str:
    """A value as TOML writes it inline; null, which it has not, is left out above."""
    match value:
        case bool():
            return "true" if value else "false"
        case float() if not math.isfinite(value):
            return {"inf": "inf", "-inf": "-inf"}.get(str(value), "nan")
        case int() | float():
            return str(value)
        case list():
            return f"[{', '.join(toml(entry) for entry in value if entry is not None)}]"
        case Mapping():
            pairs = (
                f"{_text(str(key))} = {toml(entry)}" for key, entry in value.items() if entry is not None
            )
            return f"{{{', '.join(pairs)}}}"
        case _:
            return _text(str(value))


def _text(text: str) -> str:
    return json.dumps(text.encode("utf-8", "replace").decode(), ensure_ascii=True).replace("\x7f", "\\u007f")


def _filled(value: Any, secret: str) -> Any:
    """With the canary in its place."""
    match value:
        case str():
            return value.replace(SECRET, secret)
        case list():
            return [_filled(entry, secret) for entry in value]
        case dict():
            return {key: _filled(entry, secret) for key, entry in value.items()}
        case _:
            return value


def _read_settings(value: Any) -> Settings:
    """As a server does with what an administrator wrote."""
    reader = JupyterAuth(config=Config({"JupyterAuth": value}))
    with suppress(AuthError):  # a store that is none is refused in words
        return reader.read()
    return DEFAULTS


@contextmanager
def opened(folder: Path, hearing: Hearing) -> Iterator[Attempt]:
    """A file that is written anew for each input."""
    file = folder / "jupyter_auth.toml"

    def attempt(value: Any) -> None:
        secret = hearing.canaries.make("client_secret")
        table = _filled(value.get("table"), secret)
        if table is not None:
            text = "\n".join(
                f"{_text(key)} = {toml(entry)}" for key, entry in table.items() if entry is not None
            )
            file.write_bytes(text.encode())
        else:
            file.write_bytes(value["text"])
        settings = _read_settings(_filled(value["settings"], secret)) if "settings" in value else DEFAULTS
        _judge(file, settings, hearing)

    yield attempt


def _judge(file: Path, settings: Settings, hearing: Hearing) -> None:
    found = load([file], settings)
    shown = [str(fault) for fault in found.faults]
    for fault in found.faults:
        if not fault.message:
            raise CrashError(f"a fault that says nothing: {fault!r}")
    rows = listing.profiles(found, lambda profile: profile.flows)
    shown.append(json.dumps(rows))
    for name in (None, *found.profiles, *found.broken):
        try:
            profile = found.profile(name)
            resolved = resolve(TokenRequest(), profile)
            shown.append(repr((resolved.client, resolved.target)))
            make_engine(profile).close()
        except AuthError as problem:
            shown.append(f"{problem} {problem.reason}")
    for text in shown:
        hearing.search("what is shown of the configuration", text)


TARGET = Target(
    name="configuration",
    what="`jupyter_auth.toml`, changed byte by byte or of any values, and `c.JupyterAuth`",
    limit=LIMIT,
    inputs=_inputs,
    opened=opened,
)
