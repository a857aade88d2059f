"""Blocks of configuration, read by the code that reads people's own."""

from __future__ import annotations

import os
import re
import tomllib
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest.mock import patch

from jupyter_auth.broker.config.configuration import load
from jupyter_auth.broker.config.settings_files import load_settings
from tests.docs.collecting import Block

#: What a profile has that keys are added to.
WHOLE = {
    "lake": """
provider  = "oidc"
issuer    = "https://idp.example.org/realms/science"
client_id = "notebooks"
scopes    = ["openid", "offline_access", "lake.read"]
""",
    "graph": """
provider  = "entra"
tenant    = "contoso.com"
client_id = "00000000-0000-0000-0000-000000000000"
scopes    = ["User.Read"]
""",
}
_OR = re.compile(r"^# or\b.*$", re.MULTILINE)
_HEADER = re.compile(r"^\[profiles\.[\w.-]+\]$", re.MULTILINE)


def read_toml(block: Block) -> list[str]:
    """The faults of a ``jupyter_auth.toml`` that holds the block."""
    return [fault for text in _files(block) for fault in _faults_of(text)]


def _files(block: Block) -> list[str]:
    name = block.marks.keys_of
    if not name:
        return [block.text]
    if name not in WHOLE:
        raise ValueError(f"{block}: `keys of {name}`: known are {', '.join(WHOLE)}")
    text = _HEADER.sub("", block.text)
    given = set(re.findall(r"^(\w+)\s*=", text, re.MULTILINE))
    around = [line for line in WHOLE[name].splitlines() if line.split(" ")[0] not in given]
    return ["\n".join([f"[profiles.{name}]", *around, part]) for part in _OR.split(text)]


def _faults_of(text: str) -> list[str]:
    with TemporaryDirectory() as folder:
        file = Path(folder) / "jupyter_auth.toml"
        file.write_text(text, encoding="utf-8")
        read = load([file])
    if not tomllib.loads(text) and not read.faults:
        return ["there is nothing in it"]
    return [f"{fault.key} {fault.message}" for fault in read.faults]


def read_settings(block: Block) -> list[str]:
    """The faults of a ``jupyter_server_config.py`` that holds the block. It is run in this process: what it
    does to the environment is undone."""
    with TemporaryDirectory() as folder, patch.dict(os.environ):
        file = Path(folder) / "jupyter_server_config.py"
        file.write_text(f"{block.marks.before}\n{block.text}", encoding="utf-8")
        settings = load_settings([folder])
        return [f"{fault.key} {fault.message}" for fault in (*settings.faults, *load([], settings).faults)]
