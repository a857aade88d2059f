"""Without S5: the key lies beside what it seals, and is found there wherever the folder goes."""

from pathlib import Path

import pytest

from jupyter_auth.broker import storage
from jupyter_auth.broker.config.settings import DEFAULTS, Settings
from jupyter_auth.cache.seals.keys import KeySources, load_key_file
from jupyter_auth.cache.seals.sealing import MasterKey


def switch_off(patch: pytest.MonkeyPatch) -> None:
    """As it says above."""

    def key_file(settings: Settings = DEFAULTS) -> Path:
        return storage.store_folder(settings) / "seal.key"

    def find(self: KeySources, source: object, location: object, key_id: object) -> MasterKey:
        return load_key_file(self.file, create=False)[0]

    patch.setattr(storage, "key_file", key_file)
    patch.setattr(KeySources, "_find", find)
