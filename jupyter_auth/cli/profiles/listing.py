"""``jupyter auth profiles list``."""

import os
from contextlib import suppress
from pathlib import Path
from typing import Any

from jupyter_auth.broker.config.configuration import Configuration, config_files, load
from jupyter_auth.broker.config.settings import PROFILES_PLACE
from jupyter_auth.broker.config.settings_files import load_settings
from jupyter_auth.broker.config.toml_file import read_toml
from jupyter_auth.broker.listing import profiles
from jupyter_auth.broker.signing_in.flows import flows_of
from jupyter_auth.cli.endings import FAILED, OK, note, print_json
from jupyter_auth.core.errors import AuthError
from jupyter_auth.core.profile import Profile

Row = dict[str, Any]


def configuration() -> Configuration:
    """What the settings and the files say now."""
    return load(config_files(), load_settings())


def run_list(*, as_json: bool) -> int:
    """Print the profiles; 1 where one cannot be used."""
    found = configuration()
    rows = [_row(row, found) for row in profiles(found, _flows)]
    if as_json:
        print_json({"profiles": rows, "faults": [str(fault) for fault in found.faults]})
    else:
        _print(rows, found)
    return FAILED if found.faults else OK


def _flows(profile: Profile) -> tuple[str, ...]:
    return flows_of(profile, prefers_code=False)


def _row(row: Row, found: Configuration) -> Row:
    profile = found.profiles.get(row["name"])
    chosen = None
    with suppress(AuthError):
        chosen = found.profile(None).name  # as a notebook that names none has it
    more = {"client_id": profile.client_id if profile else None, "file": _place_of(row["name"], found)}
    return {**row, **more, "default": row["name"] == chosen}


def _place_of(name: str, found: Configuration) -> str | None:
    if name in found.settings.profiles:
        return PROFILES_PLACE
    for path in config_files():
        table = (read_toml(path)[0] or {}).get("profiles")
        if str(path) in found.files and isinstance(table, dict) and name in table:
            return str(path)
    return None


def _print(rows: list[Row], found: Configuration) -> None:
    home = str(Path.home()) + os.sep
    for row in rows:
        file = (row["file"] or "").replace(home, "~/", 1)
        if row["faults"]:
            print(f"{row['name']} · cannot be used · {file}")
            continue
        words = [row["name"], row["provider"], row["issuer"], *(["default"] if row["default"] else []), file]
        print(" · ".join(words))
        print(f"  {' '.join(row['scopes']) or '(no scopes)'}")
    for fault in found.faults:
        note(f"jupyter auth: {fault}")
    for name, place in found.shut_out.items():
        note(f"{name} in {place} does not count: an administrator has switched user profiles off.")
    if not rows and not found.faults:  # a file with a fault may well have one
        may_add = found.settings.allow_user_profiles
        way = "Add one with: jupyter auth profiles add" if may_add else "Ask your administrator for one."
        note(f"There is no profile yet. {way}")
