"""Where the key lives that wraps a store's data key, and why there.

In order: the operator's file, the system's keyring, a file of our own apart from the store. The source is
chosen once, when a store is made, and recorded in its header; who opens it later asks there and nowhere else.
A source holds a key a line, the newest first: what is below it still opens stores, and seals no new ones.
"""

import json
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from jupyter_auth.cache import places
from jupyter_auth.cache.seals import keyrings
from jupyter_auth.cache.seals.keyrings import NoKeyringError
from jupyter_auth.cache.seals.sealing import KEY_BYTES, MasterKey, sealed_without_key
from jupyter_auth.core.errors import CacheError, CacheSealError, NoSafeStoreError

MAX_KEYS = 60  # of a source; the oldest of more goes. Many: another store may not have been opened for long
ENTRY = "seal-key"  # of the keyring
_LIMIT = 4096  # bytes of a key file

Derive = Callable[[MasterKey], MasterKey]


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A key for a header, and a line for each source: why it was taken, or was not."""

    master: MasterKey
    reasons: tuple[str, ...]

    @property
    def recorded(self) -> str:
        """The reasons, as a header has them."""
        return json.dumps([line[:300] for line in self.reasons], ensure_ascii=False)


class KeySources:
    """The sources of one store's key. ``given``: ``file`` is an operator's, and no other source counts.

    ``derive`` makes of a source's key the one for this store (a user's, in Redis).
    """

    def __init__(self, file: Path, *, given: bool = False, derive: Derive = lambda key: key) -> None:
        self.file = file
        self.given = given
        self._derive = derive
        self._known: MasterKey | None = None

    def choose(self, *, fresh: bool = False) -> Choice:
        """The key for a new store; ``fresh``: a new one, where the source is ours. Raises ``CacheError``."""
        if self.given:
            master = load_key_file(self.file, create=False, given=True)[0]
            return self._choice(master, f"operator's file: taken ({self.file})")
        operator = "operator's file: none is set (c.JupyterAuth.seal_key_file)"
        try:
            entry = f"{keyrings.SERVICE}/{ENTRY}"
            return self._choice(self._of_keyring(fresh=fresh), operator, f"keyring: taken ({entry})")
        except NoKeyringError as problem:
            keyring = f"keyring: {problem}"
        master = _add_key(self.file) if fresh else load_key_file(self.file, create=True)[0]
        return self._choice(master, operator, keyring, f"own file: taken ({self.file})")

    def _choice(self, master: MasterKey, *reasons: str) -> Choice:
        return Choice(master=self._derive(master), reasons=reasons)

    def find(self, source: object, location: object, key_id: object) -> MasterKey:
        """The key that a header names. Raises ``CacheSealError``, which names it too.

        What was found before is not asked for again: a clear, here or elsewhere, changes the keys below it,
        and must not need a keyring that is locked by now, or a file that is gone.
        """
        known = self._known
        if known is not None and (known.source, known.key_id) == (source, key_id):
            return known
        self._known = self._find(source, location, key_id)
        return self._known

    def _find(self, source: object, location: object, key_id: object) -> MasterKey:
        if source == "keyring" and not self.given:
            told, keys = f"{keyrings.SERVICE}/{location} of the keyring", _of_entry(str(location))
        else:
            place = self.file if self.given else Path(str(location))
            if place == self.file and not self.given and place.parent.exists():
                places.private_folder(place.parent)  # ours, whatever has become of its mode since
            told, keys = str(place), load_key_file(place, create=False, given=self.given)
        for key in map(self._derive, keys):
            if key.key_id == key_id:
                return key
        raise sealed_without_key(f"{told} is not the key that sealed the token store.")

    def newest(self, master: MasterKey) -> MasterKey:
        """The key that an operator has put above ``master`` in the file, or that itself."""
        if not self.given:
            return master
        first = self._derive(load_key_file(self.file, create=False, given=True)[0])
        return master if first.key_id == master.key_id else first

    def forget_others(self, master: MasterKey) -> None:
        """Destroy all keys but ``master``, where the source is ours: what they sealed opens no more.

        Raises ``CacheError``.
        """
        if self.given:
            return
        if master.source == "keyring":
            with self._locked():
                kept = [key for key in _of_entry(ENTRY) if self._derive(key).key_id == master.key_id]
                try:
                    keyrings.write(ENTRY, _text(kept))
                except NoKeyringError as problem:
                    told = f"The old keys are still in the keyring: {problem}."
                    raise CacheError(told, reason="keyring", hint="Try again.") from None
            return
        with places.folder_lock(self.file.parent):
            keys = load_key_file(self.file, create=False)
            kept = [key for key in keys if self._derive(key).key_id == master.key_id]
            places.write_whole(self.file, _text(kept).encode())

    def _of_keyring(self, *, fresh: bool) -> MasterKey:
        """The newest key of the keyring, made where there is none, or with ``fresh``."""
        with self._locked():
            text = keyrings.read(ENTRY)
            try:
                keys = _parsed(text, "keyring", ENTRY, "") if text else []
            except CacheSealError:
                raise NoKeyringError(f"its entry {keyrings.SERVICE}/{ENTRY} is not ours") from None
            if fresh or not keys:
                keys = [MasterKey(os.urandom(KEY_BYTES), "keyring", ENTRY), *keys][:MAX_KEYS]
                keyrings.write(ENTRY, _text(keys))
        return keys[0]

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """One process at a time changes the keyring's entry, where a folder to lock can be had."""
        with ExitStack() as stack:
            with suppress(CacheError):
                stack.enter_context(places.folder_lock(places.private_folder(self.file.parent)))
            yield


