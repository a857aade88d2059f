"""Libraries of clients: loaded by those who use them, and missed with the words that help."""

import json
import subprocess
import sys

import pytest

HEAVY = ("aiohttp", "azure", "fsspec", "google", "httpx", "pandas", "requests")
NEEDS = {
    "httpx_auth()": ("httpx", "httpx"),
    "azure_credential()": ("azure", "azure"),
    "azure_credential_async()": ("azure", "azure"),
    "google_credentials()": ("google", "google"),
    "google_credentials_async()": ("google", "google"),
    "storage_options()": ("aiohttp", "fsspec"),
    "storage_options(protocol='abfs')": ("azure", "azure"),
    "storage_options(protocol='gs')": ("google", "google"),
}


def python(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout


#: Which of them a process has loaded after a line of code.
LOADED = """
import json, sys
import jupyter_auth as ja
{line}
print(json.dumps([name for name in {heavy!r} if name in sys.modules]))
"""


def loaded(line: str) -> set[str]:
    return set(json.loads(python(LOADED.format(line=line, heavy=HEAVY))))


def test_none_is_loaded_before_it_is_used() -> None:
    assert loaded("ja.httpx_auth, ja.azure_credential, ja.google_credentials, ja.storage_options") == set()


@pytest.mark.parametrize("call", NEEDS)
def test_only_its_own_is_loaded(call: str) -> None:
    assert loaded(f"ja.{call}") == {NEEDS[call][0]}


@pytest.mark.parametrize("call", NEEDS)
def test_a_missing_one_is_named_with_its_extra(call: str) -> None:
    module, extra = NEEDS[call]
    code = (
        "import sys, jupyter_auth as ja\n"
        f"sys.modules[{module!r}] = None\n"
        f"try: ja.{call}\n"
        "except ModuleNotFoundError as missing: print(missing.name, missing, missing.__cause__)"
    )
    said = python(code)
    assert said.startswith(module) and f"pip install 'jupyter-token-broker[{extra}]'" in said
