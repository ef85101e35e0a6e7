"""The root key file as the change of the root key sees it (implements KeyFile): names of keys, never keys."""

from pathlib import Path

from tollway.adapters.secrets.root_key import (
    RootKey,
    RootKeyError,
    RootKeys,
    generate_root_key,
    load_root_keys,
    replace_root_keys,
)
from tollway.control.keys.model import KeyName
from tollway.control.keys.ports import KeyFile
from tollway.kernel.errors import TollwayError


class RootKeyFile:
    """Reads the file anew each time: it is the one record of how far a change is."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def names(self) -> tuple[KeyName, ...]:
        """Return the keys in the file's order."""
        return tuple(_name(key) for key in self._load())

    def add(self) -> KeyName:
        """Draw a new key and put it behind the others."""
        keys = self._load()
        made = generate_root_key(max(key.generation for key in keys) + 1)
        self._replace((*keys, made))
        return _name(made)

    def promote(self) -> None:
        """Put the newest key first."""
        self._replace(tuple(sorted(self._load(), key=lambda key: -key.generation)))

    def retire(self) -> None:
        """Remove every key but the first."""
        self._replace(self._load()[:1])

    def _load(self) -> RootKeys:
        try:
            return load_root_keys(self._path)
        except RootKeyError as error:
            raise TollwayError("management.unavailable", public=f"{error}.") from error

    def _replace(self, keys: RootKeys) -> None:
        try:
            replace_root_keys(self._path, keys)
        except RootKeyError as error:
            raise TollwayError("management.unavailable", public=f"{error}.") from error


def _name(key: RootKey) -> KeyName:
    return KeyName(key.generation, key.fingerprint)


_: type[KeyFile] = RootKeyFile