def reasons_of(recorded: object) -> tuple[str, ...]:
    """What a header tells of why its key is where it is; nothing where it cannot be read."""
    try:
        told = json.loads(str(recorded))
    except ValueError:
        return ()
    is_ours = isinstance(told, list) and all(isinstance(line, str) and len(line) < 1000 for line in told)
    return tuple(told) if is_ours else ()


def load_key_file(path: Path, *, create: bool, given: bool = False) -> list[MasterKey]:
    """The keys in ``path``, the newest first; a missing file is made only with ``create`` (a new store).

    A ``given`` file is an operator's: its mode is judged and not changed. Raises ``CacheSealError``.
    """
    if create:
        places.private_folder(path.parent)
        places.create_private(path, _text([_random(path)]).encode())
    try:
        text = places.read_private(path, _LIMIT, mend=not given).decode("ascii")
    except NoSafeStoreError as problem:
        if create:
            raise
        raise sealed_without_key(problem.message) from None
    except FileNotFoundError:
        message = f"The token store is sealed with the key in {path}, which is gone."
        raise sealed_without_key(f"The key file {path} is missing." if given else message) from None
    except ValueError:
        raise sealed_without_key(f"{path} holds no key.") from None
    return _parsed(text, "file", str(path), str(path))


def _parsed(text: str, source: str, location: str, told: str) -> list[MasterKey]:
    try:
        keys = [bytes.fromhex(line) for line in text.split()]
    except ValueError:
        raise sealed_without_key(f"{told} holds no key.") from None
    if not 0 < len(keys) <= MAX_KEYS or any(len(key) != KEY_BYTES for key in keys):
        raise sealed_without_key(f"{told} holds no key of {KEY_BYTES} bytes.")
    return [MasterKey(key, source, location) for key in keys]


def _add_key(path: Path) -> MasterKey:
    """Put a new key above those in the file."""
    with places.folder_lock(places.private_folder(path.parent)):
        kept = load_key_file(path, create=False) if path.exists() else []
        new = _random(path)
        places.write_whole(path, _text([new, *kept][:MAX_KEYS]).encode())
    return new


def _random(path: Path) -> MasterKey:
    return MasterKey(os.urandom(KEY_BYTES), "file", str(path))


def _text(keys: Sequence[MasterKey]) -> str:
    return "".join(f"{key.key.hex()}\n" for key in keys)


def _of_entry(entry: str) -> list[MasterKey]:
    """The keys of an entry. Raises ``CacheSealError``."""
    told = f"{keyrings.SERVICE}/{entry} of the keyring"
    try:
        text = keyrings.read(entry)
    except NoKeyringError as problem:
        raise sealed_without_key(f"The token store is sealed with {told}: {problem}.") from None
    if text is None:
        raise sealed_without_key(f"The token store is sealed with {told}, which is gone.")
    return _parsed(text, "keyring", entry, told)
