"""``jupyter auth rotate-key``."""

import argparse

from jupyter_auth.broker import storage
from jupyter_auth.broker.config.settings_files import load_settings
from jupyter_auth.core.errors import CacheError

FAILED = 1


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """``--forget-old``."""
    parser.add_argument(
        "--forget-old", action="store_true", help="destroy the keys before: what they sealed opens no more"
    )


def run(args: argparse.Namespace) -> int:
    """Seal the store that is set under new keys; 1 where there is none that can be."""
    settings = load_settings()
    settings.check()
    if settings.people == "many":
        print("Each person has a store of their own, and their names alone tell where.")
        print(
            "Put a new key above the old one in c.JupyterAuth.seal_key_file: each goes over to it when it is"
        )
        print("opened next.")
        return FAILED
    if settings.store == "memory":
        print("The store is memory: nothing is sealed.")
        return FAILED
    store = storage.open_store(settings)
    try:
        rotate = getattr(store, "rotate_key", None)
        if rotate is None:
            for note in store.describe().notes or (f"The store {settings.store!r} changes its keys itself.",):
                print(note)
            return FAILED
        try:
            count = rotate(forget_old=args.forget_old)
        except CacheError as problem:
            print(f"{problem}\n{problem.hint}".rstrip())
            return FAILED
        told = store.describe()
    finally:
        store.close()
    records = "1 record is" if count == 1 else f"{count} records are"
    print(f"{records} sealed under new keys. The key that wraps them: {told.key_source}")
    for line in told.key_sources:
        print(f"  {line}")
    return 0
